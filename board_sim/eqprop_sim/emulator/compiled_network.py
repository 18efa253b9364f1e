"""The board's own network at this processor's full speed: its source, compiled by numba.

The source files of the kernels, the circuit and its dynamics are loaded a second time with each function compiled, so
the board's modules themselves stay plain Python.
"""

from typing import Any

import numpy as np

import eqprop
import eqprop.crossbar.circuit
import eqprop.crossbar.dynamics
import eqprop.crossbar.kernels.plain
import eqprop.extras.nearest
import eqprop.extras.regression
import eqprop.protocol.bytes_plain
from eqprop.crossbar import FREE, MINUS, PLUS, Rot
from eqprop.crossbar.plain import PlainCrossbar
from eqprop.network import DEFAULT, parts
from eqprop.protocol.records import Code

from .compiling.kernel_cache import EMULATOR_SOURCES
from .compiling.machine_code import cached, compiled, kernel, zeros
from .rows import ROT, Rows, RowsLearner

LOSS, PREDICTION, LEFT = 0, 1, 3  # items of a learner's tally

with cached(*EMULATOR_SOURCES):
    kernels = compiled(eqprop.crossbar.kernels.plain)
    circuit = compiled(eqprop.crossbar.circuit)
    dynamics = compiled(eqprop.crossbar.dynamics, kernels, circuit)
    packing = compiled(eqprop.protocol.bytes_plain)
    neighbours = compiled(eqprop.extras.nearest)
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
            dynamics.nudge(state, PLUS)
            dynamics.nudge(state, MINUS)
            if dynamics.program(state):
                loss = ROT
        return prediction, loss

    @kernel
    def _infer_all(state, x, classes, outputs):
        voltages = state.phases[FREE][len(state.g) - 1]
        for n in range(len(x)):
            classes[n] = _settle(state, x[n])
            for k in range(outputs.shape[1]):
                outputs[n, k] = voltages[k]

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
        outputs = state.phases[FREE][len(state.g) - 1]
        for n in range(len(x)):
            _settle(state, x[n])
            loss = regression.pull(outputs, targets[n], beta, scale, limit, state.currents)
            if loss:
                dynamics.nudge(state, PLUS)
                dynamics.nudge(state, MINUS)
                if dynamics.program(state):
                    return total, ROT
            total += loss
        return total, loss


class _Crossbar(Rows, PlainCrossbar):
    """The same dynamics, compiled."""

    dynamics = dynamics
    gather = staticmethod(kernels.gather)
    settle_sample = staticmethod(_settle)
    learn_sample = staticmethod(_learn)
    learn_rows = staticmethod(_learn_all)
    learn_target_rows = staticmethod(_learn_targets)
    infer_rows = staticmethod(_infer_all)

    @property
    def currents(self):
        """Nudge currents into the outputs, for a board that sets them (`eqprop.service.chip`)."""
        return self.circuit.currents

    def scatter(self, g, stream):
        kernels.scatter(g, np.frombuffer(stream, np.int32))

    def sweep(self, phase):
        """Relax every layer of a phase once more; return True."""
        for first in (0, 1):
            dynamics.relax_layers(self.circuit, self.circuit.phases[phase], first)
        return True


