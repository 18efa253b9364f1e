"""The board's own network at the speed of the processor: the plain kernels, compiled by numba from the same source.

The kernels' file is loaded a second time under another name and each function compiled, so that the board's module
stays plain Python. The machine code is cached beside that file, or in numba's own cache where it cannot be written.
"""

import importlib.util
import sys
import types

import eqprop
import numba
import numpy as np
from eqprop.kernels import plain

# Conductances have 15 bits, and reciprocals too: as int16 both need no sign care in numba's mixed arithmetic.
_DTYPES = {"b": np.int8, "B": np.int16, "h": np.int16, "H": np.int16, "i": np.int32}


def _compiled(source):
    spec = importlib.util.spec_from_file_location("eqprop_sim._compiled", source.__file__)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    for name, function in list(vars(module).items()):
        if isinstance(function, types.FunctionType):
            setattr(module, name, numba.njit(cache=True)(function))
    return module


def _zeros(typecode, items):
    return np.zeros(items, _DTYPES[typecode])


class Network(eqprop.Network):
    """`eqprop.Network`, bit for bit, with compiled kernels; features and outputs are NumPy int8 and int16 arrays."""

    kernels = _compiled(plain)
    allocate = staticmethod(_zeros)

    def learn(self, x, label):
        """Learn one sample (see `eqprop.Network.learn`); `x` may be any buffer of int8."""
        super().learn(np.frombuffer(x, np.int8), label)

    def infer(self, x, out):
        """Return the class of `x` (see `eqprop.Network.infer`); `x` and `out` may be any buffers of int8 and int16."""
        return super().infer(np.frombuffer(x, np.int8), np.frombuffer(out, np.int16))

    def conductances(self, c):
        """Return crossbar c's conductances in steps: flat NumPy uint16, its own memory."""
        return super().conductances(c).view(np.uint16)
