"""Questions and answers over a serial port: windowed, in order, sent again when unanswered.

Every question may be asked twice without harm (`eqprop.messages`), so the link need not know whether a question or
its answer was lost: when the oldest one's answer does not come, or another's comes first, it sends all unanswered
ones again, in order.
"""

import contextlib
import time
from collections import deque

import serial

from eqprop.frames import Receiver, Sender
from eqprop.messages import ERROR, STATE
from eqprop.service import CHUNK

from .errors import BoardError, PortError, ProtocolError

_ATTEMPTS = 3
_LIMIT = 1024  # bytes of payload before the board has said its own limit
_OVERHEARD = 40  # bytes kept to tell what a port that is no board says


class Link:
    """A conversation over `stream`, an open pyserial port with a short read timeout, called `name` in messages.

    - limit: bytes of a payload; credit: bytes that may be unanswered. Both are the board's to say, in STATE
    - answer_s: seconds after which an unanswered question is asked again, three times in all
    """

    def __init__(self, stream, name, answer_s):
        """Talk to nobody yet."""
        self.name = name
        self.answer_s = answer_s
        self.credit = 0
        self._stream = stream
        self._sequence = 0
        self._answers = deque()
        self._understood = False
        self._overheard = b""
        self._resent = False
        self._padding = b""
        self.resize(_LIMIT)

    def resize(self, limit):
        """Take payloads of up to `limit` bytes, either way."""
        self.limit = limit
        self._receiver = Receiver(limit)
        self._sender = Sender(limit)

    @contextlib.contextmanager
    def patient(self, answer_s):
        """Wait `answer_s` seconds for each answer meanwhile."""
        before, self.answer_s = self.answer_s, answer_s
        try:
            yield
        finally:
            self.answer_s = before

    def ask(self, kind, payload, expected):
        """Return the payload of the answer, which must be of type `expected`. Raises as `stream`."""
        return next(self.stream([(kind, payload)], expected))

    def stream(self, questions, expected):
        """Ask `questions`, pairs of type and payload, with as many on their way as credit allows; yield the answers.

        Raises BoardError with the board's own words when it refuses, ProtocolError when it is silent or talks
        nonsense, PortError when the port fails.
        """
        frames = (self._frame(kind, payload) for kind, payload in questions)
        upcoming = next(frames, None)
        waiting = deque()
        size = 0
        while upcoming or waiting:
            if upcoming and (not waiting or size + len(upcoming[1]) <= self.credit):
                waiting.append(upcoming)
                size += len(upcoming[1])
                self._write(upcoming[1])
                upcoming = next(frames, None)
                continue
            kind, payload = self._answer(waiting)
            size -= len(waiting.popleft()[1])
            if kind == ERROR:
                raise BoardError(f"port {self.name} refuses: {payload.decode(errors='replace')}")
            if kind != expected:
                raise ProtocolError(f"port {self.name} answers with type {kind} instead of {expected}")
            yield payload

    def _frame(self, kind, payload):
        """Return (sequence number, bytes on the line) of a new question."""
        self._sequence = (self._sequence + 1) % 256
        frame = bytes(self._sender.encode(kind, self._sequence, payload))
        return self._sequence, frame + bytes(-len(frame) % CHUNK)

    def _answer(self, waiting):
        """Return type and payload of the answer to the oldest question that waits."""
        sequences = [sequence for sequence, _ in waiting]
        for _ in range(_ATTEMPTS):
            deadline = time.monotonic() + self.answer_s
            while self._answers or time.monotonic() < deadline:
                if not self._answers:
                    self._listen()
                    continue
                kind, sequence, payload = self._answers.popleft()
                if sequence == sequences[0]:
                    self._resent = False
                    return kind, payload
                if sequence in sequences and not self._resent:
                    self._resend(waiting)
            self._resend(waiting)
        if self._overheard and not self._understood:
            raise ProtocolError(f"port {self.name} is not running eqprop: it says {self._overheard!r}")
        raise ProtocolError(f"port {self.name} is silent: no answer within {_ATTEMPTS * self.answer_s:g} s")

    def _resend(self, waiting):
        # Bytes were lost. A leading zero ends what is left of a torn frame; and as the board reads chunk by chunk,
        # more zeros must follow from now on than it may want to fill its last chunk.
        self._resent = True
        self._padding = bytes(CHUNK - 1)
        self._write(b"\0" + b"".join(frame for _, frame in waiting))

    def _listen(self):
        """Take in what has come, waiting a moment for the first byte."""
        try:
            data = self._stream.read(max(1, self._stream.in_waiting))
        except (OSError, serial.SerialException) as error:
            raise PortError(f"port {self.name} fails: {error}") from error
        self._overheard = (self._overheard + data)[:_OVERHEARD]
        for kind, sequence, payload in self._receiver.feed(data):
            if kind >= STATE:  # an echo of what we ask is no answer
                self._understood = True
                self._answers.append((kind, sequence, bytes(payload)))

    def _write(self, data):
        try:
            self._stream.write(data + self._padding)
        except serial.SerialTimeoutException as error:
            raise ProtocolError(f"port {self.name} takes no more bytes") from error
        except (OSError, serial.SerialException) as error:
            raise PortError(f"port {self.name} fails: {error}") from error
