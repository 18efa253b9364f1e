"""The bytes of a serial port, and a diagnosis of a port that sends no frames."""

import contextlib
import itertools
import shlex
from dataclasses import dataclass
from typing import Any

import serial

from eqprop.protocol.frames import encoded_size
from eqprop.protocol.messages import SESSION_HEADER
from eqprop.service import CHUNK

from ..errors import PortError, ProtocolError

_OVERHEARD = 40  # bytes kept to show the output of a port without a board
_TAIL = 512  # bytes kept to recognise MicroPython's prompt
# MicroPython's output in its three modes; bytes of a frame may switch it to any of them
_AT_PROMPT = (b"\n>>> ", b"raw REPL; CTRL-B to exit", b"paste mode; Ctrl-C to cancel")


@dataclass(frozen=True)
class Line:
    """The traffic on a line so far."""

    sent_bytes: int
    received_bytes: int

    retries: int
    """Requests repeated because they, or their answers, were lost."""


@dataclass(frozen=True)
class Asked:
    """A request on its way."""

    sequence: int
    size: int
    """Bytes on the line."""
    at: float
    kind: int
    about: Any
    """The sender's own mark for the request."""
    given_up: bool = False
    """Whether the request counted as lost."""


class Port:
    """A pyserial port called `name` in messages, which `open_stream()` opens; it may fail and be opened again.

    - stream: the open pyserial port, None before it is opened and once it is closed
    - sent, received: bytes so far
    - overheard: the first bytes that came since `forget`
    """

    def __init__(self, open_stream, name):
        """Prepare. open_stream: returns an open port with a short read timeout, or raises PortError."""
        self.name = name
        self.sent = 0
        self.received = 0
        self._open = open_stream
        self.stream = None
        self.overheard = b""
        self._tail = b""

    @property
    def is_open(self):
        """Whether the port is open."""
        return self.stream is not None

    def open(self):
        """Open the port. Raises PortError."""
        self.stream = self._open()

    def close(self):
        """Close the port."""
        if self.stream:
            stream, self.stream = self.stream, None
            # A port that has disappeared may fail to close
            with contextlib.suppress(OSError, serial.SerialException):
                stream.close()

    def write(self, data):
        """Send bytes; return how many. Raises PortError, or ProtocolError if the other end accepts none."""
        try:
            self.stream.write(data)
        except serial.SerialTimeoutException as error:
            raise ProtocolError(f"port {self.name} takes no more bytes") from error
        except (OSError, serial.SerialException) as error:
            raise PortError(f"port {self.name} fails: {error}") from error
        self.sent += len(data)
        return len(data)

    def read(self):
        """Return the received bytes, waiting a moment for the first. Raises PortError."""
        try:
            data = self.stream.read(max(1, self.stream.in_waiting))
        except (OSError, serial.SerialException) as error:
            raise PortError(f"port {self.name} fails: {error}") from error
        self.received += len(data)
        self.overheard = (self.overheard + data)[:_OVERHEARD]
        self._tail = (self._tail + data)[-_TAIL:]
        return data

    # ---- who is there

    def forget(self):
        """Forget the received bytes, to diagnose the other end afresh."""
        self.overheard = self._tail = b""

    def forget_tail(self):
        """Forget the last bytes: the link waits for new ones."""
        self._tail = b""

    @property
    def has_prompt(self):
        """Whether the last bytes are MicroPython's prompt."""
        return any(words in self._tail for words in _AT_PROMPT)

    def check_prompt(self):
        """Raise ProtocolError if the last bytes are MicroPython's prompt."""
        if self.has_prompt:
            deploy = f"eqprop deploy --port {shlex.quote(self.name)}"
            text = f"port {self.name} has MicroPython's prompt and is not running eqprop: run `{deploy}`"
            raise ProtocolError(text)

    def silence(self, seconds, understood, greeted):
        """Return the error for a port without an answer for `seconds`.

        understood: whether frames have come since `forget`. greeted: whether a board had answered before.
        """
        if understood or not self.overheard:
            return ProtocolError(f"port {self.name} is silent: no answer within {seconds:g} s")
        if greeted:
            return ProtocolError(f"port {self.name}: no answer within {seconds:g} s, it says {self.overheard!r}")
        return ProtocolError(f"port {self.name} is not running eqprop: it says {self.overheard!r}")


def line_size(size):
    """Return the most bytes that a request with a payload of `size` bytes takes on the line."""
    longest = encoded_size(size + SESSION_HEADER)
    return longest + -longest % CHUNK


def largest_payload(size):
    """Return the largest payload of a request that takes at most `size` bytes on the line; 0 or less if none fits."""
    return next(n for n in itertools.count(size, -1) if n <= 0 or line_size(n) <= size)
