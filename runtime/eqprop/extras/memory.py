"""A memory of samples: a network that learns from a stream rehearses what it kept, and so does not forget.

`eqprop.Network.remember` makes it; a board that never calls it does not load this package. While a class is new, the
nearest kept sample names it, not the network: after a few samples, nearest neighbours are right more often.

Allocates nothing after construction. The same samples give the same memory, and the network the same bits, everywhere.
"""

from array import array

from .._compat import const
from . import MEMORY
from .reservoir import Reservoir, capacity_of

REPLAY_MAX = const(255)

_LOSS = const(0)  # items of a learner's tally
_PREDICTION = const(1)
_NEW = const(10)  # samples that a class has at least before the network names it alone
# A lead falls by 16 where only the nearest sample is right, and rises where the network is: by 1, and by 16 if it alone
_LEAST_LEAD = const(-32)
_APART = const(16)
_SETTLED = const(127)  # in place of a lead: the network names this class alone


class Memory(Reservoir):
    """Kept samples of a network, and the rules for what is rehearsed and compared.

    - kind: in a checkpoint
    - new_classes: number of classes that came and that the network does not name alone yet
    """

    kind = MEMORY

    def __init__(self, network, size_bytes):
        """Keep samples of `network`, as `Reservoir` does; each class takes 5 bytes. Raises as it does."""
        classes = network.layers[-1]
        super().__init__(network.layers[0], classes, size_bytes, network.seed, 1)
        self._leads = array("b", bytes(classes))  # how the network did beside the nearest kept sample: 0 and below
        self.new_classes = 0
        self._learner = network.learner
        watch = network.confidence  # must not see what is rehearsed
        self._rehearse = watch.unwatched if watch else network.learner.learn
        self._rehearse_steps = type(network.learner).learn_steps
        self._settle = network.crossbar.settle

    @classmethod
    def kept(cls, network, size):
        """Return a memory of `network` whose `buffers` have `size` bytes, for a checkpoint to read into."""
        return cls(network, capacity_of(size, network.layers[0], network.layers[-1], 1))

    def infer(self, x):
        """Return the class of features `x`, as `Network.infer`: the nearest kept sample's, if that class is new."""
        return self._decide(x, self._settle(x))

    def _decide(self, x, prediction):
        if self.new_classes:
            near = self.nearest(x)
            if self._leads[near] != _SETTLED:
                return near
        return prediction

    def learn(self, x, label, replay=0):
        """Learn features `x` of class `label`, keep them, and rehearse `replay` kept samples.

        Raises as `Network.learn`. The learner's prediction and loss are then those of `x`.
        """
        self.check_replay(replay)
        learner = self._learner
        learner.learn(x, label)
        prediction, loss = self._keep(x, label), learner.tally[_LOSS]
        for _ in range(replay):
            n = self.draw()
            self._rehearse(self.sample(n), self.label(n))
        learner.tally[_PREDICTION] = prediction
        learner.tally[_LOSS] = loss

    def learn_steps(self, x, label, replay=0):
        """As `learn`, in steps: yield between them."""
        self.check_replay(replay)
        learner = self._learner
        yield from learner.learn_steps(x, label)
        yield
        prediction, loss = self._keep(x, label), learner.tally[_LOSS]
        for _ in range(replay):
            yield
            n = self.draw()
            yield from self._rehearse_steps(learner, self.sample(n), self.label(n))
        learner.tally[_PREDICTION] = prediction
        learner.tally[_LOSS] = loss

    def check_replay(self, replay):
        """Raise ValueError unless `replay` is in 0..255."""
        try:
            if 0 <= replay | 0 <= REPLAY_MAX:
                return
        except TypeError:
            pass
        raise ValueError("replay: {} is not a whole number in 0..{}".format(replay, REPLAY_MAX))

    def _keep(self, x, label):
        """Keep a sample that was just learnt, or leave it; return its prediction, as `infer` would have made it."""
        prediction = self._learner.tally[_PREDICTION]
        leads = self._leads
        if self.new_classes and leads[label] != _SETTLED and self.seen(label):
            near = self.nearest(x)
            right = prediction == label
            lead = max(leads[label] + _APART * (right - (near == label)) + right, _LEAST_LEAD)
            settled = lead >= 0 and self.seen(label) >= _NEW
            lead = _SETTLED if settled else min(lead, 0)
            self._tally += lead - leads[label]
            if leads[near] != _SETTLED:
                prediction = near
            leads[label] = lead
            self.new_classes -= settled
        else:
            prediction = self._decide(x, prediction)
        if not self.seen(label):
            self.new_classes += 1
        self.keep(x, label)
        return prediction

    def buffers(self):
        """As `Reservoir.buffers`, and the leads."""
        return super().buffers() + (self._leads,)

    def restored(self):
        """As `Reservoir.restored`."""
        super().restored()
        self.new_classes = 0
        for c in range(self.classes):
            self.new_classes += self.seen(c) > 0 and self._leads[c] != _SETTLED

    def sums(self):
        """As `Reservoir.sums`; leads count, too."""
        first, second = super().sums()
        return first, second + sum(self._leads)
