"""Status lines that say what a command waits for when nothing happens."""

_FIRST_S = 8.0
_AGAIN = 3  # each wait is this many times the one before


class Status:
    """Tells what a command waits for after 8 s without an event, then at growing intervals."""

    def __init__(self, tell, clock):
        """Start. tell: called with each line. clock: like time.monotonic."""
        self._tell = tell
        self._clock = clock
        self.moved()

    def moved(self):
        """Note that something happened."""
        self._since = self._clock()
        self._next_s = _FIRST_S

    @property
    def passed_s(self):
        """Seconds in which nothing has happened."""
        return self._clock() - self._since

    def waiting(self, what, limit_s=0.0):
        """Call `tell` with the text that `what()` returns if nothing has happened for long.

        limit_s: seconds after which the command gives up; 0 for unknown.
        """
        passed = self.passed_s
        if passed >= self._next_s:
            self._next_s = _AGAIN * passed
            limit = f", up to {limit_s:.0f} s" if limit_s else ""
            self._tell(f"{what()}: {passed:.0f} s so far{limit}")
