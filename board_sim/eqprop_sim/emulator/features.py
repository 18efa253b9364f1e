"""The board's features at this processor's full speed: a window whose loops are compiled by numba.

    from eqprop.features.mel import FilterBank
    from eqprop_sim.emulator.features import Window

    window = Window(256, hop=128)
    mel = FilterBank(window)

Everything else is the board's own code, and the bits are the same.
"""

import eqprop.features.kernels.plain
import eqprop.features.window

from .compiling.machine_code import cached, compiled, zeros

with cached(__file__, eqprop.features.kernels.plain.__file__):
    kernels = compiled(eqprop.features.kernels.plain)


class Window(eqprop.features.window.Window):
    """`eqprop.features.window.Window` with compiled kernels: `samples` and `fresh` may be filled from NumPy arrays."""

    allocate = staticmethod(zeros)

    def choose_kernels(self):
        """Return the compiled kernels."""
        return kernels
