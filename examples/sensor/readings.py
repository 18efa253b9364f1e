"""What a network is told of a second of readings: their level, and how they move. Integers alone."""

from eqprop.features.scale import fit
from eqprop.features.window import Statistics, Window

SIZE = 50  # readings in a window
FEATURES = 5
FULL_SCALE = 32767


class Readings:
    """Collects readings, 0..FULL_SCALE, and describes each SIZE of them."""

    def __init__(self):
        """Begin without readings."""
        self._window = Window(SIZE)
        self._statistics = Statistics(self._window)

    def push(self, value):
        """Take a reading; return True when there are SIZE new ones."""
        return self._window.push(value)

    def describe(self, x):
        """Write FEATURES features of the last readings to x, an array of int8."""
        found = self._statistics
        found.measure()
        levels = (found.mean, found.low, found.high)
        fit(levels, 0, FULL_SCALE, x)
        # Few readings move by more than a quarter of full scale
        fit((4 * min(found.deviation, FULL_SCALE // 4),), 0, FULL_SCALE, x, 3)
        fit((found.crossings,), 0, SIZE // 2, x, 4)
