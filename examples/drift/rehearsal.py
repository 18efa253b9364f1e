"""Learning a labelled sample together with some of the last ones: labels are few, and worth more so."""


class Rehearsal:
    """Has a network learn, and keeps the last `size` samples to learn them again: 40 bytes each, and their features."""

    def __init__(self, network, size=48, again=4):
        """Keep `size` samples, of which `again` are learnt once more with each new one."""
        self.network = network
        self.size = size
        self._again = again
        self._x = [bytearray(network.layers[0]) for _ in range(size)]
        self._labels = bytearray(size)
        self._kept = 0
        self._next = 0

    def learn(self, x, label):
        """Learn features `x` as `label`, then older samples in turn. Allocates nothing; raises as `Network.learn`."""
        self.network.learn(x, label)
        size = self.size
        for _ in range(min(self._again, self._kept)):
            self._next = (self._next + 1) % min(size, self._kept)
            self.network.learn(self._x[self._next], self._labels[self._next])
        place = self._kept % size
        self._x[place][:] = x
        self._labels[place] = label
        self._kept += 1
