"""A line on the screen that names what a command waits for when nothing happens."""

_FIRST_S = 8.0
_AGAIN = 3  # times as long until the next one


class Status:
    """Tells what a command waits for once nothing has happened for 8 s, and then ever more rarely."""

    def __init__(self, tell, clock):
        """tell: called with each line. clock: as time.monotonic."""
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
        """Tell the user what the command waits for, in the words of `what()`, if nothing has happened for long.

        limit_s: seconds after which the command gives up; 0 for unknown.
        """
        passed = self.passed_s
        if passed >= self._next_s:
            self._next_s = _AGAIN * passed
            limit = f", up to {limit_s:.0f} s" if limit_s else ""
            self._tell(f"{what()}: {passed:.0f} s so far{limit}")
