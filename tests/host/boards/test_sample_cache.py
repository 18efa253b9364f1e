"""What a host knows of a board's cache, against a board that takes sample by sample."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eqprop.protocol import messages
from eqprop_host.boards.sample_cache import SampleCache

RECORD = 7
COUNT = 9  # distinct samples


class Kept:
    """A board's cache, sample by sample: the first to come are kept, each in the next slot."""

    def __init__(self, slots):
        self.slots, self.held = slots, []

    def learn(self, index):
        """Return whether the sample is sent as a record."""
        new = index not in self.held
        if new and len(self.held) < self.slots:
            self.held.append(index)
        return new

    def stretches(self, indices, room):
        stretches = []
        for n, index in enumerate(indices):
            new = index not in self.held
            begins = not stretches or (stretches[-1][1] is None) != new
            room -= (RECORD if new else messages.SLOT_SIZE) + begins * messages.STRETCH_HEADER
            if n and (room < 0 or new and index in indices[:n]):
                break
            if begins:
                stretches.append(([], None if new else []))
            stretches[-1][0].append(index)
            if not new:
                stretches[-1][1].append(self.held.index(index))
        return stretches


@given(
    st.integers(0, COUNT + 2),
    st.lists(st.tuples(st.lists(st.integers(0, COUNT - 1), min_size=1, max_size=12), st.integers(0, 70)), max_size=12),
    st.randoms(),
)
def test_it_is_what_a_board_keeps_sample_by_sample(slots, frames, random):
    """Frames of any samples, some of them lost. Catches a slot that is another's, a frame that is too long or short."""
    cache, board = SampleCache(COUNT, slots), Kept(slots)
    for frame, room in frames:
        indices = np.array(frame, np.int64)
        stretches = cache.stretches(indices, RECORD, room)
        found = [(list(which), None if slots is None else list(slots)) for which, slots in stretches]
        assert found == board.stretches(frame, room)
        assert cache.keep(indices).tolist() == [board.learn(index) for index in frame]
        if random.random() < 0.2:
            left = random.randrange(len(board.held) + 1)
            cache.truncate(left)
            del board.held[left:]
        assert len(cache) == len(board.held)
