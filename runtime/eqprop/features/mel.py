"""A bank of filters spaced as the ear spaces pitch, for speech and other sounds."""

from .spectrum import Bands


def corners(bands, low_hz, high_hz):
    """Return the bands + 2 corners of triangles equally wide in mel, in Hz / 256.

    mel = 2595 log10(1 + f / 700) (O'Shaughnessy 1987), so 700 + f grows by the same factor from one to the next: the
    largest factor in Q20 that, multiplied and floored each time, comes to no more than 700 + high. Big integers.
    """
    low, high = (700 + low_hz) << 20, (700 + high_hz) << 20
    below, above = 1 << 20, (high << 20) // low + 1
    while above - below > 1:
        factor = (below + above) // 2
        f = low
        for _ in range(bands + 1):
            f = f * factor >> 20
        if f > high:
            above = factor
        else:
            below = factor
    found = []
    f = low
    for _ in range(bands + 2):
        found.append((f >> 12) - (700 << 8))
        f = f * below >> 20
    return found


class FilterBank(Bands):
    """Levels of overlapping triangular bands, equally wide in mel (see `corners` and `Bands`).

    Each bin's power is shared between two neighbouring bands, by its distance from their centres, in 64ths.
    """

    def __init__(self, window, bands=16, rate_hz=8000, low_hz=60, high_hz=3800):
        """Take `bands` bands, 1..128, between `low_hz` and `high_hz` of this window of samples at `rate_hz`.

        Raises ValueError: for 0 <= low_hz < high_hz <= rate_hz / 2 not kept, for a band so narrow that no bin is in it,
        and as `Spectrum`.
        """
        if not 0 <= low_hz < high_hz <= rate_hz // 2:
            raise ValueError("low_hz, high_hz: {}, {} do not rise within 0..{}".format(low_hz, high_hz, rate_hz // 2))
        self._prepare(window, bands)
        edges = corners(bands, low_hz, high_hz)
        heard = [0] * (bands + 1)
        i = 0
        for k in range(self._bins):
            hz = (k * rate_hz << 8) // window.size
            while i < bands + 2 and edges[i] <= hz:
                i += 1
            if 1 <= i <= bands + 1:
                low, high = edges[i - 1], edges[i]
                share = 64 * (hz - low) // (high - low)
                self._place(k, i - 1, share)
                heard[i - 1] += share
                if i > 1:
                    heard[i - 2] += 64 - share
        for b in range(bands):
            if not heard[b]:
                raise ValueError("bands: {} are too narrow for windows of {} samples".format(bands, window.size))
