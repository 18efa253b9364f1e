"""The board's own network at the speed of the processor: its source, compiled by numba.

The files of the kernels and of the circuit are loaded a second time and each function compiled, so that the board's
modules stay plain Python. The machine code is cached in the user's cache folder, under a digest of all that it was
made from.
"""

import atexit
import contextlib
import hashlib
import importlib.util
import shutil
import sys
import tempfile
import types
from pathlib import Path

import numba
import numpy as np
from platformdirs import user_cache_path

import eqprop
import eqprop.circuit
import eqprop.kernels.plain
import eqprop.packing
from eqprop.circuit import MINUS, PLUS
from eqprop.crossbar import EmulatedCrossbar
from eqprop.learning import Learner

# Conductances have 15 bits, and reciprocals too: as int16 both need no sign care in numba's mixed arithmetic.
_DTYPES = {"b": np.int8, "B": np.int16, "h": np.int16, "H": np.int16, "i": np.int32, "I": np.uint32}


@contextlib.contextmanager
def _cached(*sources):
    """Keep what numba compiles meanwhile in a folder that belongs to these source files alone."""
    digest = hashlib.sha256(b"".join(Path(source).read_bytes() for source in sources)).hexdigest()[:16]
    before = numba.config.CACHE_DIR
    folder = user_cache_path("eqprop") / "numba" / digest
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:  # nowhere to keep it: compile for this process alone. Numba's own choice would not know the digest
        folder = Path(tempfile.mkdtemp(prefix="eqprop-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    numba.config.CACHE_DIR = str(folder)
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


def _compile(source, kernels=None):
    """Load module `source` again with its functions compiled, calling those of `kernels`, compiled before."""
    spec = importlib.util.spec_from_file_location(source.__name__ + "_compiled", source.__file__)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    if kernels:
        vars(module).update(
            (name, item) for name, item in vars(kernels).items() if name in dir(module) and name[0] != "_"
        )
    for name, item in list(vars(module).items()):
        if isinstance(item, types.FunctionType) and item.__module__ == spec.name:
            setattr(module, name, numba.njit(cache=True)(item))
    return module


with _cached(__file__, eqprop.kernels.plain.__file__, eqprop.circuit.__file__, eqprop.packing.__file__):
    kernels = _compile(eqprop.kernels.plain)
    circuit = _compile(eqprop.circuit, kernels)
    packing = _compile(eqprop.packing)

    @numba.njit(cache=True)
    def _settle(state, x):
        circuit.drive(state, x)
        return circuit.settle(state)

    @numba.njit(cache=True)
    def _learn(state, x, label):
        answer = _settle(state, x)
        loss = circuit.pull_outputs(state, label)
        if loss:
            circuit.nudge(state, PLUS)
            circuit.nudge(state, MINUS)
            circuit.program(state)
        return answer, loss


def _zeros(typecode, items):
    return np.zeros(items, _DTYPES[typecode])


class _Crossbar(EmulatedCrossbar):
    """The same laws, compiled; features may be any buffer of int8."""

    laws = circuit

    def checked(self, x):
        """Return `x` as a NumPy array. Raises as `EmulatedCrossbar.check`."""
        try:
            x = np.frombuffer(x, np.int8)
        except (TypeError, ValueError):
            self.check(x)
            raise
        self.check_length(x)
        return x

    def settle(self, x):
        return _settle(self.circuit, self.checked(x))


class _Learner(Learner):
    """The same steps, in one compiled call a sample."""

    def __init__(self, crossbar, plan, halve_every):
        super().__init__(crossbar, plan, halve_every)
        self.crossbar = crossbar

    def learn(self, x, label):
        x = self.crossbar.checked(x)
        self.crossbar.check_label(label)
        self.answer, self.loss = _learn(self.crossbar.circuit, x, label)
        self.count()


class Network(eqprop.Network):
    """`eqprop.Network`, bit for bit, with compiled kernels; features may be any buffer of int8, outputs are NumPy's."""

    crossbar_type = _Crossbar
    learner_type = _Learner
    allocate = staticmethod(_zeros)

    def conductances(self, c):
        """Return crossbar c's conductances in steps: flat NumPy uint16, its own memory."""
        return super().conductances(c).view(np.uint16)


def unpack(data, at, table, out):
    """As `eqprop.packing.unpack`, compiled; `data`, `table` and `out` may be any buffers of uint8, int32 and int8."""
    return packing.unpack(np.frombuffer(data, np.int8), at, np.frombuffer(table, np.int32), np.frombuffer(out, np.int8))


def warm_up():
    """Compile what a board needs, once: the machine code is kept."""
    network = Network((1, 1, 2))
    sample = memoryview(bytearray(1))  # writable, as what arrives is: numba compiles for that
    network.learn(sample, 0)
    network.infer(sample)
    Learner(network.crossbar, network.plan, 0).learn(sample, 1)  # verb by verb
    unpack(sample, 0, eqprop.packing.Code(1, 1).table, bytearray(1))
