"""The crossbar of a differential network at this processor's full speed: the board's own source, compiled by numba."""

import numpy as np

import eqprop.crossbar.circuit
import eqprop.crossbar.kernels.plain
import eqprop.differential.dynamics
import eqprop.differential.kernels.plain
import eqprop.extras.regression
from eqprop.crossbar import FREE, PLUS
from eqprop.differential.plain import PlainCrossbar

from .compiling.kernel_cache import DIFFERENTIAL_SOURCES
from .compiling.machine_code import cached, compiled, kernel
from .rows import ROT, Rows

with cached(*DIFFERENTIAL_SOURCES):
    shared = compiled(eqprop.crossbar.kernels.plain)
    circuit = compiled(eqprop.crossbar.circuit)
    kernels = compiled(eqprop.differential.kernels.plain)
    dynamics = compiled(eqprop.differential.dynamics, shared, circuit, kernels)
    regression = compiled(eqprop.extras.regression)

    @kernel
    def _settle(state, x):
        dynamics.drive(state, x)
        return dynamics.settle(state)

    @kernel
    def _learn(state, x, label):
        prediction = _settle(state, x)
        loss = dynamics.set_output_nudge(state, label)
        if loss:
            dynamics.displace(state)
            if dynamics.program(state):
                loss = ROT
        return prediction, loss

    @kernel
    def _infer_all(state, x, classes, outputs):
        for n in range(len(x)):
            classes[n] = _settle(state, x[n])
            for k in range(outputs.shape[1]):
                outputs[n, k] = state.outputs[k]

    @kernel(nogil=True)
    def _learn_all(state, x, labels):
        correct = total = prediction = loss = 0
        for n in range(len(x)):
            prediction, loss = _learn(state, x[n], labels[n])
            if loss == ROT:
                return correct, total, prediction, loss
            correct += prediction == labels[n]
            total += loss
        return correct, total, prediction, loss

    @kernel(nogil=True)
    def _learn_targets(state, x, targets, beta, scale, limit):
        total = loss = 0
        for n in range(len(x)):
            _settle(state, x[n])
            loss = regression.pull(state.outputs, targets[n], beta, scale, limit, state.currents)
            if loss:
                dynamics.displace(state)
                if dynamics.program(state):
                    return total, ROT
            total += loss
        return total, loss


class DifferentialCrossbar(Rows, PlainCrossbar):
    """The same dynamics, compiled."""

    dynamics = dynamics
    gather = staticmethod(shared.gather)
    settle_sample = staticmethod(_settle)
    learn_sample = staticmethod(_learn)
    learn_rows = staticmethod(_learn_all)
    learn_target_rows = staticmethod(_learn_targets)
    infer_rows = staticmethod(_infer_all)

    def scatter(self, g, stream):
        """As the plain kernel."""
        shared.scatter(g, np.frombuffer(stream, np.int32))

    def sweep(self, phase):
        """Relax every voltage, or every displacement, once more; return whether the phase has any."""
        if phase == FREE:
            for first in (0, 1):
                dynamics.relax_layers(self.circuit, first)
        elif phase == PLUS:
            for c in range(len(self.circuit.g)):
                dynamics.respond_layer(self.circuit, c)
        return phase in (FREE, PLUS)
