"""A board's TCP port, `tcp://HOST[:PORT][?secret=FILE]`, as an object like an open pyserial port.

`eqprop.net.sealing` has the bytes. Without a secret, only a board on this machine is spoken to.
"""

import contextlib
import ipaddress
import os
import select
import socket
from urllib.parse import parse_qs, urlsplit

import serial

from eqprop.net import sealing
from eqprop.net.tcp import PORT

from ..errors import PortError
from ..terminal.printing import printable
from . import secret

SCHEME = "tcp://"
_CONNECT_S = 10.0  # also for the greeting
_SEND_S = 60.0
_PIECE = 4096


class TcpStream:
    """An open connection; each failure raises `serial.SerialException`.

    - in_waiting: bytes that can be read at once
    """

    def __init__(self, url, timeout_s):
        """Connect. timeout_s: the longest wait of `read`. Raises PortError."""
        self._timeout_s = timeout_s
        self._ready = b""
        host, number, key = _parsed(url)
        with contextlib.ExitStack() as undo:
            self._socket = undo.enter_context(contextlib.closing(_connected(url, host, number)))
            self._sealer, self._opener = self._greeted(url, key)
            if self._sealer:
                self._proven(url)
            self._socket.settimeout(_SEND_S)
            undo.pop_all()

    def _greeted(self, url, key):
        """Take the board's greeting; return what seals and opens the records, or (None, None)."""
        greeting = self._exactly(len(sealing.GREETING) + 1, url)
        kind = greeting[-1]
        if greeting[:-1] != sealing.GREETING:
            raise PortError(f"port {url}: something else than eqprop answers there: {printable(repr(greeting))}")
        if kind == sealing.BUSY:
            raise PortError(f"port {url} cannot be opened: another program is using it")
        if kind == sealing.SEALED:
            if key is None:
                text = f"add ?secret=FILE to it, or set {secret.VARIABLE}"
                raise PortError(f"port {url}: the board wants a secret: {text}")
            nonce = os.urandom(sealing.NONCE_SIZE)
            nonces = self._exactly(sealing.NONCE_SIZE, url) + nonce
            sealer = sealing.Sealer(sealing.key(key, greeting, nonces, sealing.TO_BOARD))
            self._socket.sendall(nonce + sealer.record(b""))
            return sealer, sealing.Opener(sealing.key(key, greeting, nonces, sealing.TO_HOST))
        if key is not None:
            raise PortError(f"port {url}: a secret is given and the board asks for none: it is open to anyone")
        if not ipaddress.ip_address(self._socket.getpeername()[0]).is_loopback:
            raise PortError(f"port {url}: the board asks for no secret, and only one on this machine may do so")
        return None, None

    def _proven(self, url):
        """Wait until the board has accepted the secret, and check that it knows it, too."""
        try:
            proof = list(map(len, sealing.feed(self._opener, self._exactly(2 + sealing.TAG_SIZE, url))))
        except PortError as error:
            raise PortError(f"port {url}: the board does not accept this secret") from error
        except sealing.Forged as error:
            raise PortError(f"port {url}: what answers there does not know the secret") from error
        if proof != [0]:
            raise PortError(f"port {url}: what answers there does not speak eqprop's protocol")

    def _exactly(self, count, url):
        """Return so many bytes. Raises PortError."""
        data = b""
        try:
            while len(data) < count:
                piece = self._socket.recv(count - len(data))
                if not piece:
                    raise PortError(f"port {url}: hung up: is eqprop served there?")
                data += piece
        except TimeoutError as error:
            raise PortError(f"port {url}: no greeting within {_CONNECT_S:g} s: is eqprop served there?") from error
        except OSError as error:
            raise PortError(f"port {url}: {error.strerror or error}") from error
        return data

    @property
    def in_waiting(self):
        """Bytes that can be read at once."""
        self._receive(0)
        return len(self._ready)

    def read(self, count):
        """Return up to `count` bytes, waiting for the first."""
        if not self._ready:
            self._receive(self._timeout_s)
        data, self._ready = self._ready[:count], self._ready[count:]
        return data

    def _receive(self, timeout_s):
        if self._ready or not select.select([self._socket], [], [], timeout_s)[0]:
            return
        data = self._socket.recv(_PIECE)
        if not data:
            raise serial.SerialException("the board hung up")
        try:
            for each in sealing.feed(self._opener, data) if self._opener else (data,):
                self._ready += each
        except sealing.Forged as error:
            raise serial.SerialException(f"{error}: somebody changed what the board sent") from error

    def write(self, data):
        """Send bytes."""
        if self._sealer:
            pieces = range(0, len(data), sealing.RECORD_MOST)
            data = b"".join(self._sealer.record(data[at : at + sealing.RECORD_MOST]) for at in pieces)
        try:
            self._socket.sendall(data)
        except TimeoutError as error:
            raise serial.SerialTimeoutException("takes no more bytes") from error

    def close(self):
        """Hang up."""
        self._socket.close()


def _parsed(url):
    """Return (host, port number, secret or None). Raises PortError."""
    try:
        parts = urlsplit(url)
        number = PORT if parts.port is None else parts.port
        about = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
    except ValueError as error:
        raise PortError(f"port {url}: {error}") from error
    if not parts.hostname or parts.path or parts.username or set(about) - {"secret"}:
        raise PortError(f"port {url}: expected tcp://HOST, tcp://HOST:PORT or tcp://HOST:PORT?secret=FILE")
    return parts.hostname, number, secret.find(*about.get("secret", ())[:1])


def _connected(url, host, number):
    try:
        connection = socket.create_connection((host, number), _CONNECT_S)
    except (socket.gaierror, UnicodeError) as error:  # the second from a name that IDNA does not allow
        raise PortError(f"port {url} cannot be opened: {host}: no such host") from error
    except ConnectionRefusedError as error:
        raise PortError(f"port {url} cannot be opened: {host} serves nothing on port {number}") from error
    except TimeoutError as error:
        raise PortError(f"port {url} cannot be opened: {host} does not answer") from error
    except OSError as error:
        raise PortError(f"port {url} cannot be opened: {error.strerror or error}") from error
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection
