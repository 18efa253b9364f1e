"""A board's clock in UTC: where it stands, and how fast it runs."""

_WINDOW_S = 60.0
_LEAST_SPAN_S = 600.0  # of what a rate is measured over: before, a late record would count for more than the crystal


class BoardClock:
    """Maps a board's microseconds to UTC, by the moments at which its records came.

    A record can only come late. The least difference between both clocks in a minute is therefore the best; the rate is
    that between the first minute and the last.
    """

    def __init__(self):
        """Start without a record."""
        self._windows = []  # (board's seconds, UTC - board's seconds), the best of each minute

    def note(self, us, now):
        """Note that a record of `us` came at `now`, seconds since 1970."""
        seconds = us / 1e6
        offset = now - seconds
        windows = self._windows
        if not windows or seconds - windows[-1][0] >= _WINDOW_S:
            windows.append((seconds, offset))
        elif offset < windows[-1][1]:
            windows[-1] = (windows[-1][0], offset)
        # A backlog comes late altogether: what came before and looks later than this did
        while len(windows) > 1 and seconds - windows[0][0] < _LEAST_SPAN_S and windows[0][1] > offset:
            windows.pop(0)

    def utc(self, us):
        """Return seconds since 1970 of the board's `us`. Raises ValueError before the first record."""
        if not self._windows:
            raise ValueError("no record has come yet")
        (first, low), (last, high) = self._windows[0], self._windows[-1]
        seconds = us / 1e6
        if last - first < _LEAST_SPAN_S:
            return seconds + min(offset for _, offset in self._windows)
        return seconds + low + (high - low) * (seconds - first) / (last - first)

    @property
    def drift_ppm(self):
        """How much faster the host's clock runs than the board's, in millionths; None before ten minutes."""
        (first, low), (last, high) = self._windows[0], self._windows[-1]
        return 1e6 * (high - low) / (last - first) if last - first >= _LEAST_SPAN_S else None
