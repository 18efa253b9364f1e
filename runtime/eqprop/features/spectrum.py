"""Spectra of a window by an integer FFT, and the levels of bands in them.

Nothing is allocated after construction.
"""

from .arithmetic import sine

FLOOR = 1024  # added to log2 of a power: a power below 1/16 of a squared step has level 0


class Spectrum:
    """The power spectrum of a window, with its mean removed and under Hann's window.

    - power: int32 for bins 0..size/2; bin k is k * rate / size Hz. Each is at most 2**28; their sum is below 2**29.
    - exponent: powers are in units of (a sample's step)**2 / 4**exponent. A quiet window is shifted left by `exponent`
      bits before the transform, a loud one right (block floating point).

    A sine of amplitude a has power about (a / 2)**2 * 4**exponent in its bin and a quarter of that in each neighbour.
    The FFT is of size/2 complex numbers, radix 2; each stage halves and rounds, so nothing wraps. Compared with the
    exact spectrum, re and im are within log2(size) units (tested). Takes 6 * size bytes, and 200 more.
    """

    def __init__(self, window):
        """Measure this window; its size is a power of two in 16..1024. Raises ValueError."""
        size = window.size
        if not 16 <= size <= 1024 or size & size - 1:
            raise ValueError("window: expected a power of two in 16..1024, got {}".format(size))
        self.window = window
        self.exponent = 0
        self.power = window.allocate("i", size // 2 + 1)
        self._work = window.allocate("h", size)
        self._twiddles = twiddles = window.allocate("h", size)
        for k in range(size // 2):
            twiddles[2 * k] = sine(k + size // 4, size)
            twiddles[2 * k + 1] = sine(k, size)

    def measure(self):
        """Measure the power of the samples in the window now."""
        window = self.window
        kernels = window.kernels
        size = window.size
        work = self._work
        twiddles = self._twiddles
        self.exponent = int(kernels.load(window.samples, work, twiddles, size))
        kernels.transform(work, twiddles, size)
        kernels.measure(work, twiddles, self.power, size)


class Bands:
    """The levels of a spectrum's bands, on a logarithmic scale.

    - levels: int16, one for each band: log2 of its power in units of a sample's step squared, in Q8, plus 1024, at
      least 0. 256 steps are 3 dB; a full-scale sine is at about 8200, a sine of one step's amplitude at about 500.
    - spectrum: the `Spectrum` that the bands sum up.

    Takes, in addition to the spectrum, 2 * size bytes, 6 for each band, and 200 more.
    """

    def __init__(self, window, edges):
        """Split this window's spectrum: band b has bins edges[b] up to but not including edges[b + 1].

        edges: 2..129 rising bin numbers in 0..size/2 + 1. Raises ValueError, also as `Spectrum` does.
        """
        self._prepare(window, len(edges) - 1)
        top = self._bins
        last = -1
        for edge in edges:
            if not last < edge <= top:
                raise ValueError("edges: {} do not rise within 0..{}".format(list(edges), top))
            last = edge
        for b in range(len(edges) - 1):
            for k in range(edges[b], edges[b + 1]):
                self._place(k, b, 64)

    def _prepare(self, window, bands):
        """Allocate `bands` bands without bins."""
        if not 1 <= bands <= 128:
            raise ValueError("bands: {} is not in 1..128".format(bands))
        self.spectrum = Spectrum(window)
        self.levels = window.allocate("h", bands)
        self._bins = window.size // 2 + 1
        self._sums = window.allocate("i", bands + 2)
        self._places = window.allocate("B", 2 * self._bins)
        for k in range(self._bins):
            self._place(k, 0, 0)

    def _place(self, k, band, share):
        """Count `share` / 64 of bin k in this band and the rest in the band below it."""
        self._places[2 * k] = band + 1
        self._places[2 * k + 1] = share

    def measure(self):
        """Measure the spectrum of the samples in the window now, and the bands' levels."""
        spectrum = self.spectrum
        spectrum.measure()
        kernels = spectrum.window.kernels
        kernels.gather(spectrum.power, self._places, self._sums, self._bins)
        kernels.logarithms(self._sums, self.levels, len(self.levels), FLOOR - 512 * spectrum.exponent)
