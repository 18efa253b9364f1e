"""Spectra of a window by an integer FFT, and the levels of bands in them.

Nothing is allocated after construction.
"""

from .arithmetic import sine

FLOOR = 1024  # added to log2 of a power: what is below 1/16 of a squared step is level 0


class Spectrum:
    """Power of the frequencies in a window, its mean taken off, under Hann's window.

    - power: int32 for bins 0..size/2, bin k being k * rate / size Hz; each is 2**28 at most, and all
      together below 2**29.
    - exponent: powers are in units of (a sample's step)**2 / 4**exponent: a quiet window is shifted left by so many
      bits before it is transformed, a loud one right (block floating point).

    A sine of amplitude a has power about (a / 2)**2 * 4**exponent in its bin, a quarter of that in the two beside it.
    The FFT is one of size/2 complex numbers, radix 2, each stage halved and rounded, so nothing wraps; compared with
    the exact spectrum, the error of re and im is within log2(size) units (tests). Takes 6 * size bytes, and 200 more.
    """

    def __init__(self, window):
        """Measure this window, of 16..1024 samples, a power of two. Raises ValueError."""
        size = window.size
        if not 16 <= size <= 1024 or size & size - 1:
            raise ValueError("window: {} samples are no power of two in 16..1024".format(size))
        self.window = window
        self.exponent = 0
        self.power = window.allocate("i", size // 2 + 1)
        self._work = window.allocate("h", size)
        self._twiddles = twiddles = window.allocate("h", size)
        for k in range(size // 2):
            twiddles[2 * k] = sine(k + size // 4, size)
            twiddles[2 * k + 1] = sine(k, size)

    def measure(self):
        """Take the power of the samples that are in the window now."""
        window = self.window
        kernels = window.kernels
        size = window.size
        work = self._work
        twiddles = self._twiddles
        self.exponent = int(kernels.load(window.samples, work, twiddles, size))
        kernels.transform(work, twiddles, size)
        kernels.measure(work, twiddles, self.power, size)


class Bands:
    """Levels of bands of a spectrum, on a logarithmic scale.

    - levels: int16, one for each band: log2 of its power in units of a sample's step squared, in Q8, plus 1024, and 0
      or above: 256 steps are 3 dB; a sine of full scale is at about 8200, one of a single step's amplitude at 500.
    - spectrum: the `Spectrum` they are taken from.

    Takes 2 * size bytes and 6 for each band beside the spectrum, and 200 more.
    """

    def __init__(self, window, edges):
        """Take bands of this window's spectrum: band b has the bins edges[b] up to, but without, edges[b + 1].

        edges: 2..129 numbers of bins, rising, 0..size/2 + 1. Raises ValueError, also as `Spectrum`.
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
        """Take the memory of so many bands, all of them empty."""
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
        """Let bin k count for `share` / 64 in this band, and for the rest in the one before it."""
        self._places[2 * k] = band + 1
        self._places[2 * k + 1] = share

    def measure(self):
        """Take the spectrum of the samples that are in the window now, and the levels of the bands."""
        spectrum = self.spectrum
        spectrum.measure()
        kernels = spectrum.window.kernels
        kernels.gather(spectrum.power, self._places, self._sums, self._bins)
        kernels.logarithms(self._sums, self.levels, len(self.levels), FLOOR - 512 * spectrum.exponent)
