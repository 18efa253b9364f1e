"""Listens to a running program: asks it for its records, and returns them with its text in their order."""

import contextlib
import struct
import time

from eqprop.protocol import telemetry as kinds

from ..boards import ports
from ..errors import ProtocolError
from ..link import telling
from ..link.line import Port
from ..terminal.printing import printable
from . import records
from .clock import BoardClock
from .splitting import Splitter

_LISTEN_S = 1.0  # between two requests to tell; the board stops after five
_INQUIRE_S = 10.0
_FIRST_S = 8.0  # for a program to tell anything: it may be busy, or start
_HEARD = 60  # characters of text shown when it tells nothing
_TRIES_S = (1, 1, 1, 1, 2, 4, 8, 12)  # between requests: a slow board learns for seconds, and is silent meanwhile
_BACK_US = 1_000_000  # a clock that goes back by more is a program that has started afresh


class Restarted(records.Record):
    """The program has started afresh."""


class Listener:
    """A program at a port.

    - about: the last `records.About`, None before the first. health: the last `records.Health`
    - clock: the board's `BoardClock`. torn, missing: records that arrived damaged, or did not arrive
    """

    def __init__(self, open_stream, name, now=time.time, first_s=None):
        """Open the port with `open_stream()`, called `name` in messages. now: returns seconds since 1970.

        first_s: how long to wait for a program's first record; None for the default. Raises PortError.
        """
        self.name = name
        self.about = self.health = None
        self.clock = BoardClock()
        self.missing = 0
        self._now = now
        self._first_s = first_s or _FIRST_S
        self._port = Port(open_stream, name)
        self._port.open()
        self._splitter = Splitter()
        self._started = now()
        self._listened = self._inquired = float("-inf")
        self._sequence = self._us = None
        self._heard = ""
        self._waiting = []
        self._token = int(now() * 1000)

    @property
    def torn(self):
        """Records that arrived damaged."""
        return self._splitter.torn

    def close(self):
        """Close the port."""
        self._port.close()

    def poll(self):
        """Return what came: str for a line of text, otherwise a record; wait a moment for the first.

        Raises PortError if the port fails, ProtocolError if the program tells nothing.
        """
        found, self._waiting = self._waiting, []
        return found + self._poll()

    def _poll(self):
        self._ask()
        found = []
        data = self._port.read()
        now = self._now()
        for each in self._splitter.feed(data):
            if isinstance(each, str):
                self._heard = (self._heard + each + "\n")[:_HEARD]
                found.append(each)
            else:
                found += self._record(now, *each)
        if self.about is None and now - self._started > self._first_s:
            raise self._silence()
        return found

    def _ask(self):
        now = self._now()
        if now - self._listened >= _LISTEN_S:
            self._listened = now
            self._send(kinds.LISTEN, struct.pack("<I", int(now) - kinds.EPOCH_S))
        if now - self._inquired >= (_INQUIRE_S if self.about else _LISTEN_S):
            self._inquired = now
            self._send(kinds.INQUIRE)

    def ask(self, kind, payload=b""):
        """Send a request that is answered by records."""
        self._send(kind, payload)

    def _send(self, kind, payload=b""):
        self._port.write(telling.request(kind, payload))

    def _record(self, now, kind, sequence, payload):
        """Yield what a frame tells: its record, after the news that the program has started afresh."""
        record = records.unpack(kind, payload, sequence)
        us = 1_000_000 * int.from_bytes(payload[:4], "little") + int.from_bytes(payload[4:8], "little")
        if self._us is not None and us < self._us - _BACK_US:
            self.clock = BoardClock()
            self._sequence = None
            self._inquired = float("-inf")
            yield Restarted(us=us)
        elif self._sequence is not None:
            self.missing += (sequence - self._sequence - 1) & 255
        self._us, self._sequence = us, sequence
        self.clock.note(us, now)
        if isinstance(record, records.About):
            self.about = record
        if isinstance(record, records.Health):
            self.health = record
        if record:
            yield record

    def request(self, kind, payload):
        """Have the program carry out a request once; return whether it did, or refused, which a fault explains.

        What else came meanwhile is for the next `poll`. Raises as `poll`, and ProtocolError if no answer comes.
        """
        self._token = (self._token + 1) & 0xFFFF
        for wait_s in _TRIES_S:
            self._send(kind, struct.pack("<H", self._token) + payload)
            until = self._now() + wait_s
            while self._now() < until:
                found = self._poll()
                self._waiting += found
                for each in found:
                    if isinstance(each, records.Taught) and each.token == self._token:
                        return each.done
        raise ProtocolError(f"port {self.name}: the program no longer answers: let it call `poll` of its Telemetry")

    def wait_for_about(self):
        """Wait until the program says what it is; return its `records.About`. Raises as `poll`."""
        while self.about is None:
            self._waiting += self._poll()
        return self.about

    def _silence(self):
        self._port.check_prompt()
        says = f"it says {printable(self._heard)!r}" if self._heard.strip() else "it says nothing"
        return ProtocolError(
            f"port {self.name}: no program tells anything there within {self._first_s:g} s, {says}: let it call "
            "`eqprop.Telemetry(network)` and its `poll`, or start it"
        )


@contextlib.contextmanager
def listening(port, tell=lambda line: None):
    """Yield a `Listener` to the program at a port. tell: called with a line before anything that takes long.

    A blank simulated board is on meanwhile, and has a minute to start its program. Raises PortError.
    """
    ports.check_program(port)
    with ports.powered(port, tell) as path:
        first_s = None if path == port else ports.START_S
        with contextlib.closing(Listener(lambda: ports.open_stream(path, port), port, first_s=first_s)) as listener:
            yield listener
