"""How likely the network's answer is right, learnt from its own answers.

`eqprop.Network.calibrate` makes it. A sample that is learnt was asked first: before it changed anything, its answer was
right or wrong. A table keeps, for eight ranges of the margin between the two highest outputs, how often answers were
right, the last 128 or so of each range: range b ends at a margin of (b + 1) / 4 of the distance between the learning
targets, the last has no end. Samples that are rehearsed were learnt before and do not count.

Allocates nothing after construction. The same samples give the same table on every interpreter.
"""

from array import array

from .._compat import const
from ..crossbar import FREE, Rot
from . import CONFIDENCE

_PREDICTION = const(1)  # in a learner's tally
_RANGES = const(8)
_PER_TARGET = const(4)  # ranges within the distance between the targets
_ONE = const(16384)  # a share of 1
_COUNT_MAX = const(128)


class Confidence:
    """Shares of right answers by margin.

    - kind: in a checkpoint. size: bytes of `buffers` there
    - unwatched: the learner's own `learn`
    - shares: int16: of right answers in each range, 16384 for all. distance: between the learning targets
    """

    kind = CONFIDENCE
    size = 3 * _RANGES

    def __init__(self, network):
        """Watch what `network` learns from now on."""
        self._crossbar = network.crossbar
        self._last = len(network.layers) - 1
        right, wrong = network.plan.targets
        self.distance = right - wrong
        # As if each range had had one right answer and one wrong one
        self.shares = array("h", [_ONE // 2] * _RANGES)
        self._counts = array("B", [2] * _RANGES)
        self._tally = _RANGES * (_ONE // 2 + 2)
        self._learner = learner = network.learner
        self.unwatched, self._learn_steps = learner.learn, learner.learn_steps
        learner.learn = self.learn
        learner.learn_steps = self.learn_steps

    def learn(self, x, label, replay=0):
        """Learn a sample as `Learner.learn` does, and note whether its answer was right."""
        self.unwatched(x, label, replay)
        self._note(self._range(), self._learner.tally[_PREDICTION] == label)

    def learn_steps(self, x, label):
        """As `learn`, in steps: yield between them."""
        yield from self._learn_steps(x, label)
        self._note(self._range(), self._learner.tally[_PREDICTION] == label)

    def percent(self):
        """Return how often answers were right whose margin was about that of the last free phase: 0..100."""
        return (100 * self.shares[self._range()] + _ONE // 2) // _ONE

    def _range(self):
        """Return the range of the last free phase's margin."""
        outputs = self._crossbar.voltages(self._last, FREE)
        first = second = -32768
        for k in range(len(outputs)):
            v = int(outputs[k])
            if v > first:
                second = first
                first = v
            elif v > second:
                second = v
        return min(_PER_TARGET * (first - second) // self.distance, _RANGES - 1)

    def _note(self, b, right):
        count = self._counts[b]
        if count < _COUNT_MAX:
            count += 1
            self._counts[b] = count
            self._tally += 1
        change = ((_ONE if right else 0) - self.shares[b]) // count
        self.shares[b] += change
        self._tally += change

    def buffers(self):
        """Return the buffers that a checkpoint keeps."""
        return self.shares, self._counts

    def restored(self):
        """Use what was read into `buffers`. Raises ValueError for what no table has."""
        if max(self.shares) > _ONE or min(self.shares) < 0 or not 2 <= min(self._counts) <= _COUNT_MAX:
            raise ValueError("checkpoint: is of another table of confidence")
        self._tally = sum(self.shares) + sum(self._counts)

    def inspect(self):
        """Raise Rot if a bit of the table flipped."""
        if self._tally != sum(self.shares) + sum(self._counts):
            raise Rot("table of confidence")
