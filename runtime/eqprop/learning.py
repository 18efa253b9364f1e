"""Equilibrium Propagation on any crossbar that keeps the contract of `eqprop.crossbar`.

One sample, centred (Scellier & Bengio 2017; Laborieux et al. 2021, for the symmetric nudge):

1. drive the inputs, settle: the free phase; the highest output node is the answer
2. settle with nudge currents +beta * (target - output) into the output nodes: phase PLUS
3. settle with the opposite currents: phase MINUS
4. every conductance changes by the difference of its squared voltage between the two

Pure integer, allocates nothing after construction.
"""

from .circuit import MINUS, PLUS

_SLOWEST = 24  # largest right shift of a change


class Learner:
    """Trains a crossbar one sample at a time.

    - sample: number of samples learnt; it alone decides the learning rate
    - answer, loss: of the last sample's free phase; loss = sum over outputs of ((target - output) >> 4)**2, saturating
    """

    def __init__(self, crossbar, plan, halve_every):
        """Learn on `crossbar`, with the nudge, target and rates of `plan`.

        halve_every: samples after which the rates halve; 0 for never.
        """
        self.crossbar = crossbar
        self.first_rates = plan.rates
        self.rates = list(plan.rates)
        self.halvings = 0
        self.beta = plan.beta
        self.targets = plan.targets
        self.halve_every = halve_every
        self.sample = 0
        self.answer = 0
        self.loss = 0

    def infer(self, x):
        """Settle the free phase for features `x` and return the class: the first of the highest output nodes."""
        self.crossbar.drive(x)
        return self.crossbar.settle()

    def learn(self, x, label):
        """Learn one sample: int8 features `x`, class `label`, both already checked."""
        self.set_rates()
        self.answer = self.infer(x)
        crossbar = self.crossbar
        self.loss = crossbar.pull(self.targets, label, self.beta)
        crossbar.nudge(PLUS)
        crossbar.nudge(MINUS)
        crossbar.program(self.rates)
        self.sample += 1

    def set_rates(self):
        """Set every learning rate for the next sample: one more right shift, up to 24, each `halve_every` samples."""
        halvings = self.sample // self.halve_every if self.halve_every else 0
        if halvings == self.halvings:
            return
        self.halvings = halvings
        for c in range(len(self.rates)):
            self.rates[c] = min(self.first_rates[c] + halvings, _SLOWEST)
