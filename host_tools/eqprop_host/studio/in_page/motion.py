"""How a phone or a laptop moves, by the runtime's own statistics of its motion sensor."""

from array import array

from eqprop.features.scale import fit
from eqprop.features.window import Statistics, Window

AXES = 3
EACH = 4
SAMPLES = 64
"""Readings in a window: a second of most sensors."""

_RANGES = ((-2000, 2000), (0, 1500), (0, 32), (0, 800))
"""Of an axis's mean, deviation, crossings of its mean, and step, in cm/s^2."""


class Motion:
    """The last second of a motion sensor: `AXES` * `EACH` features."""

    def __init__(self):
        """Start at rest."""
        self._windows = [Window(SAMPLES, hop=1) for _ in range(AXES)]
        self._statistics = [Statistics(window) for window in self._windows]

    def feel(self, samples):
        """Take readings: bytes of little-endian int16, an acceleration in cm/s^2 for each axis in turn."""
        for i in range(0, len(samples) - 1, 2):
            value = ((samples[i] | samples[i + 1] << 8) ^ 0x8000) - 0x8000
            self._windows[i // 2 % AXES].push(value)

    def features(self):
        """Return the features of the window as it is now, bytes of int8."""
        out = array("b", bytes(AXES * EACH))
        for axis, found in enumerate(self._statistics):
            found.measure()
            for k, value in enumerate((found.mean, found.deviation, found.crossings, found.step)):
                low, high = _RANGES[k]
                fit((value,), low, high, out, EACH * axis + k)
        return bytes(out)
