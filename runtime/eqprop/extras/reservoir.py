"""A fixed number of bytes that holds samples of a stream, as many of each class as there is room for.

Class-balancing reservoir sampling (Chrysakis & Moens, Online continual learning from imbalanced data, ICML 2020).
Allocates nothing after construction. The same stream leaves the same samples on every interpreter.
"""

from array import array

from .._compat import const, copy_bytes, free_heap
from ..crossbar import Rot
from ..xorshift import Xorshift32
from .nearest import nearest

_STATE = const(20)  # bytes: five numbers of 32 bits, which the constants below name
_FEATURES = const(0)
_CAPACITY = const(1)
_COUNT = const(2)  # samples kept
_RANDOM = const(3)  # halves of the generator's state
_PER_CLASS = const(4)  # bytes: where its samples end u16, how many came u16
_PER_SAMPLE = const(22)  # bytes in addition to the features: its place u16, and on a 32-bit board a view of 20
_SAMPLES_MAX = const(16384)
SEEN_MAX = const(16383)  # so many samples of a class are counted; then each kept one stands for so many


class Reservoir:
    """Keeps int8 samples of classes.

    - capacity: samples that fit. size_bytes: heap that they take on a 32-bit board. size: bytes of all `buffers`
    """

    search = staticmethod(nearest)

    def __init__(self, features, classes, size_bytes, seed=0, per_class=0):
        """Keep samples of `features` int8 each, of labels below `classes`, in `size_bytes` of heap.

        A sample takes 22 bytes and its features, each class 4, and the rest 20 and a sample's features. seed: of
        what is kept by chance. per_class: further bytes a class. Raises ValueError if not one sample fits, MemoryError
        with the numbers if the free heap is too small.
        """
        fixed = _STATE + features + (_PER_CLASS + per_class) * classes
        capacity = min((size_bytes - fixed) // (features + _PER_SAMPLE), _SAMPLES_MAX)
        if capacity < 1:
            least = fixed + features + _PER_SAMPLE
            raise ValueError("size_bytes: {} keep no sample, {} keep one".format(size_bytes, least))
        self.features = features
        self.classes = classes
        self.capacity = capacity
        self.size_bytes = size = fixed + capacity * (features + _PER_SAMPLE)
        self.size = size - features - capacity * (_PER_SAMPLE - 2)
        free = free_heap(4 * size)
        if free is not None and size > free:
            raise MemoryError("size_bytes: {} of heap, {} are free".format(size, free))
        try:
            self._store = array("b")
            none = array("b", bytes(features))
            for _ in range(capacity):
                self._store.extend(none)
            view = memoryview(self._store)
            self._views = [view[at : at + features] for at in range(0, capacity * features, features)]
            self._x = memoryview(none)
            # Places of the kept samples in the store, class by class; those of class c end at _ends[c]
            self._places = array("H", bytes(2 * capacity))
            self._ends = array("H", bytes(2 * classes))
            self._seen = array("H", bytes(2 * classes))  # samples of each class that came, up to SEEN_MAX
            self._state = array("i", (features, capacity, 0, 0, 0))
        except MemoryError as error:
            raise MemoryError("size_bytes: {} of heap, {} are free, but in pieces".format(size, free)) from error
        self._random = Xorshift32(seed)
        self._sum = 0  # of all bytes kept
        self._tally = 0  # of all ends and counts

    @property
    def count(self):
        """Number of samples kept."""
        return self._state[_COUNT]

    def seen(self, label):
        """Return how many samples of a class came; 16383 for more, too."""
        return self._seen[label]

    def keep(self, x, label):
        """Keep features `x` (a buffer of int8 or bytes, which the caller has checked) of class `label`, or leave them.

        With room left, every sample is kept. Later, one of a class that has fewer than the largest takes the place of
        any of the largest; one of another is kept with the chance that all of its class have, in the place of one of
        them.
        """
        ends, seen, state = self._ends, self._seen, self._state
        if seen[label] < SEEN_MAX:
            seen[label] += 1
            self._tally += 1
        if state[_COUNT] < self.capacity:
            place = state[_COUNT]
            state[_COUNT] += 1
        else:
            largest = label
            for c in range(self.classes):
                if self.size_of(c) > self.size_of(largest):
                    largest = c
            size = self.size_of(largest)
            if largest == label and self._random.below(seen[label]) >= size:
                return
            place = self._take(largest, self._random.below(size))
        view = self._views[place]
        self._sum -= sum(view)
        copy_bytes(x, view)
        self._sum += sum(view)
        at = state[_COUNT] - 1
        for c in range(self.classes - 1, label, -1):  # each later class gives its first place for one after its last
            first = ends[c - 1]
            self._places[at] = self._places[first]
            at = first
            ends[c] += 1
        self._places[at] = place
        ends[label] += 1
        self._tally += self.classes - label

    def draw(self):
        """Return the number of a kept sample: of any class with samples, any of its samples. Needs one."""
        ends = self._ends
        present = start = 0
        for c in range(self.classes):
            present += ends[c] > start
            start = ends[c]
        left = self._random.below(present)
        c = start = 0
        while left or ends[c] == start:
            left -= ends[c] > start
            start = ends[c]
            c += 1
        return start + self._random.below(ends[c] - start)

    def below(self, n):
        """Return a number in 0..n - 1, by the generator that chooses what is kept: for n up to 16384."""
        return self._random.below(n)

    def sample(self, n):
        """Return the features of kept sample `n`: int8, the memory's own."""
        return self._views[self._places[n]]

    def label(self, n):
        """Return the class of kept sample `n`; class by class, samples have the numbers 0..count - 1."""
        ends = self._ends
        c = 0
        while ends[c] <= n:
            c += 1
        return c

    def samples(self):
        """Yield (features, label) of all kept samples, class by class."""
        for n in range(self.count):
            yield self.sample(n), self.label(n)

    def size_of(self, c):
        """Return how many samples of class c are kept."""
        return self._ends[c] - (self._ends[c - 1] if c else 0)

    def nearest(self, x):
        """Return the class of the kept sample nearest to features `x`, or the first class if none is kept.

        Raises `Rot` if a place of a sample changed by itself.
        """
        state = self._state
        n = -1
        if state[_FEATURES] == self.features and state[_CAPACITY] == self.capacity >= state[_COUNT]:
            copy_bytes(x, self._x)
            n = self.search(self._store, self._places, state, self._x)
        if n < 0:
            raise Rot("memory of samples")
        return self.label(n) if state[_COUNT] else 0

    def buffers(self):
        """Return all buffers that a checkpoint keeps, in order."""
        self._state[_RANDOM] = self._random.low
        self._state[_RANDOM + 1] = self._random.high
        return self._state, self._seen, self._ends, self._places, self._store

    def restored(self):
        """Use what was read into `buffers`. Raises ValueError if it is of another memory."""
        state = self._state
        about = (state[_FEATURES], state[_CAPACITY], state[_COUNT])
        if about != (self.features, self.capacity, self._ends[self.classes - 1]):
            raise ValueError("checkpoint: is of another memory of samples")
        self._random.low = state[_RANDOM]
        self._random.high = state[_RANDOM + 1]
        self._sum, self._tally = self.sums()

    def inspect(self):
        """Raise Rot if a bit flipped in what is kept, the random state apart, in which any value is as good."""
        state = self._state
        count = state[_COUNT]
        places = sum(self._places[n] for n in range(count)) if count <= self.capacity else -1
        if (
            (state[_FEATURES], state[_CAPACITY], self._ends[self.classes - 1]) != (self.features, self.capacity, count)
            or places != count * (count - 1) // 2
            or self.sums() != (self._sum, self._tally)
        ):
            raise Rot("memory of samples")

    def sums(self):
        """Return the sum of all bytes kept, and that of all that counts them."""
        return sum(sum(view) for view in self._views), sum(self._ends) + sum(self._seen)

    def _take(self, c, n):
        """Take the n-th sample of class c out of the order; return its place in the store."""
        ends, places = self._ends, self._places
        at = n + (ends[c - 1] if c else 0)
        place = places[at]
        for k in range(c, self.classes):  # the last of each class fills the gap before it
            ends[k] -= 1
            places[at] = places[ends[k]]
            at = ends[k]
        self._tally -= self.classes - c
        return place


def capacity_of(size, features, classes, per_class):
    """Return the `size_bytes` of a reservoir whose `buffers` have `size` bytes."""
    fixed = _STATE + (_PER_CLASS + per_class) * classes
    return fixed + features + (size - fixed) // (features + 2) * (features + _PER_SAMPLE)
