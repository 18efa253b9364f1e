"""Equilibrium Propagation on any crossbar that implements the contract of `eqprop.crossbar`.

One sample, centred (Scellier & Bengio 2017; Laborieux et al. 2021, for the symmetric nudge):

1. drive the inputs, settle: the free phase; the highest output node is the prediction
2. settle with nudge currents +beta * error into the output nodes: phase PLUS
3. settle with the opposite currents: phase MINUS
4. every conductance changes by the difference of its squared voltage between the two

Pure integer, allocates nothing after construction.
"""

from .crossbar import MINUS, PLUS
from .fixed import RATE_SHIFT_MAX


class Learner:
    """Trains a crossbar one sample at a time.

    - sample: number of samples learnt; it alone determines the learning rate. mirror: ~sample, counted separately, so
      that a flipped bit in either shows
    - prediction, loss: from the last sample's free phase (`eqprop.crossbar.kernels.plain.set_nudge`)
    """

    def __init__(self, crossbar, plan, lr_halving_samples):
        """Learn on `crossbar`, with the rates of `plan`.

        lr_halving_samples: samples after which the rates halve; 0 for never.
        """
        self._set_rate_shift = crossbar.set_rate_shift
        # Bound once: on a board, looking up a method costs more than some verbs
        self._settle = crossbar.settle
        self._set_nudge = crossbar.set_nudge
        self._nudge = crossbar.nudge
        self._program = crossbar.program
        self._crossbar = crossbar
        self._whole = getattr(crossbar, "learn", None)  # optional in the contract
        self.rate_shifts = plan.rate_shifts
        self.lr_halving_samples = lr_halving_samples
        self.prediction = 0
        self.loss = 0
        self.resume_at(0)

    def resume_at(self, sample):
        """Resume at training sample number `sample`, at its learning rates: each halving is one more right shift."""
        self.sample = sample
        self.mirror = ~sample
        self._set_rate_shifts()

    def _set_rate_shifts(self):
        every = self.lr_halving_samples
        halvings = self.sample // every if every else 0
        self.halve_at = (halvings + 1) * every if every else -1
        for c in range(len(self.rate_shifts)):
            self._set_rate_shift(c, min(self.rate_shifts[c] + halvings, RATE_SHIFT_MAX))

    def learn(self, x, label):
        """Learn one sample: features `x`, class `label`. Raises as the crossbar does, learning nothing.

        A sample without a loss changes nothing, so its nudged phases are skipped. A crossbar that learns a sample in
        one call does the same.
        """
        if self._whole:
            self.prediction = self._whole(x, label)
            self.loss = self._crossbar.loss
        else:
            prediction = self._settle(x)
            self.loss = loss = self._set_nudge(label)
            if loss:
                self._nudge(PLUS)
                self._nudge(MINUS)
                self._program()
            self.prediction = prediction
        self.count()

    def learn_steps(self, x, label):
        """Learn one sample as `learn` does, to the same bits, in up to four steps: yield between them.

        Nothing else may use the crossbar before the last step, the only one that changes conductances.
        """
        prediction = self._settle(x)
        yield
        self.loss = loss = self._set_nudge(label)
        if loss:
            self._nudge(PLUS)
            yield
            self._nudge(MINUS)
            yield
            self._program()
        self.prediction = prediction
        self.count()

    def count(self):
        """Count a sample as learnt."""
        self.sample += 1
        self.mirror -= 1
        if self.sample == self.halve_at:
            self._set_rate_shifts()
