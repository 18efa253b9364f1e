"""A board at a pyserial port, as a browser's Web Serial: a fake `navigator.serial`, and the paths of its server."""

import contextlib
import math
import threading

import serial

from eqprop_host.studio import server

_FAKE = """
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
  Object.defineProperty(navigator, "serial", { value: fake, configurable: true });
})();
"""


def give_serial(browser):
    """Give the pages that a browser opens from now on the fake Web Serial."""
    browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _FAKE})


class Bridge:
    """The cable between a page and the port at `path`.

    It is unplugged and plugged in by hand; or it is unplugged when it should carry more than `bytes_left` to the board.
    """

    def __init__(self, path):
        self.path = path
        self.plugged = True
        self.bytes_left = math.inf
        self._port = None
        self._reading, self._writing = threading.Lock(), threading.Lock()  # neither waits for the other

    def unplug(self):
        self.plugged = False
        self.close()

    def plug_in(self):
        self.plugged = True
        self.bytes_left = math.inf

    def open(self):
        self.close()
        if not self.plugged:
            raise OSError("unplugged")
        self._port = serial.Serial(self.path, timeout=0.5)

    def close(self):
        port, self._port = self._port, None
        if port:
            port.cancel_read()
            with self._reading, self._writing:
                port.close()

    def read(self):
        """Return what has come within a moment."""
        with self._reading:
            port = self._opened()
            return port.read(port.in_waiting or 1)

    def write(self, data):
        self.bytes_left -= len(data)
        if self.bytes_left < 0:
            self.unplug()
        with self._writing:
            self._opened().write(data)

    def _opened(self):
        if not self._port:
            raise OSError("closed")
        return self._port


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
