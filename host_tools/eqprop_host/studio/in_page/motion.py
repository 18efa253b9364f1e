"""A sensor's last readings as features, by the runtime's own statistics: of a phone's motion or a board's sensor."""

from array import array

from eqprop.features.scale import fit
from eqprop.features.window import Statistics, Window

AXES = 3
EACH = 4
SAMPLES = 64
"""Readings in a window: a second of most sensors."""

PHONE = ((-2000, 2000), (0, 1500), (0, 32), (0, 800))
"""Ranges of an axis's mean, deviation, crossings of its mean, and step, in cm/s^2."""

BOARD = ((-32768, 32767), (0, 16384), (0, 32), (0, 8192))
"""The same of readings that use all of an int16."""


class Motion:
    """The last `SAMPLES` readings of a sensor: `EACH` features for each axis."""

    def __init__(self, axes, ranges):
        """Start at rest. ranges: `PHONE` or `BOARD`."""
        self._ranges = ranges
        self._windows = [Window(SAMPLES, hop=1) for _ in range(axes)]
        self._statistics = [Statistics(window) for window in self._windows]

    def feel(self, values):
        """Take readings: integers, one for each axis in turn."""
        for i, value in enumerate(values):
            self._windows[i % len(self._windows)].push(int(value))

    def features(self):
        """Return the features of the window as it is now, bytes of int8."""
        out = array("b", bytes(EACH * len(self._windows)))
        for axis, found in enumerate(self._statistics):
            found.measure()
            for k, value in enumerate((found.mean, found.deviation, found.crossings, found.step)):
                low, high = self._ranges[k]
                fit((value,), low, high, out, EACH * axis + k)
        return bytes(out)
