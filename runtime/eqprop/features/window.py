"""Windows of a signal: the samples that features are computed from, and their statistics.

Samples are int16. Nothing is allocated after construction.
"""

from ..fixed import isqrt
from ..network import zeros
from .kernels import chosen


class Window:
    """The last `size` samples of a signal; `hop` of them are new each time.

    - size, hop: samples. Spectra need a power of two for `size`.
    - samples: array of int16, the oldest first; zeros at first.
    - fresh: the last `hop` samples: a writable memoryview of `samples`, for `machine.I2S.readinto`, for example.

    Sample by sample: `if window.push(value): ...` is true each time `hop` new samples have come. In blocks: call
    `slide()`, then fill `fresh`. Takes 2 * size bytes, and 200 more.
    """

    allocate = staticmethod(zeros)

    def __init__(self, size, hop=None):
        """Make a window of `size` samples, 1..16384, which advances by `hop`, 1..size (default: `size`).

        Raises ValueError.
        """
        hop = size if hop is None else hop
        if not 1 <= size <= 16384:
            raise ValueError("size: {} is not in 1..16384".format(size))
        if not 1 <= hop <= size:
            raise ValueError("hop: {} is not in 1..{}".format(hop, size))
        self.size = size
        self.hop = hop
        self.kernels = self.choose_kernels()
        self.samples = self.allocate("h", size)
        self.fresh = memoryview(self.samples)[size - hop :]
        self._pushed = 0

    def choose_kernels(self):
        """Return the kernels module that all features of this window use."""
        return chosen()

    def slide(self):
        """Move the last size - hop samples to the front; then overwrite `fresh` with `hop` new ones."""
        self._pushed = 0
        if self.hop < self.size:
            self.kernels.slide(self.samples, self.size, self.hop)

    def push(self, value):
        """Take one sample, an integer, limited to int16; return True each time `hop` samples have come."""
        if not self._pushed:
            self.slide()
        self.fresh[self._pushed] = -32768 if value < -32768 else 32767 if value > 32767 else value
        self._pushed += 1
        if self._pushed < self.hop:
            return False
        self._pushed = 0
        return True


class Statistics:
    """Statistics of a window's samples, in their unit; `measure` updates them.

    - low, high: the extremes. mean: sum // size.
    - deviation: root mean square of the distance d from `mean`: floor(sqrt(sum((|d| >> s)**2) // size)) << s, where s
      is the least shift with size * max(|d| >> s)**2 < 2**30. The error is less than 1 + max(|d|) / 256.
    - crossings: how often the signal crossed the mean, 0..size - 1. step: mean distance of neighbours, floored.

    A stuck sensor shows deviation 0. Takes 150 bytes.
    """

    def __init__(self, window):
        """Describe this window, of at most 1024 samples. Raises ValueError."""
        if window.size > 1024:
            raise ValueError("window: expected at most 1024 samples, got {}".format(window.size))
        self.window = window
        self._results = window.allocate("i", 7)
        self.low = self.high = self.mean = self.deviation = self.crossings = self.step = 0

    def measure(self):
        """Describe the samples in the window now."""
        window = self.window
        results = self._results
        window.kernels.describe(window.samples, window.size, results)
        self.low = int(results[0])
        self.high = int(results[1])
        self.mean = int(results[2]) // window.size
        self.crossings = int(results[3])
        self.step = int(results[4]) // max(1, window.size - 1)
        self.deviation = isqrt(int(results[5]) // window.size) << int(results[6])
