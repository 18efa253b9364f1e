"""The pace of a link: how large frames should be, and how long a pause means that a frame was lost."""

from eqprop.service import CHUNK

_PAUSE_S = 0.1  # the shortest pause after which a frame counts as lost
_PATIENCE = 16  # longest pause, in such pauses, after repeated pauses: no sequence number recurs within a silence
_SMALLEST = 48  # the smallest and initial payload of frames, in bytes
_STEP = 16  # bytes by which frames grow after a loss


class Pace:
    """Measurements of a line so far.

    - good: a payload size in bytes that probably arrives
    - padding: zeros to send after each frame
    - rested: whether an answer has come since the last pause
    """

    def __init__(self):
        """Start without measurements."""
        self.padding = b""
        self.rested = True
        self._smooth = True  # no frame was lost so far
        self._mean_s = None
        self._deviation_s = 0.0
        self._backoff = 1
        self.resize(_SMALLEST)

    def resize(self, limit):
        """Start with small frames, and at most `limit` bytes of payload."""
        self._limit = limit
        self.good = min(_SMALLEST, limit)

    def lost_bytes(self):
        """Send more zeros from now on, to fill the board's last chunk: it reads in chunks."""
        self.padding = bytes(CHUNK - 1)

    def lost(self):
        """Make frames smaller: one of them, or its answer, was lost."""
        self._smooth = False
        self.good = max(min(_SMALLEST, self._limit), self.good // 2)
        self.lost_bytes()

    def paused(self):
        """Wait twice as long next time: no answer came."""
        self._backoff = min(2 * self._backoff, _PATIENCE)
        self.rested = False

    def answered(self):
        """Wait as long as answers usually take, because one has come."""
        self._backoff = 1
        self.rested = True

    def arrived(self):
        """Make frames larger: an answer has come, and no request before it was lost."""
        self.good = min(self._limit, 2 * self.good if self._smooth else self.good + _STEP)

    def measure(self, took):
        """Update the estimate by the time of an answer."""
        if self._mean_s is None:
            self._mean_s, self._deviation_s = took, took / 2
            return
        self._deviation_s += (abs(took - self._mean_s) - self._deviation_s) / 2
        self._mean_s += (took - self._mean_s) / 4

    def pause_s(self, most_s):
        """Return the seconds without an answer, up to `most_s`, after which a frame counts as lost.

        They grow with repeated pauses, up to a third of `most_s`, so that several requests fit in a silence.
        """
        usual_s = max(_PAUSE_S, self._mean_s + 4 * self._deviation_s)
        return min(usual_s * self._backoff, max(usual_s, most_s / 3), most_s)
