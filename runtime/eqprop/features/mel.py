"""A bank of filters spaced as the ear spaces pitch, for speech and other sounds."""

from .spectrum import Bands


def corners(bands, low_hz, high_hz):
    """Return the bands + 2 corners, in Hz / 256, of triangles that are equally wide in mel.

    mel = 2595 log10(1 + f / 700) (O'Shaughnessy 1987), so 700 + f grows by the same factor at each corner. The factor
    (Q20) is the largest that, multiplied and floored each time, reaches no more than 700 + high. Uses big integers.
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
    """The levels of overlapping triangular bands that are equally wide in mel (see `corners` and `Bands`).

    Each bin's power is shared between two neighbouring bands in 64ths, by its distance from their centres.
    """

    def __init__(self, window, bands=16, rate_hz=8000, low_hz=60, high_hz=3800):
        """Place `bands` bands, 1..128, between `low_hz` and `high_hz`; the window's samples come at `rate_hz`.

        Raises ValueError unless 0 <= low_hz < high_hz <= rate_hz / 2, for a band too narrow to hold a bin, and as
        `Spectrum` does.
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
                raise ValueError("bands: {} are too many for windows of {} samples".format(bands, window.size))
