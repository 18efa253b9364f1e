"""What a host asks a running program: frames of half bytes (`eqprop.protocol.telemetry`), and carrying them out."""

import struct

from .._compat import const, ticks_us
from ..protocol.telemetry import INQUIRE, LABEL, LISTEN, LISTEN_S, LOG, LOG_READ, SAMPLE, SAVE, TAUGHT

try:
    from .viper import copy, drop, is_whole, tick
except (ImportError, SyntaxError, NotImplementedError):  # CPython, or a port without viper
    from .plain import copy, drop, is_whole, tick

_OVERHEAD = const(8)
_HEAD = const(0)
_FRAMES = const(3)
_DROPPED = const(4)
_FRAMES_AT_ONCE = const(2)
_PATIENCE = const(16)  # most polls whose frames are sent before what a host asked for
_ANSWERED = const(14)  # in a Telemetry's state
_BYTES_AT_ONCE = const(48)
_SPOILT = const(1048576)  # half bytes: too many for any frame, until the next zero


class Hearing:
    """Collects a host's frames, and carries them out."""

    def __init__(self, telemetry):
        """Hear for `telemetry`."""
        self._telemetry = telemetry
        self._port = telemetry._port
        self._until = 0  # the second from which nobody listens
        self._devices = None
        self._taught = self._pieces = None  # what a host asked for and was not sent yet
        self._inquired = 0  # 2: both ABOUT and HEALTH, 1: HEALTH
        self._waited = 0
        if telemetry.budget:
            from .devices import Devices

            self._devices = Devices(telemetry, telemetry.budget)
        self._buffer = bytearray(_OVERHEAD + 5 + len(telemetry.x))
        self._halves = 0
        self._token = b""
        self._done = False

    def poll(self, ready):
        """As `Telemetry.poll`; ready: of the port."""
        # No tuples, even to assign: `eqprop deploy` writes them with parentheses, and they then take heap
        now = tick(self._telemetry._state, ticks_us())
        taught = None
        if ready & 1:
            taught = self._hear(now)
        if ready & 4 and now < self._until:
            self._send(now)
        return taught

    def _send(self, now):
        telemetry = self._telemetry
        state = telemetry._state
        ring = telemetry._ring
        for n in range(_FRAMES_AT_ONCE):
            if self._taught or self._inquired or self._pieces:
                self._waited += not n
                self._tell_asked(telemetry, state)
            if state[_FRAMES]:
                head = state[_HEAD]
                self._port.write(ring, head + 2, ring[head] + 256 * ring[head + 1])
                drop(ring, state)
        if self._devices and not state[_FRAMES]:
            self._devices.tell(now)

    def _tell_asked(self, telemetry, state):
        """Tell what a host asked for if the ring is empty. After 16 polls in which it never was, empty it first."""
        while state[_FRAMES] and self._waited > _PATIENCE:
            drop(telemetry._ring, state)
            state[_DROPPED] += 1
        if state[_FRAMES]:
            return
        self._waited = 0
        if self._taught:
            telemetry.tell(TAUGHT, self._taught)
            self._taught = None
        elif self._inquired:
            from .describing import describe  # imported here, so that a board that nobody asks does not load it

            self._inquired -= 1  # before it is told: what cannot be told is not tried at each poll
            describe(telemetry, self._inquired)
        else:  # the next records of the black box, or its end
            box = telemetry.box
            number, data = next(self._pieces, (box.next, b""))
            if not data:
                self._pieces = None
            telemetry.tell(LOG, struct.pack("<II", box.box, number) + data)

    def _hear(self, now):
        """Take what has come, up to 48 bytes or a request; return the label that it taught, or None."""
        port = self._port
        for _ in range(_BYTES_AT_ONCE):
            byte = port.read()
            if byte == 0 and self.ends():
                return self.carry_out(now)
            if byte > 0:
                self.take(byte)
            if not port.ready() & 1:
                break
        return None

    def take(self, byte):
        """Take half a byte of a frame; anything else on the line is no frame's."""
        halves = self._halves
        at = halves >> 1
        if byte & 0xF0 != 0x40 or at >= len(self._buffer):
            halves = _SPOILT
        elif halves & 1:
            self._buffer[at] |= byte & 15
        else:
            self._buffer[at] = (byte & 15) << 4
        self._halves = halves + 1

    def ends(self):
        """Return whether a whole frame has just ended."""
        halves = self._halves
        self._halves = 0
        buffer = self._buffer
        self._size = size = (halves >> 1) - _OVERHEAD
        if halves & 1 or size < 0 or size + _OVERHEAD > len(buffer):
            return False
        return buffer[2] + 256 * buffer[3] == size and is_whole(buffer, size + _OVERHEAD, self._telemetry._table)

    def carry_out(self, now):
        """Do what the frame asks; return the label that the network learnt, or None. now: the clock's seconds."""
        buffer = self._buffer
        telemetry = self._telemetry
        size = self._size
        kind = buffer[0]
        if kind == LISTEN and size == 4:
            self._until = now + LISTEN_S
            if telemetry.box:
                telemetry.box.clock(buffer[4] | buffer[5] << 8 | buffer[6] << 16 | buffer[7] << 24, now)
        elif kind == LOG_READ and size == 4 and telemetry.box:
            first = buffer[4] | buffer[5] << 8 | buffer[6] << 16 | buffer[7] << 24
            self._pieces = telemetry.box.pieces(first, now)
        elif kind == INQUIRE:
            self._inquired = 2
        elif size == 5 if kind == LABEL else size > 1 and kind in (SAMPLE, SAVE):
            label = None
            token = bytes(buffer[4:6])
            if token != self._token:  # not repeated, as its answer was lost
                label, self._done = self._teach(kind, size)
                self._token = token
            self._taught = token + bytes((self._done,))
            return label
        return None

    def _teach(self, kind, size):
        """Carry out LABEL, SAMPLE or SAVE; return the label learnt, or None, and whether it was done."""
        buffer, telemetry = self._buffer, self._telemetry
        network = telemetry.network
        try:
            if not network or network.regression and kind != SAVE:
                raise ValueError("teach: no network here learns classes")
            if kind == SAVE:
                kept = network.save(force=True)
                telemetry.saved(kept)
                return None, kept
            if kind == SAMPLE:
                label = buffer[6] + 256 * buffer[7]
                if size != 4 + len(telemetry.x):
                    raise ValueError("teach: {} features, expected {}".format(size - 4, len(telemetry.x)))
                copy(buffer, telemetry.x, 8, 0, len(telemetry.x))
                telemetry.answer(network.infer(telemetry.x), telemetry.x)  # what it knew before
            else:
                label = buffer[7] + 256 * buffer[8]
                if buffer[6] != telemetry._state[_ANSWERED]:
                    raise ValueError("teach: it is learnt already, or another came since")
            if network.memory:
                network.learn(telemetry.x, label, telemetry.replay)
            else:
                network.learn(telemetry.x, label)
            telemetry._state[_ANSWERED] = -1
            telemetry.learnt(label, telemetry.x)
            return label, True
        except (TypeError, ValueError) as error:
            telemetry.fault(str(error))
            return None, False
