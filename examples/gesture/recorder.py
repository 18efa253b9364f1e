"""Cuts gestures out of a stream of accelerations, and describes each by 64 numbers."""

from array import array

from eqprop.features.window import Window

SAMPLES = 64  # of a gesture: 1.28 s
FEATURES = 64

_BEFORE = 8  # of them before it began
_MOVING = 2000  # 250 mg away from rest
_QUIET = 10  # samples without moving, before a gesture can begin
_MOMENTS = 16
_EACH = SAMPLES // _MOMENTS


class Recorder:
    """features: after `measure`, array of int8: x, y and z at 16 moments each, then how large all three are.

    They are relative to rest and to the largest of them, so that neither the board's tilt nor vigour matter.
    """

    def __init__(self):
        self.features = array("b", bytes(FEATURES))
        self._axes = [Window(SAMPLES, hop=1) for _ in range(3)]
        self._levels = array("h", bytes(2 * 3 * _MOMENTS))
        self._rest = array("h", bytes(6))
        self.clear()

    def clear(self):
        """Forget what was begun."""
        self._quiet = -_BEFORE
        self._missing = 0

    def push(self, samples, at):
        """Take the sample at samples[at], x, y, z in 1/8 mg; return whether it completes a gesture."""
        moved = 0
        for axis in range(3):
            v = samples[at + axis]
            self._axes[axis].push(v)
            d = v - self._rest[axis]
            moved += abs(d)
            self._rest[axis] += d >> 3
        if self._missing:
            self._missing -= 1
            if not self._missing:
                self._quiet = 0
                return True
        elif moved < _MOVING:
            self._quiet += 1
        elif self._quiet < _QUIET:
            self._quiet = min(self._quiet, 0)
        else:
            self._missing = SAMPLES - _BEFORE
        return False

    def measure(self):
        """Describe the gesture that was completed, before the next sample comes."""
        levels, features = self._levels, self.features
        peak = 1
        n = 0
        for window in self._axes:
            samples = window.samples
            rest = 0
            for i in range(_BEFORE):
                rest += samples[i]
            rest = rest * _EACH // _BEFORE
            for i in range(0, SAMPLES, _EACH):
                v = (samples[i] + samples[i + 1] + samples[i + 2] + samples[i + 3] - rest) >> 3
                levels[n] = v
                peak = max(peak, abs(v))
                n += 1
        for n in range(3 * _MOMENTS):
            features[n] = 110 * levels[n] // peak
        for n in range(_MOMENTS):
            size = abs(levels[n]) + abs(levels[n + _MOMENTS]) + abs(levels[n + 2 * _MOMENTS])
            features[3 * _MOMENTS + n] = min(127, 64 * size // peak - 64)
