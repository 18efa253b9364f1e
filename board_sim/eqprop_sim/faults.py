"""What can go wrong on a serial line, seeded and without any input or output: bytes in, bytes out, and when.

`Faults` are the options of a simulated board (`eqprop_sim.simulated_board`). `Direction` is one wire of a line: the
bytes that go in come out damaged and late. Which bytes are damaged follows from the seed and the bytes' place in the
stream alone. `Printer` is a program on the board that prints on the same line.
"""

import random
from collections import deque
from dataclasses import dataclass, fields

_LONGEST = 64  # bytes of a burst, and of what arrives twice
_SLICE_S = 0.002  # bytes come out in pieces as long as that
_STALL_S = (0.05, 0.3)
_WITHIN_S = 0.005  # that a line printed has an answer to fall into
_BITS = 10  # a byte on the line: start bit, 8 data bits, stop bit


@dataclass(frozen=True)
class Faults:
    """What shall go wrong. Probabilities are those of a byte, in either direction."""

    flip: float = 0.0
    """Probability that a byte becomes another."""

    drop: float = 0.0
    """Probability that a byte is lost."""

    duplicate: float = 0.0
    """Probability that behind a byte the last 1..64 bytes arrive once more."""

    burst: float = 0.0
    """Probability that with a byte 1..64 bytes of noise begin."""

    stall: float = 0.0
    """Probability that at a byte the line stands still, for 50..300 ms."""

    delay: int = 0
    """Milliseconds that every byte is late."""

    baud: int = 0
    """Bits a second, 10 to a byte; 0 for no limit."""

    buffer: int = 0
    """Bytes that the board's receive buffer holds: what comes while it is full is lost; 0 for no limit."""

    prints: int = 0
    """Lines that a program on the board prints on the same line, each second on average: within the answer that the
    board gives in the next 5 ms, otherwise by itself. Also a message at each start.
    """

    rot: float = 0.0
    """Probability that after a sample a bit of a conductance, or of a node's total, is flipped in its memory."""

    reset_every: int = 0
    """The board resets after 1..2n samples, n on average; 0 for never."""

    unplug: int = 0
    """1: the port goes with the board that resets, and comes back, as that of a USB board."""

    cut_every: int = 0
    """The power fails when 1..2n bytes have been written to the flash, n on average; 0 for never."""

    full: int = 0
    """Bytes of the largest file that the flash has room for; 0 for no limit."""

    fail: float = 0.0
    """Probability that a write to the flash fails."""

    erase: int = 0
    """Milliseconds that the flash takes for each block of 4 KB that is written."""

    seed: int = 0
    """Of all that is random here."""

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
        """Return the Faults that a dict of texts means. Raises ValueError naming the option that makes no sense."""
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
        """Whether the board restarts now and then."""
        return bool(self.reset_every or self.cut_every)


NAMES = tuple(option.name for option in fields(Faults))


class Printer:
    """What a program on the board prints, and when."""

    def __init__(self, faults):
        """Print as often as `faults` say."""
        self._per_s = faults.prints
        self._random = random.Random(f"{faults.seed} prints")
        self._next = None

    def start(self, now):
        """Return the message that the board starts with at second `now`, as bytes."""
        if not self._per_s:
            return b""
        self._wait(now)
        return b"\r\nmy board 7, ready\r\n"

    def due(self):
        """Return when the next line is printed at the latest, None for never."""
        return None if self._next is None else self._next + _WITHIN_S

    def among(self, answer, now):
        """Return `answer`, what the board says at second `now`, b"" for nothing, with what is printed until then."""
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
        """Damage as `faults` say; name tells the two directions' randomness apart."""
        self.carried = 0
        self._faults = faults
        self._random = random.Random(f"{faults.seed} {name}")
        self._byte_s = _BITS / faults.baud if faults.baud else 0.0
        self._slice = max(1, int(_SLICE_S / self._byte_s)) if self._byte_s else 1 << 16
        self._clean = not (faults.flip or faults.drop or faults.duplicate or faults.burst or faults.stall)
        self._last = deque(maxlen=_LONGEST)
        self._noise = 0  # bytes of a burst that are still to come
        self._free = 0.0  # when the line has carried all there is
        self._arriving = deque()

    def put(self, data, now):
        """Put bytes in at second `now` of a clock that never goes back."""
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
        """Return (what is left of the bytes, seconds that the line stood still)."""
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
        """Return when the next bytes arrive, None for none on their way."""
        return self._arriving[0][0] if self._arriving else None

    def clear(self):
        """Lose what is on its way."""
        self._arriving.clear()
