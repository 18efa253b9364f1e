"""The runtime's own source compiled by numba, and where the machine code is kept.

That is the user's cache folder, under a digest of all it was made from.
"""

import atexit
import contextlib
import importlib.util
import logging
import shutil
import sys
import tempfile
import types
from pathlib import Path

import numba
import numpy as np
from numba.core import event

from .kernel_cache import COMPILING, folder_of

# Conductances have 15 bits, and reciprocals too: as int16 both need no sign care in numba's mixed arithmetic.
_DTYPES = {"b": np.int8, "B": np.int16, "h": np.int16, "H": np.int16, "i": np.int32, "I": np.uint32}


class _Announcer(event.Listener):
    """Logs, once in a process, that kernels are being compiled: it takes up to a minute, the first time."""

    def on_start(self, event):
        if not self._told:
            self._told = True
            logging.getLogger(__name__).warning(COMPILING)

    def on_end(self, event):
        """Log nothing."""

    _told = False


event.register("numba:compile", _Announcer())


def zeros(typecode, items):
    """Return a NumPy array that holds what a board's array of `typecode` holds, for compiled kernels."""
    return np.zeros(items, _DTYPES[typecode])


def compiled(source, *before):
    """Load module `source` again with its functions compiled, calling those of the modules compiled before."""
    spec = importlib.util.spec_from_file_location(source.__name__ + "_compiled", source.__file__)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    for each in before:
        vars(module).update((name, item) for name, item in vars(each).items() if name in dir(module) and name[0] != "_")
    for name, item in list(vars(module).items()):
        if isinstance(item, types.FunctionType) and item.__module__ == spec.name:
            setattr(module, name, numba.njit(cache=True)(item))
    return module


@contextlib.contextmanager
def cached(*sources):
    """Keep what numba compiles meanwhile in a folder that belongs to these source files alone."""
    before = numba.config.CACHE_DIR
    folder = folder_of(sources)
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
