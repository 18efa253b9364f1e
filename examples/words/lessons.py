"""What a board was taught, to go over it again: one pass over few examples teaches little and forgets what came before.

Each new example is learnt, and then some of those before it.
"""


class Lessons:
    """Teaches a network, and keeps the last `size` examples in memory: of 96 features, 130 bytes each.

    They are lost with the power; the network, if it is saved, is not.
    """

    def __init__(self, network, size=96, again=8):
        """Teach `network`; with each example learn `again` of the kept ones."""
        self.network = network
        self.size = size
        self.again = again
        self._knows = network.sample > 0  # what it learnt before is not among those that are kept
        self._kept = []
        self._newest = -1
        self._at = 0

    def teach(self, features, label):
        """Learn an example, int8 features and its label, and some of the older ones."""
        learn = self.network.learn
        learn(features, label)
        kept = self._kept
        self._newest = (self._newest + 1) % self.size
        if len(kept) < self.size:
            kept.append(None)
        kept[self._newest] = (bytes(features), label)
        # Over and over, a lone example would push out what it knew
        for _ in range(min(self.again, len(kept) - 1) if self._knows else self.again):
            # 31 has no divisor in common with the sizes that one would choose: all come in turn, in another order
            self._at = (self._at + 31) % len(kept)
            learn(*kept[self._at])
