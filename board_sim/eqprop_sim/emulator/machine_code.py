"""Compiles the runtime's own source with numba, and caches the machine code.

The cache is in the user's cache folder, under a digest of all sources.
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

# Conductances and reciprocals have 15 bits, so as int16 they avoid mixing signedness in numba's arithmetic.
_DTYPES = {"b": np.int8, "B": np.int16, "h": np.int16, "H": np.int16, "i": np.int32, "I": np.uint32}


class _Announcer(event.Listener):
    """Logs once per process that kernels are being compiled, which takes up to a minute the first time."""

    def on_start(self, event):
        if not self._told:
            self._told = True
            logging.getLogger(__name__).warning(COMPILING)

    def on_end(self, event):
        """Log nothing."""

    _told = False


event.register("numba:compile", _Announcer())


def zeros(typecode, items):
    """Return a NumPy array like a board's array of `typecode`, for compiled kernels."""
    return np.zeros(items, _DTYPES[typecode])


def compiled(source, *before):
    """Load module `source` a second time with its functions compiled; they call those of modules compiled before."""
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
    """Cache code that numba compiles meanwhile in a folder for these source files only."""
    before = numba.config.CACHE_DIR
    folder = folder_of(sources)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:  # not writable: compile for this process only; numba's own cache would not know the digest
        folder = Path(tempfile.mkdtemp(prefix="eqprop-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    numba.config.CACHE_DIR = str(folder)
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before
