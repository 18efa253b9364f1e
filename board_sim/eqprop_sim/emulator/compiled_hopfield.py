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

_Vectors = namedtuple("_Vectors", (*Circuit._fields, "fed"))  # type: ignore[misc]


class ByRows(Rows, PlainCrossbar):
    """The same dynamics, compiled."""

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
    """The same, but that many samples in a call are computed by `hopfield_vectors`."""

    def __init__(self, plan, allocate, seed):
        """As the plain crossbar."""
        super().__init__(plan, allocate, seed)
        circuit = self.circuit
        above = [w.reshape(shape) for w, shape in zip(circuit.w[1:], plan.shapes[1:], strict=True)]
        columns = [np.empty_like(w.T, order="C") for w in above]
        self._turned = list(zip(above, columns, strict=True))
        fed = tuple(np.empty_like(current) for current in circuit.current)
        w = (circuit.w[0], *(each.ravel() for each in columns))
        self._vectors = _Vectors(*circuit._replace(w=w), fed)

    def learn_rows(self, _circuit, x, labels):
        """Learn samples; see `Rows`."""
        return self._learnt(vector_rows.learn_all, x, labels)

    def learn_target_rows(self, _circuit, x, targets, *constants):
        """Learn numbers; see `Rows`."""
        return self._learnt(vector_rows.learn_targets, x, targets, *constants)

    def infer_rows(self, _circuit, x, classes, outputs):
        """Write the class and the output voltages of each sample."""
        self._turn()
        vector_rows.infer_all(self._vectors, x, classes, outputs)

    def _turn(self):
        for w, columns in self._turned:
            columns[:] = w.T

    def _learnt(self, learn, *arguments):
        self._turn()
        try:
            return learn(self._vectors, *arguments)
        finally:
            for w, columns in self._turned:
                w[:] = columns.T
            self.refresh()
