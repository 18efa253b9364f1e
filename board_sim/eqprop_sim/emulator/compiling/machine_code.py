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

from .arithmetic import NAMES, narrowed
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


def kernel(function=None, **options):
    """Compile a function, as a decorator. It may use arrays, but neither make nor return any.

    options: numba's. References to its arrays are not counted, which halves the time of a call.
    """
    decorate = numba.njit(cache=True, _nrt=False, **options)
    return decorate(function) if function else decorate


def compiled(source, *before, rows=False):
    """Load module `source` a second time with its functions compiled; they call those of modules compiled before.

    A name that `source` imports is the compiled one; of a name that several have, the last. Numbers have 32 bits.
    rows: a function learns many samples in a call, so sums need 64 bits, and other threads may run meanwhile.
    """
    spec = importlib.util.spec_from_file_location(source.__name__ + "_compiled", source.__file__)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    if rows:
        spec.loader.exec_module(module)
    else:
        vars(module).update(NAMES)
        exec(narrowed(Path(source.__file__)), vars(module))
    own = {
        name
        for name, item in vars(module).items()
        if isinstance(item, types.FunctionType) and item.__module__ == spec.name
    }
    imported = {name for name in vars(module) if name[0] != "_"} - own
    for each in before:
        vars(module).update((name, item) for name, item in vars(each).items() if name in imported)
    for name in own:
        setattr(module, name, kernel(vars(module)[name], nogil=rows))
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
