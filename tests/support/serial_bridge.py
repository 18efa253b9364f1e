"""A board at a pyserial port, as a browser's Web Serial: a fake `navigator.serial`, and the paths of its server."""

import contextlib
import threading
import time

import serial

from eqprop_host.studio import server

FAKE = """
(() => {
  const ask = (path, body) => fetch("/serial/" + path, { method: "POST", body });
  const lost = () => new DOMException("The device has been lost.", "NetworkError");
  class Port {
    async open() {
      if (!(await ask("open")).ok) throw new DOMException("Failed to open serial port.", "NetworkError");
      this.readable = new ReadableStream({
        async pull(controller) {
          for (;;) {
            const answer = await ask("read");
            if (!answer.ok) return controller.error(lost());
            const bytes = new Uint8Array(await answer.arrayBuffer());
            if (bytes.length) return controller.enqueue(bytes);
          }
        },
        cancel: () => ask("close"),
      });
      this.writable = new WritableStream({
        async write(bytes) { if (!(await ask("write", bytes)).ok) throw lost(); },
      });
    }
    async close() { await ask("close"); }
  }
  const port = new Port(), fake = new EventTarget();
  fake.requestPort = async () => port;
  Object.defineProperty(navigator, "serial", { value: fake });
})();
"""
"""What a page runs before its own scripts."""


class Bridge:
    """The cable between a page and the port at `path`; `unplug` and `plug_in` are done by hand."""

    def __init__(self, path):
        self.path = path
        self.plugged = True
        self._port = None
        self._lock = threading.Lock()

    def unplug(self):
        self.plugged = False
        self.close()

    def plug_in(self):
        self.plugged = True

    def open(self):
        self.close()
        if not self.plugged:
            raise OSError("unplugged")
        self._port = serial.Serial(self.path, timeout=0.02)

    def close(self):
        with self._lock:
            if self._port:
                self._port.close()
            self._port = None

    def read(self):
        """Return what has come within a moment."""
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            with self._lock:
                if not self._port:
                    raise OSError("closed")
                if data := self._port.read(self._port.in_waiting or 1):
                    return data
        return b""

    def write(self, data):
        with self._lock:
            if not self._port:
                raise OSError("closed")
            self._port.write(data)


@contextlib.contextmanager
def bridged(files, path):
    """Yield (the address of a page of `files`, the `Bridge`)."""
    bridge = Bridge(path)

    class Handler(server._Handler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            status, answer = 200, b""
            try:
                ask = getattr(bridge, self.path.removeprefix("/serial/"))
                answer = (ask(body) if body else ask()) or b""
            except (OSError, serial.SerialException):
                status = 410
            self.send_response(status)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    with server.Server(files) as served:
        served.RequestHandlerClass = Handler
        thread = threading.Thread(target=served.serve_forever, daemon=True)
        thread.start()
        try:
            yield served.url, bridge
        finally:
            served.shutdown()
            thread.join()
            bridge.close()
