"""Faults of a serial line, seeded and without I/O: bytes go in, and come out damaged and at certain times.

`Faults` are the options of a simulated board (`eqprop_sim.simulated_board`). `Direction` is one wire of a line: bytes
come out damaged and late. The seed and the bytes' positions in the stream decide which bytes are damaged. `Printer` is
a program on the board that prints on the same line.
"""

import random
from collections import deque
from dataclasses import dataclass, fields

_LONGEST = 64  # the most bytes of a burst or a repetition
_SLICE_S = 0.002  # bytes come out in pieces of this duration
_STALL_S = (0.05, 0.3)
_WITHIN_S = 0.005  # how long a printed line waits for an answer to interrupt
_BITS = 10  # a byte on the line: start bit, 8 data bits, stop bit


@dataclass(frozen=True)
class Faults:
    """The faults to inject. Probabilities are per byte, in each direction."""

    flip: float = 0.0
    """Probability that a byte is changed."""

    drop: float = 0.0
    """Probability that a byte is lost."""

    duplicate: float = 0.0
    """Probability that after a byte the last 1..64 bytes arrive a second time."""

    burst: float = 0.0
    """Probability that 1..64 bytes of noise start at a byte."""

    stall: float = 0.0
    """Probability that at a byte the line stands still, for 50..300 ms."""

    delay: int = 0
    """Delay of every byte in milliseconds."""

    baud: int = 0
    """Bits per second, 10 per byte; 0 for no limit."""

    buffer: int = 0
    """Size of the board's receive buffer in bytes; bytes that arrive while it is full are lost; 0 for no limit."""

    prints: int = 0
    """Lines per second, on average, that a program on the board prints on the same line: inside an answer if the board
    gives one in the next 5 ms, otherwise separately. Also prints a message at each start.
    """

    rot: float = 0.0
    """Probability that after a sample a bit of a conductance, or of a node's total, flips in memory."""

    reset_every: int = 0
    """The board resets after 1..2n samples, n on average; 0 for never."""

    unplug: int = 0
    """1: the port disappears when the board resets, and comes back, as with a USB board."""

    cut_every: int = 0
    """The power fails when 1..2n bytes have been written to the flash, n on average; 0 for never."""

    full: int = 0
    """The largest file that fits in the flash, in bytes; 0 for no limit."""

    fail: float = 0.0
    """Probability that a write to the flash fails."""

    erase: int = 0
    """Milliseconds that the flash takes to write each block of 4 KB."""

    seed: int = 0
    """The seed of all faults."""

    def __post_init__(self):
        """Raise ValueError, naming the option, for a value out of range."""
        for option in fields(self):
            value = getattr(self, option.name)
            if isinstance(option.default, float):
                if not 0 <= value <= 1:
                    raise ValueError(f"{option.name}={value:g} is not a probability")
            elif not 0 <= value < 2**31:
                raise ValueError(f"{option.name}={value} is not in 0..{2**31 - 1}")
        if self.flip + self.drop + self.duplicate + self.burst + self.stall > 1:
            raise ValueError("flip, drop, duplicate, burst and stall are more than 1 together")

    @classmethod
    def parsed(cls, texts):
        """Return the Faults for a dict of texts. Raises ValueError naming the invalid option."""
        values: dict = {}
        for option in fields(cls):
            text = texts.get(option.name)
            if text is None:
                continue
            try:
                values[option.name] = float(text) if isinstance(option.default, float) else int(text)
            except ValueError as error:
                kind = "probability" if isinstance(option.default, float) else "whole number"
                raise ValueError(f"{option.name}={text} is not a {kind}") from error
        return cls(**values)

    @property
    def restarts(self):
        """Whether the board restarts during a run."""
        return bool(self.reset_every or self.cut_every)


NAMES = tuple(option.name for option in fields(Faults))


class Printer:
    """The output of a program on the board."""

    def __init__(self, faults):
        """Print at the rate that `faults` give."""
        self._per_s = faults.prints
        self._random = random.Random(f"{faults.seed} prints")
        self._next = None

    def start(self, now):
        """Return the message, in bytes, that the board prints when it starts at second `now`."""
        if not self._per_s:
            return b""
        self._wait(now)
        return b"\r\nmy board 7, ready\r\n"

    def due(self):
        """Return the latest time of the next printed line, or None."""
        return None if self._next is None else self._next + _WITHIN_S

    def among(self, answer, now):
        """Return `answer`, the board's bytes at second `now` (may be b""), with the lines printed until then."""
        whole = answer
        while self._next is not None and self._next + (0 if whole else _WITHIN_S) <= now:
            at = self._random.randrange(len(whole) + 1)
            line = b"T = %.1f C\r\n" % self._random.uniform(15, 30)
            answer = answer[:at] + line + answer[at:]
            self._wait(self._next)
        return answer

    def _wait(self, since):
        self._next = since + self._random.expovariate(self._per_s)


class Direction:
    """One wire: `put` bytes in, `take` those that have arrived.

    - carried: bytes put in so far
    """

    def __init__(self, faults, name):
        """Damage bytes by `faults`; `name` gives each direction its own randomness."""
        self.carried = 0
        self._faults = faults
        self._random = random.Random(f"{faults.seed} {name}")
        self._byte_s = _BITS / faults.baud if faults.baud else 0.0
        self._slice = max(1, int(_SLICE_S / self._byte_s)) if self._byte_s else 1 << 16
        self._clean = not (faults.flip or faults.drop or faults.duplicate or faults.burst or faults.stall)
        self._last = deque(maxlen=_LONGEST)
        self._noise = 0  # remaining bytes of a burst
        self._free = 0.0  # when the line will have carried all bytes
        self._arriving = deque()

    def put(self, data, now):
        """Put bytes in at second `now` of a monotonic clock."""
        self.carried += len(data)
        at = 0
        while at < len(data):
            part = data[at : at + self._slice]
            at += len(part)
            begin = max(now, self._free)
            self._free = begin + len(part) * self._byte_s
            part, stalled_s = (bytes(part), 0.0) if self._clean else self._damaged(part)
            self._free += stalled_s
            self._arriving.append((self._free + self._faults.delay / 1000, part))

    def _damaged(self, data):
        """Return (the damaged bytes, seconds that the line stalled)."""
        out = bytearray()
        stalled_s = 0.0
        faults, draw = self._faults, self._random
        for byte in data:
            chance = draw.random()
            if self._noise:
                self._noise -= 1
                byte = draw.randrange(256)
            if (chance := chance - faults.drop) < 0:
                continue
            if (chance := chance - faults.flip) < 0:
                byte ^= draw.randrange(1, 256)
            elif (chance := chance - faults.burst) < 0:
                self._noise = draw.randrange(1, _LONGEST + 1)
            elif (chance := chance - faults.stall) < 0:
                stalled_s += draw.uniform(*_STALL_S)
            out.append(byte)
            self._last.append(byte)
            if 0 <= chance < faults.duplicate:
                again = draw.randrange(1, len(self._last) + 1)
                out += bytes(self._last)[-again:]
        return bytes(out), stalled_s

    def take(self, now):
        """Return the bytes that have arrived by second `now`."""
        arrived = bytearray()
        while self._arriving and self._arriving[0][0] <= now:
            arrived += self._arriving.popleft()[1]
        return bytes(arrived)

    def due(self):
        """Return when the next bytes arrive, or None if none are on their way."""
        return self._arriving[0][0] if self._arriving else None

    def clear(self):
        """Lose the bytes on their way."""
        self._arriving.clear()
