"""How fast a host may ask: how large frames should be, and how long a pause means that something was lost."""

from eqprop.service import CHUNK

_PAUSE_S = 0.1  # the shortest after which something counts as lost
_PATIENCE = 16  # times that, at most, when pause follows pause: so no sequence number comes round within a silence
_SMALLEST = 48  # bytes of payload that frames shrink to, and begin with
_STEP = 16  # bytes by which they grow once one was lost


class Pace:
    """What a line has shown of itself so far.

    - good: bytes of a payload that has a fair chance to arrive
    - padding: zeros to send after each frame
    - rested: whether no pause was the last that happened
    """

    def __init__(self):
        """Know nothing of the line."""
        self.padding = b""
        self.rested = True
        self._smooth = True  # nothing was lost so far
        self._mean_s = None
        self._deviation_s = 0.0
        self._backoff = 1
        self.resize(_SMALLEST)

    def resize(self, limit):
        """Begin with small frames, of `limit` bytes of payload at most."""
        self._limit = limit
        self.good = min(_SMALLEST, limit)

    def lost_bytes(self):
        """Send more zeros from now on: the board reads chunk by chunk, and they fill up its last one."""
        self.padding = bytes(CHUNK - 1)

    def lost(self):
        """Make frames smaller: one of them, or its answer, was lost."""
        self._smooth = False
        self.good = max(min(_SMALLEST, self._limit), self.good // 2)
        self.lost_bytes()

    def paused(self):
        """Wait twice as long next time: nothing was answered."""
        self._backoff = min(2 * self._backoff, _PATIENCE)
        self.rested = False

    def answered(self):
        """Wait as long as answers usually take: one has come."""
        self._backoff = 1
        self.rested = True

    def arrived(self):
        """Make frames larger: an answer has come, and nothing before it was lost."""
        self.good = min(self._limit, 2 * self.good if self._smooth else self.good + _STEP)

    def measure(self, took):
        """Learn from how long an answer took."""
        if self._mean_s is None:
            self._mean_s, self._deviation_s = took, took / 2
            return
        self._deviation_s += (abs(took - self._mean_s) - self._deviation_s) / 2
        self._mean_s += (took - self._mean_s) / 4

    def pause_s(self, most_s):
        """Return the seconds without an answer, up to `most_s`, after which something counts as lost.

        Pause after pause they get more, up to a third of `most_s`: a silence must hold several questions.
        """
        usual_s = max(_PAUSE_S, self._mean_s + 4 * self._deviation_s)
        return min(usual_s * self._backoff, max(usual_s, most_s / 3), most_s)
