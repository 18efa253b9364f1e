"""What a host knows of the samples that a board keeps, so that it sends each of them once a session.

All samples of a frame at once, in NumPy: a simulated board learns one in some 15 us, and the host is not to be slower.
"""

import numpy as np

from eqprop.protocol import messages

_NOWHERE = -1


class SampleCache:
    """Which samples of a data set are in which of a board's slots, once it has learnt what was sent."""

    def __init__(self, count, slots):
        """Begin with none of `count` distinct samples in so many slots."""
        self._slot_of = np.full(count, _NOWHERE, np.int32)
        self._held: list = []  # which sample is in each slot
        self._slots = slots

    def __len__(self):
        """Return how many samples the board keeps."""
        return len(self._held)

    def stretches(self, indices, record_bytes, room):
        """Return the stretches that a frame of samples `indices` (int64) should have, as many as fit `room` bytes.

        Pairs (indices, slots), slots None for samples that are new to the board; all together they are the first of
        `indices`, one at least. A sample is new once in a frame: the next one can name its slot.
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
        """Raise ValueError for a board that says it keeps `count` samples, where slots would name wrong ones.

        all_learnt: whether it has learnt all that `keep` was told of; otherwise it may keep fewer.
        """
        if count > len(self) or (all_learnt and count < len(self)):
            raise ValueError(f"the board says it keeps {count} samples, {len(self)} were sent to keep")

    def truncate(self, count):
        """Forget all but the first `count` slots: the board has not filled the others yet."""
        self._slot_of[self._held[count:]] = _NOWHERE
        del self._held[count:]


def _again(indices, new):
    """Return the places of new samples that were there before among `indices`: ascending."""
    places = np.flatnonzero(new)
    firsts = np.unique(indices[places], return_index=True)[1]
    return np.delete(places, firsts)
