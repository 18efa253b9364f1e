"""Exceptions of the analog physics.

PhysicsError(ValueError)                 an impossible parameter or circuit: its name and its value
 +-- ConvergenceError(ArithmeticError)   a solver that did not converge: the node and the residual
"""

import numpy as np


class PhysicsError(ValueError):
    """An impossible parameter or circuit."""


class ConvergenceError(PhysicsError, ArithmeticError):
    """A solver that did not converge."""


def check_between(name, value, low, high=np.inf):
    """Raise PhysicsError unless low <= value <= high."""
    if not low <= value <= high:
        bound = f"{low:g} or more" if high == np.inf else f"in {low:g}..{high:g}"
        raise PhysicsError(f"{name}: {value!r} is not {bound}")


def check_finite(name, values):
    """Raise PhysicsError naming the place of the first value that is not finite."""
    if not np.isfinite(values).all():
        at = tuple(map(int, np.argwhere(~np.isfinite(values))[0]))
        raise PhysicsError(f"{name}{list(at)}: {values[at]} is not finite")
