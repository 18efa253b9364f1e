"""The crossbar of a Hopfield network at this processor's full speed: the board's own source, compiled by numba."""

import numpy as np

import eqprop.crossbar.kernels.plain
import eqprop.extras.regression
import eqprop.hopfield.dynamics
import eqprop.hopfield.kernels.plain
from eqprop.crossbar import FREE
from eqprop.hopfield.plain import PlainCrossbar

from . import hopfield_rows
from .compiling.kernel_cache import HOPFIELD_SOURCES
from .compiling.machine_code import cached, compiled
from .rows import Rows

with cached(*HOPFIELD_SOURCES):
    shared = compiled(eqprop.crossbar.kernels.plain)
    kernels = compiled(eqprop.hopfield.kernels.plain)
    dynamics = compiled(eqprop.hopfield.dynamics, shared, kernels)
    regression = compiled(eqprop.extras.regression)
    rows = compiled(hopfield_rows, dynamics, regression, rows=True)


class HopfieldCrossbar(Rows, PlainCrossbar):
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
