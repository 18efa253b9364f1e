"""Serves the studio's page on loopback, with the headers that a strict page needs; everything else is refused."""

import http.server
import re
import socket

from ..errors import PortError
from .folder import content

_TYPES = {
    ".bin": "application/octet-stream",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mpy": "application/octet-stream",
    ".mjs": "text/javascript; charset=utf-8",
    ".wasm": "application/wasm",
}
_POLICY = re.compile(rb'http-equiv="Content-Security-Policy" content="([^"]*)"')


class Server(http.server.ThreadingHTTPServer):
    """A server of files in memory, on this computer's own address alone."""

    daemon_threads = True

    def __init__(self, files, port=0):
        """Listen. files: as of `folder.files`; port: 0 for any free one. Raises PortError if the port is in use."""
        self.files = files
        self.policy = _POLICY.search(files["index.html"])[1].decode() + "; frame-ancestors 'none'"
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise PortError(
                f"127.0.0.1:{port} cannot be served: {error.strerror or error}: name another --tcp"
            ) from error

    @property
    def url(self):
        """The page's address."""
        return f"http://localhost:{self.server_address[1]}/"

    def server_bind(self):
        """Bind without asking the network for this computer's name, which can take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers GET and HEAD of the files' names."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self):
        """Send a file."""
        self._send(with_body=True)

    def do_HEAD(self):
        """Send a file's headers."""
        self._send(with_body=False)

    def _send(self, with_body):
        name = self.path.partition("?")[0].removeprefix("/") or "index.html"
        body = content(self.server.files.get(name))
        status = 200
        if body is None or not self._is_ours():
            status, body, name = 404, b"not found\n", "not.bin"
        self.send_response(status)
        self.send_header("Content-Type", _TYPES["." + name.rpartition(".")[2]])
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", self.server.policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-cache")
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def _is_ours(self):
        """Return whether the request names this computer, and not a name that somebody else pointed here."""
        host = (self.headers.get("Host") or "").partition(":")[0]
        return host in ("localhost", "127.0.0.1")

    def log_message(self, *_):
        """Print nothing: the page is the user's own."""
