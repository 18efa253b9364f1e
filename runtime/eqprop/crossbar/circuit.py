"""The emulated circuit: the arrays of one network, and what follows from its conductances alone.

Plain functions of a `Circuit` and of integers, in the subset of `eqprop.crossbar.kernels.plain`, so that the host
compiles this file, too. Nothing here allocates. What goes on in the circuit, phase by phase, is
`eqprop.crossbar.dynamics`.
"""

from collections import namedtuple

from .._compat import const
from ..fixed import TOTAL_MAX

# What is fixed for a network, then a tuple with an element for each crossbar c from `g` to `scales`, of which the node
# arrays (total to shape) belong to layer c + 1. `phases` is (free, plus, minus), each a tuple of voltage arrays.
_FIELDS = (
    "inputs",
    "active",
    "driven",
    "rest",
    "currents",
    "limits",
    "rate_shifts",
    "targets",
    "beta",
    "sweeps",
    "g",
    "total",
    "base",
    "reciprocal",
    "shift",
    "low",
    "high",
    "delta",
    "mean",
    "shape",
    "gains",
    "shifts",
    "scales",
    "delta_limit",
    "phases",
)
Circuit = namedtuple("Circuit", _FIELDS)  # type: ignore[misc]
_SINGLE = const(7)  # fields that are one array


def divide(circuit):
    """Prepare the division by every node's total conductance; return whether one is out of its range: memory rots."""
    for c in range(len(circuit.g)):
        if invert(circuit.total[c], circuit.scales[c], circuit.reciprocal[c], circuit.shift[c]):
            return True
    return False


def invert(total, scale, reciprocal, shift):
    """Prepare the division by each node's total conductance.

    With e such that 2**14 <= total * 2**-e < 2**15: reciprocal = round(2**28 / floor(total * 2**-e)), 2**13..2**14,
    and shift = e + 14 - scale >= 0; their relative error together is below 2**-13. Needs total >= 2**scale.
    Returns whether a total is not in 1..2**30 - 1; the nodes from there on are not prepared then.
    """
    for j in range(len(total)):
        t = total[j]
        if t < 1 or t > TOTAL_MAX:
            return True
        e = 0
        while t >= 32768:
            t >>= 1
            e += 1
        while t < 16384:
            t <<= 1
            e -= 1
        reciprocal[j] = (268435456 + (t >> 1)) // t
        shift[j] = e + 14 - scale
    return False


def wire(plan, arrays):
    """Return the `Circuit` of a plan, of these lists of arrays by name."""
    driven = arrays["driven"]
    if len(plan.shapes) > 1:  # the driven rows send their currents into a hidden layer; the outputs' stay zero
        arrays["base"].insert(0, driven[0])
    else:
        arrays["rest"] = driven
    arrays["phases"] = [tuple(arrays[name]) for name in ("free", "plus", "minus")]
    fields = []
    for name in _FIELDS:
        made = arrays.get(name)
        fields.append((tuple(made) if len(fields) >= _SINGLE else made[0]) if made else getattr(plan, name))
    return Circuit(*fields)
