"""The crossbar of a Hopfield network with weights of 8 bits, compiled by numba as `compiled_hopfield`."""

import eqprop.hopfield8.dynamics
import eqprop.hopfield8.kernels.plain
from eqprop.hopfield8.crossbar import EightBit

from . import compiled_hopfield, hopfield_rows
from .compiling.kernel_cache import HOPFIELD8_SOURCES
from .compiling.machine_code import cached, compiled

with cached(*HOPFIELD8_SOURCES):
    kernels = compiled(eqprop.hopfield8.kernels.plain)
    dynamics = compiled(eqprop.hopfield8.dynamics, compiled_hopfield.kernels, compiled_hopfield.dynamics, kernels)
    rows = compiled(hopfield_rows, dynamics, compiled_hopfield.regression, rows=True)


class EightBitCrossbar(EightBit, compiled_hopfield.ByRows):
    """The same dynamics, compiled."""

    dynamics = dynamics
    scatter_kernel = staticmethod(kernels.scatter)
    learn_sample = staticmethod(rows.learn)
    learn_rows = staticmethod(rows.learn_all)
    learn_target_rows = staticmethod(rows.learn_targets)
