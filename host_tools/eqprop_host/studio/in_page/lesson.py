"""The samples that a board is taught, and the order in which it learns them.

A sample is never changed once it is in the pool: a board that restarts may need it a second time. Deleting and
relabelling change only the list of samples that are shown and rehearsed.
"""

from array import array

from eqprop.xorshift import Xorshift32

MOST = 65535
"""The most samples in a pool."""

UNKNOWN = 255
"""The prediction of a sample that was not learnt yet."""

_RECENT = 200


class Lesson:
    """A pool of samples and the numbered sequence in which they are learnt.

    - features, classes: sizes of the network's input and output
    - shown: places in the pool of the samples in the data set, in the order in which they came
    - changes: how often the data set has changed
    - history: place in the pool of training sample number 0, 1, ...
    - predictions: the class predicted for each training sample before it was learnt, or UNKNOWN
    """

    def __init__(self, features, classes, seed=0):
        """Start without samples; seed: for the order of rehearsals."""
        self.features = features
        self.classes = classes
        self.shown = []
        self.changes = 0
        self.history = array("H")
        self.predictions = bytearray()
        self._features = bytearray()
        self._labels = bytearray()
        self._orders = None
        self._counts = [0] * classes
        self._counted = 0
        self._random = Xorshift32(seed)
        self._pass = []

    @property
    def count(self):
        """The number of training samples in the sequence so far."""
        return len(self.history)

    @property
    def pool(self):
        """The number of samples in the pool."""
        return len(self._labels)

    def add(self, x, label):
        """Add a sample to the pool and the data set; return its place. Raises ValueError for one that does not fit."""
        if len(x) != self.features:
            raise ValueError("sample: {} features, the network has {} inputs".format(len(x), self.features))
        if not 0 <= label < self.classes:
            raise ValueError("label: {} is not in 0..{}".format(label, self.classes - 1))
        place = self.pool
        if place >= MOST:
            raise ValueError("data set: holds {} samples, and no more fit".format(MOST))
        self._features.extend(x)
        self._labels.append(label)
        self.shown.append(place)
        self._forget_orders()
        return place

    def load(self, x, labels, orders):
        """Use a data set with a fixed order: `orders` has the places of one epoch after another, as uint16."""
        self._features.extend(x)
        self._labels.extend(labels)
        self.shown = list(range(len(labels)))
        self._orders = orders
        self.changes += 1

    def x(self, place):
        """Return the features of a sample in the pool, as bytes of int8."""
        return bytes(self._features[place * self.features : (place + 1) * self.features])

    def label(self, place):
        """Return the label of a sample in the pool."""
        return self._labels[place]

    def remove(self, k):
        """Remove sample k of the data set."""
        del self.shown[k]
        self._forget_orders()

    def relabel(self, k, label):
        """Give sample k of the data set another label."""
        place = self.add(self.x(self.shown[k]), label)
        self.shown.pop()
        self.shown[k] = place
        self._forget_orders()

    def _forget_orders(self):
        """Rehearse the data set as it is now."""
        self.changes += 1
        self._orders = None
        self._pass = []

    def counts(self):
        """Return how many samples of each class the data set has."""
        if self._counted != self.changes:
            self._counted = self.changes
            self._counts = [0] * self.classes
            for place in self.shown:
                self._counts[self._labels[place]] += 1
        return self._counts

    def learn(self, place):
        """Append the sample at this place of the pool to the sequence."""
        self.history.append(place)
        self.predictions.append(UNKNOWN)

    def rehearse(self):
        """Append one more sample of the data set to the sequence; return False if there is none.

        Each pass over the data set is shuffled. A data set with orders of its own repeats them after the last one.
        """
        if not self.shown:
            return False
        if self._orders:
            self.learn(self._orders[self.count % len(self._orders)])
            return True
        if not self._pass:
            places = list(self.shown)
            for i in range(len(places) - 1, 0, -1):
                j = self._random.below(i + 1)
                places[i], places[j] = places[j], places[i]
            self._pass = places
        self.learn(self._pass.pop())
        return True

    def recent(self, before, most=_RECENT):
        """Return (samples, errors, confusion) of the last training samples before number `before`.

        confusion: samples by (class, prediction), flat.
        """
        confusion = [0] * (self.classes * self.classes)
        samples = errors = 0
        for n in range(max(0, before - most), before):
            prediction = self.predictions[n]
            if prediction != UNKNOWN:
                label = self._labels[self.history[n]]
                confusion[label * self.classes + prediction] += 1
                samples += 1
                errors += prediction != label
        return samples, errors, confusion

    def mistakes(self, before, most):
        """Yield (place, prediction) of the last training samples before number `before` that were answered wrong."""
        for n in range(before - 1, max(-1, before - 1 - _RECENT), -1):
            prediction, place = self.predictions[n], self.history[n]
            if most and prediction not in (UNKNOWN, self._labels[place]):
                most -= 1
                yield place, prediction
