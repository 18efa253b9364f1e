"""Numbers in place of classes: a network whose outputs learn targets, by the squared error.

`eqprop.Network.regress` makes it; a board that learns classes does not load it. A target t, int16, is an output's
voltage times 8: the voltage of the target is t >> 3, and a prediction is eight times the output's, within int16.
Larger voltages learn at a higher rate, which is worse for resistive networks: at t >> 1 the error of an arm's inverse
kinematics doubles. In a hopfield network, whose voltages are states, full scale is a state of 1.
With error = (t >> 3) - v, output k's nudge is clamp(error[k], +-rail) in a hopfield network, and in the others
clamp((beta * error[k]) >> (scale - 2), +-CURRENT_MAX). The loss is the sum of (error >> 4)**2, at most 2**30 - 1. All
are as for classes, but on either side of the target.

Allocates nothing after construction; any crossbar that this processor emulates, and any other one of the contract that
has `currents`, to the same bits on every tier.
"""

from array import array

from .._compat import const
from ..crossbar import FREE, MINUS, PLUS
from ..fixed import CURRENT_MAX
from . import REGRESSION

_LOSS_MAX = const(1073741823)
_TARGET_MAX = const(32767)
TARGET_SHIFT = const(3)  # from a target to its voltage
_TEXTS = (str, bytes, bytearray)  # whose items may be whole numbers, but none of int16


class Regression:
    """Teaches a network's outputs int16 targets.

    - kind: in a checkpoint. size: bytes of `buffers` there
    - currents, beta, scale, limit: for `pull`
    """

    kind = REGRESSION
    size = 0

    def __init__(self, crossbar, learner):
        """Let a crossbar of the contract learn numbers. learner: counts its samples, and keeps the loss."""
        self._learner = learner
        self._crossbar = crossbar
        plan = crossbar.plan
        if plan.model.startswith("hopfield"):
            self.currents = crossbar.circuit.errors
            self.beta, self.scale, self.limit = 1, 0, plan.rail
        else:
            # A crossbar that this processor emulates has them in its circuit
            self.currents = crossbar.currents if hasattr(crossbar, "currents") else crossbar.circuit.currents
            self.beta, self.scale, self.limit = plan.beta, plan.scales[-1] - 2, CURRENT_MAX
        self._outputs = plan.layers[-1]
        self._one = array("h", [0])
        self._predicted = array("h", [0] * self._outputs)
        self._last = len(plan.layers) - 1
        self._settle = crossbar.settle
        self._nudge = crossbar.nudge
        self._program = crossbar.program

    def check(self, target):
        """Return the target, to index. Raises TypeError or ValueError unless it is an int16 for each output."""
        if type(target) in _TEXTS:
            self._expected(target)
        try:
            count = len(target)
        except TypeError:
            if self._outputs > 1:
                self._expected(target)
            self._one[0] = self._number(target)
            return self._one
        if count != self._outputs:
            raise ValueError("target: {} numbers for {} outputs".format(count, self._outputs))
        for t in target:
            self._number(t)
        return target

    def _expected(self, target):
        raise TypeError("target: expected {} int16, got {}".format(self._outputs, type(target).__name__))

    def _number(self, t):
        try:
            if -_TARGET_MAX - 1 <= t | 0 <= _TARGET_MAX:
                return int(t)
        except TypeError:  # a float, or not a number
            pass
        raise ValueError("target: {} is not a whole number in -32768..32767".format(t))

    def learn(self, x, target):
        """Learn features `x` with its target. Raises as `check` and the crossbar do, learning nothing."""
        target = self.check(target)
        self._settle(x)
        loss = self.set_nudge(target)
        if loss:
            self._nudge(PLUS)
            self._nudge(MINUS)
            self._program()
        self._learner.count(0, loss)

    def learn_steps(self, x, target):
        """As `learn`, in steps: yield between them. Do not change `target` before the last."""
        target = self.check(target)
        self._settle(x)
        yield
        loss = self.set_nudge(target)
        if loss:
            self._nudge(PLUS)
            yield
            self._nudge(MINUS)
            yield
            self._program()
        self._learner.count(0, loss)

    def set_nudge(self, target):
        """Set the crossbar's currents to pull the free outputs to the target, which is checked; return the loss."""
        voltages = self._crossbar.voltages(self._last, FREE)
        return pull(voltages, target, self.beta, self.scale, self.limit, self.currents)

    def predict(self, x):
        """Return the numbers predicted for features `x`: int16, its own memory, valid until the next call."""
        self._settle(x)
        voltages = self._crossbar.voltages(self._last, FREE)
        predicted = self._predicted
        for k in range(self._outputs):
            predicted[k] = min(max(int(voltages[k]) << TARGET_SHIFT, -_TARGET_MAX - 1), _TARGET_MAX)
        return predicted

    def buffers(self):
        """Return what a checkpoint keeps: nothing but that there are numbers to learn."""
        return ()

    def inspect(self):
        """Do nothing: there is nothing to compare."""


def pull(voltages, target, beta, scale, limit, currents):
    """Set currents[k] = clamp((beta * error) >> scale, +-limit), where error = (target[k] >> 3) - voltages[k].

    Returns the loss, the sum of (error >> 4)**2, at most 2**30 - 1. In the subset of `eqprop.crossbar.kernels.plain`.
    """
    loss = 0
    for k in range(len(currents)):
        error = (int(target[k]) >> TARGET_SHIFT) - int(voltages[k])
        current = (beta * error) >> scale
        if current > limit:
            current = limit
        elif current < -limit:
            current = -limit
        currents[k] = current
        error >>= 4
        error *= error
        loss = loss + error if loss < _LOSS_MAX - error else _LOSS_MAX
    return loss
