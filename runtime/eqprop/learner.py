"""Equilibrium Propagation on any crossbar that keeps the contract of `eqprop.crossbar.emulated`.

One sample, centred (Scellier & Bengio 2017; Laborieux et al. 2021, for the symmetric nudge):

1. drive the inputs, settle: the free phase; the highest output node is the answer
2. settle with nudge currents +beta * error into the output nodes: phase PLUS
3. settle with the opposite currents: phase MINUS
4. every conductance changes by the difference of its squared voltage between the two

Pure integer, allocates nothing after construction.
"""

from .crossbar import MINUS, PLUS
from .fixed import RATE_MAX


class Learner:
    """Trains a crossbar one sample at a time.

    - sample: number of samples learnt; it alone decides the learning rate. mirror: ~sample, counted by itself, so
      that a flipped bit in either shows
    - answer, loss: of the last sample's free phase (`eqprop.crossbar.kernels.plain.pull`)
    """

    def __init__(self, crossbar, plan, halve_every):
        """Learn on `crossbar`, with the rates of `plan`.

        halve_every: samples after which the rates halve; 0 for never.
        """
        self._set_rate = crossbar.set_rate
        # Bound once: on a board, finding a method costs more than some verbs do
        self._settle = crossbar.settle
        self._pull = crossbar.pull
        self._nudge = crossbar.nudge
        self._program = crossbar.program
        self.rates = plan.rates
        self.halve_every = halve_every
        self.answer = 0
        self.loss = 0
        self.go_on(0)

    def go_on(self, sample):
        """Go on with training sample number `sample`, at the rates that are due: one more right shift a halving."""
        self.sample = sample
        self.mirror = ~sample
        self._set_rates()

    def _set_rates(self):
        every = self.halve_every
        halvings = self.sample // every if every else 0
        self.halve_at = (halvings + 1) * every if every else -1
        for c in range(len(self.rates)):
            self._set_rate(c, min(self.rates[c] + halvings, RATE_MAX))

    def learn(self, x, label):
        """Learn one sample: features `x`, class `label`. Raises as the crossbar, and nothing is learnt then.

        A sample whose outputs are all where they should be changes nothing, so its nudged phases are left out.
        """
        answer = self._settle(x)
        self.loss = loss = self._pull(label)
        if loss:
            self._nudge(PLUS)
            self._nudge(MINUS)
            self._program()
        self.answer = answer
        self.count()

    def slices(self, x, label):
        """Learn one sample as `learn` does, to the same bits, in up to four slices: yield between them.

        The crossbar must be left alone until the last one, which alone changes the conductances.
        """
        answer = self._settle(x)
        yield
        self.loss = loss = self._pull(label)
        if loss:
            self._nudge(PLUS)
            yield
            self._nudge(MINUS)
            yield
            self._program()
        self.answer = answer
        self.count()

    def count(self):
        """Count a sample as learnt."""
        self.sample += 1
        self.mirror -= 1
        if self.sample == self.halve_at:
            self._set_rates()
