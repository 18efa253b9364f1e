"""Which samples of a data set a run learns, by their numbers."""

import numpy as np


class SampleOrder:
    """The samples of a run by their numbers 0, 1, ...: a data set, over and over, each epoch in an order of its own."""

    def __init__(self, x, y, order):
        """Take the rows of `x` and `y` epoch after epoch.

        order: order(epoch) is the permutation of epoch 0, 1, ...; None for the order of the data set.
        """
        self.x, self.y = x, np.asarray(y)
        self._order = order
        self._epoch = None

    def indices(self, first, end):
        """Return the indices into the data set of samples `first`..`end` - 1: int64."""
        parts = [np.zeros(0, np.int64)]
        while first < end:
            epoch, at = divmod(first, len(self.x))
            if epoch != self._epoch:
                self._epoch = epoch
                self._permutation = np.asarray(self._order(epoch)) if self._order else np.arange(len(self.x))
            parts.append(self._permutation[at : at + end - first])
            first += len(parts[-1])
        return np.concatenate(parts)
