"""Bringing features to int8: by a range that is known, or by the mean and deviation that they turn out to have."""

from ..fixed import U_MAX
from ..network import zeros


def fit(values, low, high, out, start=0):
    """Write `values` to out[start...], so that low becomes -127 and high 127, beyond which it stays.

    out[start + i] = (254 (v - low) + (high - low) // 2) // (high - low) - 127. values: integers; low < high, both
    within int16. out: array of int8. Allocates nothing.
    """
    width = high - low
    for i in range(len(values)):
        v = int(values[i])
        v = low if v < low else high if v > high else v
        out[start + i] = (254 * (v - low) + width // 2) // width - U_MAX


class Scaler:
    """Running mean and deviation of each of n features, and what they are in these terms.

    - count: how many samples count; it grows to 2**memory, and older ones fade from then on.
    - mean, deviation: int32 each, Q8: the mean, and the mean distance from it, of each feature.

    After a sample x, with c = count: mean += (256 x - mean) // c, deviation += (|256 x - mean| - deviation) // c, with
    the mean from before. A Gaussian's mean distance is 0.8 of its standard deviation. Takes 8 * n bytes, and 200 more.
    """

    def __init__(self, n, memory=8):
        """Scale n features; 2**memory samples are remembered, memory in 0..16. Raises ValueError."""
        if n < 1:
            raise ValueError("n: {} features".format(n))
        if not 0 <= memory <= 16:
            raise ValueError("memory: {} is not in 0..16".format(memory))
        self.n = n
        self.memory = memory
        self.count = 0
        self.mean = zeros("i", n)
        self.deviation = zeros("i", n)

    def update(self, x):
        """Let a sample count: n integers within int16. Raises ValueError for another number of them."""
        self._check(x)
        if self.count < 1 << self.memory:
            self.count += 1
        count = self.count
        mean = self.mean
        deviation = self.deviation
        for i in range(self.n):
            d = 256 * int(x[i]) - mean[i]
            mean[i] += d // count
            if d < 0:
                d = -d
            # The first sample's distance from a mean of nothing tells nothing
            if count > 1:
                deviation[i] += (d - deviation[i]) // count

    def scale(self, x, out, start=0):
        """Write a sample to out[start...], so that 127 is four mean distances above the mean.

        out[start + i] = (32 d + s // 2) // s within -127..127, with d = 256 x - mean limited to 4 s, s = max(deviation,
        256). x as for `update`, which this does not do; out: array of int8.
        """
        self._check(x)
        for i in range(self.n):
            s = max(self.deviation[i], 256)
            d = 256 * int(x[i]) - self.mean[i]
            d = 4 * s if d > 4 * s else -4 * s if d < -4 * s else d
            d = (32 * d + s // 2) // s
            out[start + i] = U_MAX if d > U_MAX else -U_MAX if d < -U_MAX else d

    def _check(self, x):
        if len(x) != self.n:
            raise ValueError("x: {} features, not {}".format(len(x), self.n))
