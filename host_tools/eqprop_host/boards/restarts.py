"""Records why a board's sessions ended, and decides when to give up a run without progress."""

from dataclasses import dataclass

from ..errors import ProtocolError

_MOST = 50  # failures in a row without a new sample or a finished task


@dataclass(frozen=True)
class Restart:
    """A session that ended unexpectedly, and how the next one began."""

    reason: str
    """The reason, in one line."""

    reached: int
    """The next sample to learn, as known before."""

    sample: int
    """The next sample to learn, as the board then reported."""

    reset: bool
    """Whether the board had restarted; otherwise only its line had failed."""


class Restarts(list):
    """Each `Restart` so far, the oldest first."""

    def __init__(self, status):
        """Start without restarts. status: a `Status`, which reports a run without progress."""
        super().__init__()
        self._status = status
        self._reached = 0  # the furthest sample of the run
        self._failures = 0  # since then

    def begin(self):
        """Start counting for another run."""
        self._reached = self._failures = 0
        self._status.moved()

    def reach(self, sample):
        """Note that the run came to this sample."""
        if sample > self._reached:
            self._reached = sample
            self.done()

    def done(self):
        """Note that a task was done."""
        self._failures = 0
        self._status.moved()

    def count(self, error):
        """Count a failure, a RestartError. Raises ProtocolError if there were too many."""
        self._failures += 1
        if self._failures > _MOST:
            raise ProtocolError(f"{error}, {_MOST} times without a sample beyond {self._reached}") from error
        self._status.waiting(lambda: f"{error}, {self._failures} times since sample {self._reached}")

    def note(self, error, name, reached, sample):
        """Note how a session began after `error`. None: the host wanted one; no restart if nothing was lost.

        name: the port's. reached, sample: the board's next sample, before and now.
        """
        if not error and sample >= reached:
            return
        failed = error is not None and error.__cause__ is not None
        reset = sample < reached or not failed  # a board's port may disappear when it resets
        reason = str(error or f"port {name}: the board has restarted")
        self.append(Restart(reason, reached, sample, reset))