class Network(eqprop.Network):
    """`eqprop.Network`, bit for bit, with compiled kernels; features may be any buffer of int8, outputs are NumPy's."""

    allocate = staticmethod(zeros)
    learner_type = RowsLearner

    @staticmethod
    def parts(model=None, bits=16):
        """As `eqprop.network.parts`, with the compiled crossbar."""
        plan_type: Any = parts(model, bits)[0]
        if plan_type.model == DEFAULT:
            from .compiled_hopfield import HopfieldCrossbar  # imported here, so that it is compiled if it is used

            return plan_type, HopfieldCrossbar
        if plan_type.model == "hopfield8":
            from .compiled_hopfield8 import EightBitCrossbar

            return plan_type, EightBitCrossbar
        if plan_type.model == "differential":
            from .compiled_differential import DifferentialCrossbar

            return plan_type, DifferentialCrossbar
        return plan_type, _Crossbar

    def learn_all(self, x, y):
        """Learn samples in order, as `learn` would; return (correct predictions, total loss) of before each was learnt.

        x: int8 (samples, inputs). y: labels, integers (samples,); or, once `regress` was called, targets, int16
        (samples, outputs), of which no prediction is correct. Raises ValueError as `learn`, before the first.
        """
        self._check_rows(x)
        x = np.ascontiguousarray(x, np.int8)
        if self.regression:
            if y.dtype != np.int16 or y.shape != (len(x), self.layers[-1]):
                raise ValueError(f"target: {y.dtype} {y.shape}, expected int16 {(len(x), self.layers[-1])}")
            return self._learn_parts(x, np.ascontiguousarray(y), self._learn_targets)
        wrong = np.flatnonzero((y < 0) | (y >= self.layers[-1]))
        if len(wrong):
            raise ValueError(f"label: {y[wrong[0]]} is not in 0..{self.layers[-1] - 1}")
        return self._learn_parts(x, np.ascontiguousarray(y, np.int64), self._learn_labels)

    def _learn_labels(self, x, labels):
        """Learn samples at one rate; return (correct predictions, total loss, last loss or ROT)."""
        correct, loss, prediction, last = self.crossbar.learn_rows(self.crossbar.circuit, x, labels)
        if len(x):
            self.learner.tally[PREDICTION] = prediction
        return correct, loss, last

    def _learn_targets(self, x, targets):
        """As `_learn_labels`."""
        about: Any = self.regression
        constants = (about.beta, about.scale, about.limit)
        return (0, *self.crossbar.learn_target_rows(self.crossbar.circuit, x, targets, *constants))

    def _learn_parts(self, x, y, learn_part):
        """Learn samples, in one compiled call for each learning rate; with no sample at all still one, which compiles.

        Returns (correct predictions, total loss).
        """
        learner = self.learner
        correct = loss = start = 0
        while True:
            until = learner.tally[LEFT] if self.lr_halving_samples else len(x)
            part = slice(start, start + until)
            done = learn_part(x[part], y[part])
            if done[2] == ROT:
                raise Rot("total conductance")
            correct, loss = correct + done[0], loss + done[1]
            if len(x[part]):
                learner.tally[LOSS] = done[2]
                learner.resume_at(self.sample + len(x[part]))
            start += until
            if start >= len(x):
                return correct, loss

    def use_memory(self, memory):
        """Search the memory with compiled loops."""
        memory.search = _nearest
        super().use_memory(memory)

    def infer_all(self, x):
        """Return (classes int64 (samples,), output voltages int16 (samples, outputs)) of x, int8 (samples, inputs).

        Raises ValueError for a wrong number of features, TypeError unless they are of one byte.
        """
        self._check_rows(x)
        classes, outputs = np.zeros(len(x), np.int64), np.zeros((len(x), self.layers[-1]), np.int16)
        self.crossbar.infer_rows(self.crossbar.circuit, np.ascontiguousarray(x, np.int8), classes, outputs)
        return classes, outputs

    def warm_up(self):
        """Compile the kernels for this number of layers, or load them from the cache; change no state."""
        nothing = np.zeros((0, self.layers[0]), np.int8)
        self.infer_all(nothing)
        self.learn_all(nothing, np.zeros((0, self.layers[-1]), np.int16) if self.regression else np.zeros(0, np.int64))

    def _check_rows(self, x):
        if x.ndim != 2 or x.shape[1] != self.layers[0]:
            raise ValueError(f"x: shape {x.shape} for {self.layers[0]} inputs")
        if x.dtype.itemsize != 1:
            raise TypeError(f"x: expected int8, got {x.dtype}")

    def conductances(self, c):
        """Return crossbar c's conductances in steps: flat NumPy uint16, or int16 or int8 if signed; its own memory."""
        steps = super().conductances(c)
        return steps if self.g_min < 0 else steps.view(np.uint16)


def _nearest(store, places, state, x):
    """As `eqprop.extras.nearest.nearest`, compiled."""
    store, x = np.frombuffer(store, np.int8), np.frombuffer(x, np.int8)
    return neighbours.nearest(store, np.frombuffer(places, np.uint16), np.frombuffer(state, np.int32), x)


def unpack(data, at, table, out):
    """As `eqprop.protocol.bytes_plain.unpack`, compiled, on any buffers of uint8, int32 and int8."""
    return packing.unpack(np.frombuffer(data, np.int8), at, np.frombuffer(table, np.int32), np.frombuffer(out, np.int8))


def warm_up():
    """Compile a board's kernels; the machine code is cached."""
    network = Network((1, 1, 2))
    sample = memoryview(bytearray(1))  # writable like received samples, because numba compiles for the type
    network.learn(sample, 0)
    network.infer(sample)
    for _ in network.learn_steps(sample, 1):  # verb by verb
        pass
    network.warm_up()
    unpack(sample, 0, Code(1, 1).table, bytearray(1))
