"""Equilibrium Propagation on any crossbar that implements the contract of `eqprop.crossbar`.

One sample, centred (Scellier & Bengio 2017; Laborieux et al. 2021, for the symmetric nudge):

1. drive the inputs, settle: the free phase; the highest output node is the prediction
2. settle with nudge currents +beta * error into the output nodes: phase PLUS
3. settle with the opposite currents: phase MINUS
4. every conductance changes by the difference of its squared voltage between the two

Pure integer, allocates nothing after construction.
"""

from ._compat import const
from .crossbar import MINUS, PLUS, Rot
from .fixed import RATE_SHIFT_MAX

# Items of a tally, as in `crossbar.native`
_LOSS = const(0)
_PREDICTION = const(1)
_SAMPLE = const(2)
_LEFT = const(3)


def replay_needs_memory(replay):
    """Raise ValueError: a network without a memory has nothing to replay."""
    raise ValueError("replay: {}, but the network has no memory: call remember first".format(replay))


class Learner:
    """Trains a crossbar one sample at a time.

    - tally: [loss, prediction, sample, left]. loss and prediction: from the last sample's free phase
      (`eqprop.crossbar.kernels.plain.set_nudge`). sample: number of samples learnt; it alone determines the learning
      rate. left: samples until the rates next halve. Machine code counts in the crossbar's own tally
    - halve_at: number of samples after which the rates next halve, or -1 for never: sample + left. Both are counted, so
      that a flipped bit in any of the three shows
    """

    def __init__(self, crossbar, plan, lr_halving_samples):
        """Learn on `crossbar`, with the rates of `plan`.

        lr_halving_samples: samples after which the rates halve; 0 for never.
        """
        self._crossbar = crossbar
        self.tally = getattr(crossbar, "tally", None) or [0] * 4
        self.rate_shifts = plan.rate_shifts
        self.lr_halving_samples = lr_halving_samples
        self.resume_at(0)
        if type(self) is Learner and hasattr(crossbar, "call"):
            from .crossbar.calls import learning

            self.learn = learning(crossbar, self._answered)  # type: ignore[method-assign]

    def resume_at(self, sample):
        """Resume at training sample number `sample`, at its learning rates: each halving is one more right shift."""
        every = self.lr_halving_samples
        self.tally[_SAMPLE] = sample
        self.halve_at = last = sample // every * every if every else -1
        self.tally[_LEFT] = last - sample
        self._halve()

    def _halve(self):
        """Set the rates until the next halving, without the number of samples: a flipped bit may have changed it."""
        every = self.lr_halving_samples
        self.halve_at += every
        self.tally[_LEFT] += every
        halvings = self.halve_at // every - 1 if every else 0
        for c in range(len(self.rate_shifts)):
            self._crossbar.set_rate_shift(c, min(self.rate_shifts[c] + halvings, RATE_SHIFT_MAX))

    def learn(self, x, label, replay=0):
        """Learn one sample: features `x`, class `label`. Raises as the crossbar does, learning nothing.

        A sample without a loss changes nothing, so its nudged phases are skipped. Raises ValueError for a replay.
        """
        if replay:
            replay_needs_memory(replay)
        crossbar = self._crossbar
        prediction = crossbar.settle(x)
        loss = crossbar.set_nudge(label)
        if loss:
            crossbar.nudge(PLUS)
            crossbar.nudge(MINUS)
            crossbar.program()
        self.count(prediction, loss)

    def _answered(self, call, answer, replay):
        """Finish a sample: halve the rates, or retry what machine code refused (`eqprop.crossbar.calls`)."""
        if replay:
            replay_needs_memory(replay)
        if answer == -1:
            answer = self._crossbar.retry(call)
        if answer < 0:
            self._crossbar.check_label(call[1])
            raise Rot("table" if answer == -1 else "total conductance")
        if answer:
            self._halve()

    def learn_steps(self, x, label):
        """Learn one sample as `learn` does, to the same bits, in up to four steps: yield between them.

        Nothing else may use the crossbar before the last step, the only one that changes conductances.
        """
        crossbar = self._crossbar
        prediction = crossbar.settle(x)
        yield
        loss = crossbar.set_nudge(label)
        if loss:
            crossbar.nudge(PLUS)
            yield
            crossbar.nudge(MINUS)
            yield
            crossbar.program()
        self.count(prediction, loss)

    def count(self, prediction, loss):
        """Count a sample as learnt."""
        tally = self.tally
        tally[_LOSS] = loss
        tally[_PREDICTION] = prediction
        tally[_SAMPLE] += 1
        tally[_LEFT] -= 1
        if not tally[_LEFT]:
            self._halve()
