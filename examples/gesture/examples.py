"""The windows that were learnt, to be gone over again with each new one: or a gesture would push out another."""

KEPT = 10  # of each gesture
LESSON = 40  # samples, at least


class Examples:
    """Features by label. They are in memory alone: what was learnt of them is what the flash keeps."""

    def __init__(self, labels):
        self._of = [[] for _ in range(labels)]

    def add(self, features, label):
        """Keep a copy of these features; the oldest of that label makes room."""
        kept = self._of[label]
        if len(kept) == KEPT:
            kept.pop(0)
        kept.append(bytes(features))

    def lesson(self):
        """Return an iterator of (features, label) over all of them, label by label in turn; over few, several times."""
        for _ in range(-(-LESSON // sum(len(kept) for kept in self._of))):
            for n in range(KEPT):
                for label, kept in enumerate(self._of):
                    if n < len(kept):
                        yield kept[n], label
