"""The crossbar of a Hopfield network at this processor's full speed: the board's own source, compiled by numba."""

import numba
import numpy as np

import eqprop.crossbar.kernels.plain
import eqprop.extras.regression
import eqprop.hopfield.dynamics
import eqprop.hopfield.kernels.plain
from eqprop.crossbar import FREE, MINUS, PLUS
from eqprop.hopfield.plain import PlainCrossbar

from .kernel_cache import HOPFIELD_SOURCES
from .machine_code import cached, compiled
from .rows import Rows

with cached(*HOPFIELD_SOURCES):
    shared = compiled(eqprop.crossbar.kernels.plain)
    kernels = compiled(eqprop.hopfield.kernels.plain)
    dynamics = compiled(eqprop.hopfield.dynamics, shared, kernels)
    regression = compiled(eqprop.extras.regression)

    @numba.njit(cache=True)
    def _learn(state, x, label):
        prediction = dynamics.settle(state, x)
        loss = dynamics.set_output_nudge(state, label)
        if loss:
            dynamics.nudge(state, PLUS)
            dynamics.nudge(state, MINUS)
            dynamics.program(state)
        return prediction, loss

    @numba.njit(cache=True)
    def _infer_all(state, x, classes, outputs):
        voltages = state.phases[FREE][len(state.w) - 1]
        for n in range(len(x)):
            classes[n] = dynamics.settle(state, x[n])
            for k in range(outputs.shape[1]):
                outputs[n, k] = voltages[k]

    @numba.njit(cache=True, nogil=True)
    def _learn_all(state, x, labels):
        correct = total = prediction = loss = 0
        for n in range(len(x)):
            prediction, loss = _learn(state, x[n], labels[n])
            correct += prediction == labels[n]
            total += loss
        return correct, total, prediction, loss

    @numba.njit(cache=True, nogil=True)
    def _learn_targets(state, x, targets, beta, scale, limit):
        total = loss = 0
        outputs = state.phases[FREE][len(state.w) - 1]
        for n in range(len(x)):
            dynamics.settle(state, x[n])
            loss = regression.pull(outputs, targets[n], beta, scale, limit, state.errors)
            if loss:
                dynamics.nudge(state, PLUS)
                dynamics.nudge(state, MINUS)
                dynamics.program(state)
            total += loss
        return total, loss


class HopfieldCrossbar(Rows, PlainCrossbar):
    """The same dynamics, compiled."""

    dynamics = dynamics
    checksum = staticmethod(kernels.checksum)
    settle_sample = staticmethod(dynamics.settle)
    learn_sample = staticmethod(_learn)
    learn_rows = staticmethod(_learn_all)
    learn_target_rows = staticmethod(_learn_targets)
    infer_rows = staticmethod(_infer_all)

    def scatter(self, w, stream):
        """As the plain kernel."""
        kernels.scatter(w, np.frombuffer(stream, np.int32))

    def sweep(self, phase):
        """Relax every layer once more, if it is the free phase; return whether it was.

        A nudged phase is at rest in an energy of its own (`eqprop.hopfield`), which a sweep does not show.
        """
        if phase != FREE:
            return False
        for c in range(len(self.circuit.w)):
            dynamics.relax_layer(self.circuit, c)
        return True
