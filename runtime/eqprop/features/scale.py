"""Scaling of features to int8, by a known range or by their running mean and deviation."""

from ..fixed import U_MAX
from ..network import zeros


def fit(values, low, high, out, start=0):
    """Write `values` to out[start...], mapping low..high to -127..127; values outside saturate.

    out[start + i] = (254 (v - low) + (high - low) // 2) // (high - low) - 127. values: integers; low < high, both
    within int16. out: array of int8. Allocates nothing.
    """
    width = high - low
    for i in range(len(values)):
        v = int(values[i])
        v = low if v < low else high if v > high else v
        out[start + i] = (254 * (v - low) + width // 2) // width - U_MAX


class Scaler:
    """The running mean and deviation of each of n features, and int8 features scaled by them.

    - count: how many samples the mean covers; it grows to 2**memory, and older samples fade from then on.
    - mean, deviation: arrays of int32, Q8: each feature's mean, and its mean distance from the mean.

    After a sample x, with c = count: mean += (256 x - mean) // c, deviation += (|256 x - mean| - deviation) // c, with
    the previous mean. A Gaussian's mean distance is 0.8 of its standard deviation. Takes 8 * n bytes, and 200 more.
    """

    def __init__(self, n, memory=8):
        """Scale n features; remember 2**memory samples, memory in 0..16. Raises ValueError."""
        if n < 1:
            raise ValueError("n: {} features".format(n))
        if not 0 <= memory <= 16:
            raise ValueError("memory: {} is not in 0..16".format(memory))
        self.n = n
        self.memory = memory
        self.count = 0
        self.mean = zeros("i", n)
        self.mean_abs_deviation = zeros("i", n)

    def update(self, x):
        """Update the statistics by a sample of n integers within int16. Raises ValueError for another number."""
        self._check(x)
        if self.count < 1 << self.memory:
            self.count += 1
        count = self.count
        mean = self.mean
        deviation = self.mean_abs_deviation
        for i in range(self.n):
            d = 256 * int(x[i]) - mean[i]
            mean[i] += d // count
            if d < 0:
                d = -d
            # The first sample has no earlier mean to be distant from
            if count > 1:
                deviation[i] += (d - deviation[i]) // count

    def scale(self, x, out, start=0):
        """Write a sample to out[start...], scaled so that 127 is four mean distances above the mean.

        out[start + i] = (32 d + s // 2) // s within -127..127, with d = 256 x - mean limited to 4 s, s = max(deviation,
        256). x: as for `update`; the statistics stay as they are. out: array of int8.
        """
        self._check(x)
        for i in range(self.n):
            s = max(self.mean_abs_deviation[i], 256)
            d = 256 * int(x[i]) - self.mean[i]
            d = 4 * s if d > 4 * s else -4 * s if d < -4 * s else d
            d = (32 * d + s // 2) // s
            out[start + i] = U_MAX if d > U_MAX else -U_MAX if d < -U_MAX else d

    def _check(self, x):
        if len(x) != self.n:
            raise ValueError("x: expected {} features, got {}".format(self.n, len(x)))
