"""The cache of compiled kernels: a folder for each set of sources. This module works without numba."""

import hashlib
import sys
from pathlib import Path

from platformdirs import user_cache_path

import eqprop.crossbar
import eqprop.crossbar.circuit
import eqprop.crossbar.dynamics
import eqprop.crossbar.kernels.plain
import eqprop.differential.dynamics
import eqprop.differential.kernels.plain
import eqprop.extras
import eqprop.extras.nearest
import eqprop.extras.regression
import eqprop.fixed
import eqprop.hopfield.dynamics
import eqprop.hopfield.kernels.plain
import eqprop.hopfield8.dynamics
import eqprop.hopfield8.kernels.plain
import eqprop.protocol.bytes_plain

_EMULATOR = Path(__file__).parents[1]
COMPILER = (Path(__file__).with_name("arithmetic.py"), Path(__file__).with_name("machine_code.py"))
"""The modules that compile the sources."""


def _files(*modules):
    return (str(module.__file__) for module in modules)


CONSTANTS = (str(_EMULATOR / "rows.py"), *_files(eqprop.crossbar, eqprop.extras, eqprop.fixed))
"""The modules whose numbers the machine code holds."""

COMPILING = "compiling the kernels, which takes up to a minute; they are kept for the next time"
"""The message to a user who has to wait for it."""


EMULATOR_SOURCES = (
    str(_EMULATOR / "compiled_network.py"),
    *_files(
        eqprop.crossbar.kernels.plain,
        eqprop.crossbar.circuit,
        eqprop.crossbar.dynamics,
        eqprop.protocol.bytes_plain,
        eqprop.extras.nearest,
        eqprop.extras.regression,
    ),
)
"""The sources of the emulator's machine code."""

HOPFIELD_SOURCES = (
    str(_EMULATOR / "compiled_hopfield.py"),
    str(_EMULATOR / "hopfield_rows.py"),
    str(_EMULATOR / "hopfield_vectors.py"),
    *_files(
        eqprop.crossbar.kernels.plain,
        eqprop.extras.regression,
        eqprop.hopfield.kernels.plain,
        eqprop.hopfield.dynamics,
    ),
)
"""The same for the Hopfield network's."""

HOPFIELD8_SOURCES = (
    str(_EMULATOR / "compiled_hopfield8.py"),
    *HOPFIELD_SOURCES,
    *_files(eqprop.hopfield8.kernels.plain, eqprop.hopfield8.dynamics),
)
"""The same with weights of 8 bits."""

DIFFERENTIAL_SOURCES = (
    str(_EMULATOR / "compiled_differential.py"),
    *_files(
        eqprop.crossbar.kernels.plain,
        eqprop.crossbar.circuit,
        eqprop.extras.regression,
        eqprop.differential.kernels.plain,
        eqprop.differential.dynamics,
    ),
)
"""The same for the differential network's."""


def folder_of(sources):
    """Return the folder for code compiled from the files `sources`; it may not exist yet."""
    read = (Path(source).read_bytes() for source in (*sources, *COMPILER, *CONSTANTS))
    digest = hashlib.sha256(b"".join(read)).hexdigest()[:16]
    return user_cache_path("eqprop") / "numba" / digest


def is_filled(sources):
    """Return whether this version of Python has compiled the files `sources` before, at least in part."""
    version = f"py{sys.version_info.major}{sys.version_info.minor}"
    return any(folder_of(sources).glob(f"**/*.{version}.*.nbc"))
