"""The crossbar of a Hopfield network at this processor's full speed: the board's own source, compiled by numba.

Many samples in a call learn by `hopfield_vectors`, with the same bits.
"""

from collections import namedtuple

import numpy as np

import eqprop.crossbar.kernels.plain
import eqprop.extras.regression
import eqprop.hopfield.dynamics
import eqprop.hopfield.kernels.plain
from eqprop.crossbar import FREE
from eqprop.hopfield.crossbar import Circuit
from eqprop.hopfield.plain import PlainCrossbar

from . import hopfield_rows, hopfield_vectors
from .compiling.kernel_cache import HOPFIELD_SOURCES
from .compiling.machine_code import cached, compiled
from .rows import Rows

with cached(*HOPFIELD_SOURCES):
    shared = compiled(eqprop.crossbar.kernels.plain)
    kernels = compiled(eqprop.hopfield.kernels.plain)
    dynamics = compiled(eqprop.hopfield.dynamics, shared, kernels)
    regression = compiled(eqprop.extras.regression)
    rows = compiled(hopfield_rows, dynamics, regression, rows=True)
    vectors = compiled(hopfield_vectors, shared, kernels)
    vector_rows = compiled(hopfield_rows, dynamics, regression, vectors, rows=True)

Columns = namedtuple("Columns", (*Circuit._fields, "fed"))  # type: ignore[misc]
"""The circuit of `hopfield_vectors`."""


class ByRows(Rows, PlainCrossbar):
    """The same dynamics, compiled; the weights of every crossbar lie row by row."""

    dynamics = dynamics
    checksum = staticmethod(kernels.checksum)
    scatter_kernel = staticmethod(kernels.scatter)
    settle_sample = staticmethod(dynamics.settle)
    learn_sample = staticmethod(rows.learn)
    learn_rows = staticmethod(rows.learn_all)
    learn_target_rows = staticmethod(rows.learn_targets)
    infer_rows = staticmethod(rows.infer_all)

    def scatter(self, w, stream):
        """As the plain kernel."""
        self.scatter_kernel(w, np.frombuffer(stream, np.int32))

    def sweep(self, phase):
        """Relax every layer once more, if it is the free phase; return whether it was.

        A nudged phase is at rest in an energy of its own (`eqprop.hopfield`), which a sweep does not show.
        """
        if phase != FREE:
            return False
        for c in range(len(self.circuit.w)):
            self.dynamics.relax_layer(self.circuit, c)
        return True


class HopfieldCrossbar(ByRows):
    """The same, but that `hopfield_vectors` computes many samples in a call, on copies of the upper crossbars."""

    def __init__(self, plan, allocate, seed):
        """As the plain crossbar."""
        super().__init__(plan, allocate, seed)
        circuit = self.circuit
        above = [w.reshape(shape) for w, shape in zip(circuit.w[1:], plan.shapes[1:], strict=True)]
        columns = [np.empty_like(w.T, order="C") for w in above]
        self._copies = list(zip(above, columns, strict=True))
        w = (circuit.w[0], *(each.ravel() for each in columns))
        fed = tuple(np.empty_like(current) for current in circuit.current)
        self._columns = Columns._make((*circuit._replace(w=w), fed))

    def learn_rows(self, _circuit, x, labels):
        """Learn samples; see `Rows`."""
        return self._learn(vector_rows.learn_all, x, labels)

    def learn_target_rows(self, _circuit, x, targets, *constants):
        """Learn numbers; see `Rows`."""
        return self._learn(vector_rows.learn_targets, x, targets, *constants)

    def infer_rows(self, _circuit, x, classes, outputs):
        """Write the class and the output voltages of each sample."""
        self._copy()
        vector_rows.infer_all(self._columns, x, classes, outputs)

    def _copy(self):
        for w, columns in self._copies:
            columns[:] = w.T

    def _learn(self, learn, *arguments):
        """Return learn(columns, *arguments), and write the weights and their checksums back."""
        self._copy()
        result = learn(self._columns, *arguments)
        for w, columns in self._copies:
            w[:] = columns.T
        self.refresh()
        return result
