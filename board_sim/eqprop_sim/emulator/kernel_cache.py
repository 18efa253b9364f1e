"""The cache of compiled kernels: a folder for each set of sources. This module works without numba."""

import hashlib
import sys
from pathlib import Path

from platformdirs import user_cache_path

import eqprop.crossbar.circuit
import eqprop.crossbar.dynamics
import eqprop.crossbar.kernels.plain
import eqprop.differential.dynamics
import eqprop.differential.kernels.plain
import eqprop.extras.nearest
import eqprop.extras.regression
import eqprop.hopfield.dynamics
import eqprop.hopfield.kernels.plain
import eqprop.protocol.bytes_plain

COMPILING = "compiling the kernels, which takes up to a minute; they are kept for the next time"
"""The message to a user who has to wait for it."""

EMULATOR_SOURCES = (
    str(Path(__file__).with_name("compiled_network.py")),
    *(
        str(module.__file__)
        for module in (
            eqprop.crossbar.kernels.plain,
            eqprop.crossbar.circuit,
            eqprop.crossbar.dynamics,
            eqprop.protocol.bytes_plain,
            eqprop.extras.nearest,
            eqprop.extras.regression,
        )
    ),
)
"""The sources of the emulator's machine code."""

HOPFIELD_SOURCES = (
    str(Path(__file__).with_name("compiled_hopfield.py")),
    *(
        str(module.__file__)
        for module in (
            eqprop.crossbar.kernels.plain,
            eqprop.extras.regression,
            eqprop.hopfield.kernels.plain,
            eqprop.hopfield.dynamics,
        )
    ),
)
"""The same for the Hopfield network's."""

DIFFERENTIAL_SOURCES = (
    str(Path(__file__).with_name("compiled_differential.py")),
    *(
        str(module.__file__)
        for module in (
            eqprop.crossbar.kernels.plain,
            eqprop.crossbar.circuit,
            eqprop.differential.kernels.plain,
            eqprop.differential.dynamics,
        )
    ),
)
"""The same for the differential network's."""


def folder_of(sources):
    """Return the folder for code compiled from the files `sources`; it may not exist yet."""
    digest = hashlib.sha256(b"".join(Path(source).read_bytes() for source in sources)).hexdigest()[:16]
    return user_cache_path("eqprop") / "numba" / digest


def is_filled(sources):
    """Return whether this version of Python has compiled the files `sources` before, at least in part."""
    version = f"py{sys.version_info.major}{sys.version_info.minor}"
    return any(folder_of(sources).glob(f"**/*.{version}.*.nbc"))
