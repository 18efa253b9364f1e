"""The windows that were learnt, to be gone over again with each new one: or a gesture would push out another."""

from recorder import FEATURES

KEPT = 10  # of each gesture
LESSON = 40  # samples, at least

_NAME = b"gesture 1 "  # of this program and its user data: another one's are to be left alone


class Examples:
    """Features by label. Allocates nothing after construction, but for what iterates.

    user_data: all of them, as `eqprop.Network.user_data`, which keep them through a power cut: the program's name; for
    each label how many there are u8, and KEPT times FEATURES bytes. Of more than KEPT, 10 to 19: the next one's place
    is 10 less.
    """

    def __init__(self, labels):
        self._counts = [len(_NAME) + (1 + KEPT * FEATURES) * label for label in range(labels)]  # their places
        self.user_data = bytearray(len(_NAME) + (1 + KEPT * FEATURES) * labels)
        self.user_data[: len(_NAME)] = _NAME
        view = memoryview(self.user_data)
        self._of = [
            [view[at : at + FEATURES] for at in range(place + 1, place + 1 + KEPT * FEATURES, FEATURES)]
            for place in self._counts
        ]

    def take_up(self, user_data):
        """Go on with the user data of an earlier start. Raises ValueError for another program's, or of more labels."""
        if bytes(user_data[: len(_NAME)]) != _NAME:
            raise ValueError("user_data: begin with {}, not {}".format(bytes(user_data[: len(_NAME)]), _NAME))
        if len(user_data) > len(self.user_data):
            raise ValueError("user_data: are of more gestures than there are buttons")
        self.user_data[: len(user_data)] = user_data

    def add(self, features, label):
        """Keep a copy of these features; the oldest of that label makes room."""
        place = self._counts[label]
        count = self.user_data[place]
        self._of[label][count % KEPT][:] = bytes(features)
        self.user_data[place] = count + 1 if count + 1 < 2 * KEPT else KEPT

    def lesson(self):
        """Return an iterator of (features, label) over all of them, label by label in turn; over few, several times."""
        counts = [self.user_data[place] for place in self._counts]
        for _ in range(-(-LESSON // sum(min(count, KEPT) for count in counts))):
            for n in range(KEPT):
                for label, count in enumerate(counts):
                    if n < count:
                        yield self._of[label][(n if count < KEPT else n + count) % KEPT], label
