"""How a program's network does, by what it answered before it learnt each sample."""

from collections import deque

import numpy as np

_LAST = 100


class Tally:
    """Counts samples learnt.

    - learnt: how many. last: the last `records.Learnt`, or None
    """

    def __init__(self):
        """Start with none."""
        self.learnt = 0
        self.last = None
        self._answer = None
        self._answered = 0
        self._wrong = 0
        self._loss = 0
        self._recent = deque(maxlen=_LAST)

    def answer(self, record):
        """Take a `records.Answer`: a sample with its features may be learnt next."""
        self._answer = record

    def add(self, record, has_memory=False):
        """Count a `records.Learnt`; return the class that was answered before, None if that is not known.

        It is that of the highest output, unless the network has a memory: then it is what it told of these features.
        """
        before, told = record.highest, self._answer
        if has_memory:
            same = told and record.features is not None and np.array_equal(told.features, record.features)
            before = told.label if same else None
        self.learnt += 1
        self.last = record
        self._loss += record.loss
        if before is not None:
            self._answered += 1
            self._wrong += before != record.label
            self._recent.append(before != record.label)
        return before

    @property
    def error_percent(self):
        """The percentage that was answered wrongly before it was learnt; 0 before the first."""
        return 100 * self._wrong / max(1, self._answered)

    @property
    def recent_error_percent(self):
        """The same of the last 100."""
        return 100 * sum(self._recent) / max(1, len(self._recent))

    @property
    def loss(self):
        """The mean loss; 0 before the first."""
        return self._loss / max(1, self.learnt)
