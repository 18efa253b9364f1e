"""How a program's network does, by what it answered before it learnt each sample."""

from collections import deque

_LAST = 100


class Tally:
    """Counts samples learnt.

    - learnt: how many. last: the last `records.Learnt`, or None
    """

    def __init__(self):
        """Start with none."""
        self.learnt = 0
        self.last = None
        self._wrong = 0
        self._loss = 0
        self._recent = deque(maxlen=_LAST)

    def add(self, record):
        """Count a `records.Learnt`: its highest output was the network's own answer."""
        wrong = record.highest != record.label
        self.learnt += 1
        self.last = record
        self._wrong += wrong
        self._loss += record.loss
        self._recent.append(wrong)

    @property
    def error_percent(self):
        """The percentage that was answered wrongly before it was learnt; 0 before the first."""
        return 100 * self._wrong / max(1, self.learnt)

    @property
    def recent_error_percent(self):
        """The same of the last 100."""
        return 100 * sum(self._recent) / max(1, len(self._recent))

    @property
    def loss(self):
        """The mean loss; 0 before the first."""
        return self._loss / max(1, self.learnt)
