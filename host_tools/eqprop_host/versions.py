"""The versions that results depend on."""

import platform

import numpy as np

import eqprop


def versions() -> dict[str, str]:
    """Return the versions of eqprop, Python and NumPy, by name."""
    return {"eqprop": eqprop.__version__, "python": platform.python_version(), "numpy": np.__version__}
