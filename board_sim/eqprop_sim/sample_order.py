"""Decides which sample of a data set is training sample number n, for boards, logs and studies alike."""

import functools

import numpy as np

_STREAM = 1  # a seed's stream of random numbers; `eqprop_host.datasets.splitting` draws from another


class SampleOrder:
    """The samples of a run by number 0, 1, ...: each epoch is a permutation of the data set.

    - count: distinct samples of the data set, 1 or more
    """

    def __init__(self, count, permutation=None):
        """Order `count` distinct samples.

        permutation: permutation(epoch) returns the indices of the samples of epoch 0, 1, ... in their order; None for
        the order of the data set, the same in every epoch.
        """
        self.count = count
        self._permutation = permutation
        self._known: dict = {}

    @classmethod
    def shuffled(cls, count, seed):
        """Return the order of a training run, in which each epoch is shuffled by (seed, epoch) alone.

        Raises ValueError for a negative seed.
        """
        if seed < 0:
            raise ValueError(f"seed: {seed} is negative")
        return cls(count, functools.partial(_shuffle, count, seed))

    def epoch(self, number):
        """Return the indices of an epoch's samples, in order: int64 (count,)."""
        if number not in self._known:
            while len(self._known) > 1:  # a log may lag one epoch behind its board
                del self._known[next(iter(self._known))]
            indices = np.arange(self.count) if self._permutation is None else self._permutation(number)
            self._known[number] = np.asarray(indices, np.int64)
        return self._known[number]

    def indices(self, first, until):
        """Return the indices of training samples `first`..`until` - 1: int64 (until - first,)."""
        begin, end = first // self.count, -(-until // self.count)
        if end - begin == 1:  # the usual case, without a copy
            return self.epoch(begin)[first - begin * self.count : until - begin * self.count]
        orders = [self.epoch(number) for number in range(begin, end)]
        return np.concatenate([np.zeros(0, np.int64), *orders])[first - begin * self.count :][: until - first]

    def parts(self, first, until, most, epoch=0):
        """Yield the indices of training samples `first`..`until` - 1 in parts of up to `most` samples.

        No part crosses the end of a pass over the data set, nor a multiple of `epoch` samples (0: none).
        """
        while first < until:
            size = min(most, until - first, self.pass_end(first) - first, epoch - first % epoch if epoch else most)
            yield self.indices(first, first + size)
            first += size

    def pass_end(self, sample):
        """Return the number of the first training sample in the epoch after that of `sample`."""
        return (sample // self.count + 1) * self.count


def _shuffle(count, seed, epoch):
    """Return a permutation of `count` indices, int64, fixed by the seed and the epoch."""
    words = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(_STREAM, epoch))).random_raw(count)
    return np.argsort(words, kind="stable")
