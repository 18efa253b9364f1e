"""A host's record of the samples that a board has cached, so that it sends each sample once per session.

It handles all samples of a frame at once, in NumPy, because a simulated board learns a sample in some 15 us.
"""

import numpy as np

from eqprop.protocol import messages

_NOWHERE = -1


class SampleCache:
    """The samples of a data set in a board's slots, assuming that it has learnt everything sent."""

    def __init__(self, count, slots):
        """Start with empty slots for `count` distinct samples."""
        self._slot_of = np.full(count, _NOWHERE, np.int32)
        self._held: list = []  # the sample in each slot
        self._slots = slots

    def __len__(self):
        """Return how many samples the board has cached."""
        return len(self._held)

    def stretches(self, indices, record_bytes, room):
        """Return the stretches that a frame of samples `indices` (int64) should have, as many as fit `room` bytes.

        Pairs (indices, slots), with slots None for samples that are new to the board. Together they are the first of
        `indices`, at least one. A repeated sample in a frame is new only the first time; then its slot is used.
        """
        slots = self._slot_of[indices]
        new = slots == _NOWHERE
        begins = np.ones(len(new), np.bool_)
        begins[1:] = new[1:] != new[:-1]
        costs = np.where(new, record_bytes, messages.SLOT_SIZE) + begins * messages.STRETCH_HEADER
        count = max(1, int(np.searchsorted(np.cumsum(costs), room, side="right")))
        if len(again := _again(indices, new)):
            count = min(count, int(again[0]))
        edges = [*np.flatnonzero(begins[:count]).tolist(), count]
        return [
            (indices[first:last], None if new[first] else slots[first:last].tolist())
            for first, last in zip(edges, edges[1:], strict=False)
        ]

    def keep(self, indices):
        """Note that the board learns samples `indices`; return which of them are sent as records: bool, one each."""
        new = self._slot_of[indices] == _NOWHERE
        if not new.any():
            return new
        first = new.copy()
        first[_again(indices, new)] = False
        kept = np.flatnonzero(first)[: self._slots - len(self._held)]
        self._slot_of[indices[kept]] = np.arange(len(self._held), len(self._held) + len(kept))
        self._held += indices[kept].tolist()
        sent = self._slot_of[indices] == _NOWHERE
        sent[kept] = True
        return sent

    def check(self, count, all_learnt):
        """Raise ValueError if the board reports a cache of `count` samples that does not match the slots.

        all_learnt: whether it has learnt all samples given to `keep`; if not, it may have fewer.
        """
        if count > len(self) or (all_learnt and count < len(self)):
            raise ValueError(f"the board says it keeps {count} samples, expected {len(self)}")

    def truncate(self, count):
        """Forget all but the first `count` slots: the board has not filled the others yet."""
        self._slot_of[self._held[count:]] = _NOWHERE
        del self._held[count:]


def _again(indices, new):
    """Return the ascending positions of new samples in `indices` that occurred there earlier."""
    places = np.flatnonzero(new)
    firsts = np.unique(indices[places], return_index=True)[1]
    return np.delete(places, firsts)
