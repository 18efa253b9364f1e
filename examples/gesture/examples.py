"""The windows that were learnt, to be gone over again with each new one: or a gesture would push out another."""

from recorder import FEATURES

KEPT = 10  # of each gesture
LESSON = 40  # samples, at least

_NAME = b"gesture 1 "  # of this program and its notes: another one's are to be left alone


class Examples:
    """Features by label. Allocates nothing after construction, but for what iterates.

    notes: all of them, as `eqprop.Network.notes`, which keep them through a power cut: the program's name; for each
    label how many there are u8, and KEPT times FEATURES bytes. Of more than KEPT, 10 to 19: the next one's place is
    10 less.
    """

    def __init__(self, labels):
        self._counts = [len(_NAME) + (1 + KEPT * FEATURES) * label for label in range(labels)]  # their places
        self.notes = bytearray(len(_NAME) + (1 + KEPT * FEATURES) * labels)
        self.notes[: len(_NAME)] = _NAME
        view = memoryview(self.notes)
        self._of = [
            [view[at : at + FEATURES] for at in range(place + 1, place + 1 + KEPT * FEATURES, FEATURES)]
            for place in self._counts
        ]

    def take_up(self, notes):
        """Go on with the notes of an earlier start. Raises ValueError for another program's, or of more labels."""
        if bytes(notes[: len(_NAME)]) != _NAME:
            raise ValueError("notes: begin with {}, not {}".format(bytes(notes[: len(_NAME)]), _NAME))
        if len(notes) > len(self.notes):
            raise ValueError("notes: are of more gestures than there are buttons")
        self.notes[: len(notes)] = notes

    def add(self, features, label):
        """Keep a copy of these features; the oldest of that label makes room."""
        place = self._counts[label]
        count = self.notes[place]
        self._of[label][count % KEPT][:] = bytes(features)
        self.notes[place] = count + 1 if count + 1 < 2 * KEPT else KEPT

    def lesson(self):
        """Return an iterator of (features, label) over all of them, label by label in turn; over few, several times."""
        counts = [self.notes[place] for place in self._counts]
        for _ in range(-(-LESSON // sum(min(count, KEPT) for count in counts))):
            for n in range(KEPT):
                for label, count in enumerate(counts):
                    if n < count:
                        yield self._of[label][(n if count < KEPT else n + count) % KEPT], label
