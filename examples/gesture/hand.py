"""A hand that holds the board: the accelerations of five gestures, each time made a little differently.

In integers, for any interpreter: milli-g, microseconds, and angles of 256 to the turn.
"""

import math
from array import array

from parts.noise import Noise

GESTURES = ("circle", "circle back", "swipe", "lift", "twist")

_SINE = array("h", (round(16384 * math.sin(math.pi * n / 128)) for n in range(256)))
_GRAVITY_MG = 1000
_TREMOR_US = 180000


def _part(value, angle):
    """Return value * sin(angle)."""
    return value * _SINE[angle & 255] >> 14


class Hand:
    """The hand of one person, whose tempo, vigour and hold of the board are drawn from `seed`."""

    def __init__(self, seed):
        self._noise = noise = Noise(seed)
        self.duration_us = 1000 * noise.between(750, 1000)
        self.vigour_mg = noise.between(550, 800)
        self._roll = noise.between(-12, 12)
        self._pitch = noise.between(-12, 12)
        self._start = 0
        self._lasts = 1
        self._kind = 0
        self._held = self._holds = self._drawn()

    def _drawn(self):
        """Return how the board is held: roll, pitch and yaw."""
        between = self._noise.between
        return self._roll + between(-10, 10), self._pitch + between(-10, 10), between(-18, 18)

    def make(self, kind, us):
        """Begin gesture number `kind` of GESTURES at this time; return when it ends."""
        noise = self._noise
        self._held = self._holds
        self._holds = self._drawn()
        self._kind = kind
        self._start = us
        self._lasts = self.duration_us * noise.between(78, 125) // 100
        self._vigour = self.vigour_mg * noise.between(65, 140) // 100
        self._wobble = tuple((self._vigour * noise.below(45) // 100, noise.below(256)) for _ in range(3))
        return us + self._lasts

    def acceleration(self, us):
        """Return what the board feels: (x, y, z) in mg."""
        passed = us - self._start
        phase = max(0, passed * 256 // self._lasts) if passed < self._lasts else 256
        roll, pitch, yaw = (held + (holds - held) * phase // 256 for held, holds in zip(self._held, self._holds))
        x, y, z = self._moved(phase) if phase < 256 else (0, 0, 0)
        x, y = _part(x, yaw + 64) - _part(y, yaw), _part(x, yaw) + _part(y, yaw + 64)
        if self._kind == 4 and phase < 256:
            roll += _part(self._vigour // 14, phase >> 1)
        level = _part(_GRAVITY_MG, pitch + 64)
        tremor = us // (_TREMOR_US >> 8)
        x += _part(level, roll) + _part(20, tremor)
        y += _part(_GRAVITY_MG, pitch) + _part(20, tremor * 3 >> 2)
        z += _part(level, roll + 64) + _part(20, tremor * 5 >> 3)
        return x, y, z

    def _moved(self, phase):
        """Return the acceleration of the gesture itself, in the hand's own axes."""
        kind, vigour = self._kind, self._vigour
        around = _part(vigour, phase >> 1)
        x = _part(around, phase + 64) if kind < 2 else _part(vigour, phase) if kind == 2 else 0
        y = _part(around, phase) * (1 - 2 * kind) if kind < 2 else 0
        z = _part(vigour, phase) if kind == 3 else 0
        dx, dy, dz = (_part(_part(size, phase >> 1), at + 2 * phase) for size, at in self._wobble)
        return x + dx, y + dy, z + dz
