"""Random numbers that are the same on every interpreter, without big integers."""


class Noise:
    """Wichmann and Hill's three generators (Applied Statistics 31, 1982), period 7e12."""

    def __init__(self, seed):
        self._x = 1 + seed % 30268
        self._y = 1 + seed // 7 % 30306
        self._z = 1 + seed * 31 % 30322
        for _ in range(20):
            self.bell()

    def bell(self):
        """Return a number of mean 0 and standard deviation 1, the sum of three uniform ones: within +-3."""
        self._x = x = self._x * 171 % 30269
        self._y = y = self._y * 172 % 30307
        self._z = z = self._z * 170 % 30323
        return 2.0 * (x / 30269 + y / 30307 + z / 30323 - 1.5)

    def uniform(self):
        """Return a number of -1..1."""
        self.bell()
        return 2.0 * ((self._x / 30269 + self._y / 30307 + self._z / 30323) % 1) - 1.0
