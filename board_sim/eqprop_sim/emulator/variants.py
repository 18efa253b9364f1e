"""Other nudges, losses and output codes than the runtime's, in its own fixed point: for studies, not for boards.

Settling and programming are the runtime's own dynamics, compiled; only the nudge and the loss differ:

- nudging: centred, or one nudged phase against the free one: positive, negative, random-sign (a sign drawn for each
  sample; Laborieux et al. 2021). One phase shows half the difference, so the change is shifted by one bit less.
- loss: squared-hinge, the runtime's (`eqprop.crossbar.kernels.plain.set_nudge`): an output beyond its target is let be;
  squared, which pulls the right output to its target and the others to 0; cross-entropy of the softmax of score /
  temperature, whose exponentials alone are in floating point
- paired: a class is the difference of outputs 2k and 2k + 1 (Kendall et al. 2020); the nudge goes into the one and
  out of the other
"""

import numba
import numpy as np

from eqprop.crossbar import FREE, MINUS, PLUS

from .compiled_network import Network, dynamics
from .compiling.kernel_cache import EMULATOR_SOURCES
from .compiling.machine_code import cached

NUDGINGS = ("centred", "positive", "negative", "random-sign")
LOSSES = ("squared-hinge", "squared", "cross-entropy")

_TEMPERATURE = 0.2  # of the voltage that the right output is pulled to
_CURRENT_MAX = 2**29 - 1

with cached(__file__, *EMULATOR_SOURCES):

    @numba.njit(cache=True)
    def _score(state, paired, score):
        output = state.phases[FREE][len(state.g) - 1]
        for k in range(len(score)):
            score[k] = output[2 * k] - output[2 * k + 1] if paired else output[k]
        return np.argmax(score)

    @numba.njit(cache=True)
    def _set_nudge(state, score, label, targets, hinge, beta, temperature, paired):
        """Set the nudge currents from the scores; return whether there is any loss. Temperature: of cross-entropy."""
        shift = state.scales[len(state.g) - 1] - 2
        largest = np.max(score)
        total = loss = 0.0
        if temperature:
            for k in range(len(score)):
                total += np.exp((score[k] - largest) / temperature)
        for k in range(len(score)):
            right = k == label
            if temperature:
                share = np.exp((score[k] - largest) / temperature) / total
                error = np.int64(np.rint(temperature * (right - share)))
            else:
                error = targets[0 if right else 1] - np.int64(score[k])
                if hinge and (error < 0) == right:
                    error = np.int64(0)
            loss += (error >> 4) ** 2
            current = min(max((beta * error) >> shift, -_CURRENT_MAX), _CURRENT_MAX)
            if paired:
                state.currents[2 * k] = current
                state.currents[2 * k + 1] = -current
            else:
                state.currents[k] = current
        return loss > 0

    @numba.njit(cache=True)
    def _nudge(state, sign):
        """Settle the nudged phases: both for sign 0, or one, with the free state for the other."""
        if sign >= 0:
            dynamics.nudge(state, PLUS)
        if sign <= 0:
            dynamics.nudge(state, MINUS)
        if sign:
            other = state.phases[MINUS if sign > 0 else PLUS]
            for c in range(len(state.g)):
                other[c][:] = state.phases[FREE][c]

    @numba.njit(cache=True)
    def _learn_all(state, x, labels, signs, targets, hinge, beta, temperature, paired):
        score = np.zeros(len(state.currents) // 2 if paired else len(state.currents))
        correct = 0
        for n in range(len(x)):
            dynamics.drive(state, x[n])
            dynamics.settle(state)
            correct += _score(state, paired, score) == labels[n]
            if _set_nudge(state, score, labels[n], targets, hinge, beta, temperature, paired):
                _nudge(state, signs[n])
                dynamics.program(state)
        return correct

    @numba.njit(cache=True)
    def _infer_all(state, x, paired, classes):
        score = np.zeros(len(state.currents) // 2 if paired else len(state.currents))
        for n in range(len(x)):
            dynamics.drive(state, x[n])
            dynamics.settle(state)
            classes[n] = _score(state, paired, score)


class Variant:
    """A network that learns otherwise than a board does; `network` is what it teaches, an emulator's."""

    def __init__(self, layers, seed=0, nudging="centred", loss="squared-hinge", paired=False):
        """Build a network of `layers`, its outputs twice the classes where paired, and draw signs from `seed`.

        Raises ValueError for an unknown nudging or loss, an odd number of paired outputs, impossible layers.
        """
        if nudging not in NUDGINGS or loss not in LOSSES:
            raise ValueError(f"nudging {nudging!r}, loss {loss!r}: there are {NUDGINGS} and {LOSSES}")
        self.network = Network(layers, seed, model="resistive")
        if paired and self.network.layers[-1] % 2:
            raise ValueError(f"paired: {self.network.layers[-1]} outputs are not pairs")
        self._nudging, self._loss, self._paired = nudging, loss, paired
        self._temperature = _TEMPERATURE * self.network.plan.targets[0] if loss == "cross-entropy" else 0.0
        self._random = np.random.default_rng(seed)

    def learn_all(self, x, labels, halvings):
        """Learn int8 samples (samples, inputs) in order, rates so often halved; return how many were right before."""
        plan = self.network.plan
        count = len(labels)
        if self._nudging == "random-sign":
            signs = self._random.integers(0, 2, count) * 2 - 1
        else:
            signs = np.full(count, {"centred": 0, "positive": 1, "negative": -1}[self._nudging])
        one_sided = self._nudging != "centred"
        for c, rate_shift in enumerate(plan.rate_shifts):
            self.network.crossbar.set_rate_shift(c, rate_shift + halvings - one_sided)
        hinge = self._loss == "squared-hinge"
        how = (
            plan.targets if hinge else (plan.targets[0], 0),
            hinge,
            plan.beta,
            self._temperature,
            self._paired,
        )
        state = self.network.crossbar.circuit
        return _learn_all(state, np.ascontiguousarray(x), labels, signs, *how)

    def infer_all(self, x):
        """Return the classes, int64 (samples,), of int8 features (samples, inputs)."""
        classes = np.zeros(len(x), np.int64)
        _infer_all(self.network.crossbar.circuit, np.ascontiguousarray(x), self._paired, classes)
        return classes
