"""The emulated circuit: the arrays of one network, and the values that follow from its conductances alone.

Plain functions of a `Circuit` and of integers, in the subset of `eqprop.crossbar.kernels.plain`, so that the host
compiles this file too. Nothing here allocates. `eqprop.crossbar.dynamics` has the phases of the circuit.
"""

from collections import namedtuple

from .._compat import const
from ..fixed import TOTAL_MAX

# Fixed values of a network, then, from `g` to `scales`, tuples with an element for each crossbar c; of these, the node
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
    """Prepare the division by every node's total conductance; return whether one is out of range, so memory rotted."""
    for c in range(len(circuit.g)):
        if invert(circuit.total[c], circuit.scales[c], circuit.reciprocal[c], circuit.shift[c]):
            return True
    return False


def invert(total, scale, reciprocal, shift):
    """Prepare the division by each node's total conductance.

    With e such that 2**14 <= total * 2**-e < 2**15: reciprocal = round(2**28 / floor(total * 2**-e)), 2**13..2**14,
    and shift = e + 14 - scale >= 0; their relative error together is below 2**-13. Needs total >= 2**scale.
    Returns whether a total is outside 1..2**30 - 1; then the nodes from that one on are not prepared.
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
    if len(plan.shapes) > 1:  # the driven rows feed a hidden layer, so the outputs' base currents stay zero
        arrays["base"].insert(0, driven[0])
    else:
        arrays["rest"] = driven
    arrays["phases"] = [tuple(arrays[name]) for name in ("free", "plus", "minus")]
    fields = []
    for name in _FIELDS:
        made = arrays.get(name)
        fields.append((tuple(made) if len(fields) >= _SINGLE else made[0]) if made else getattr(plan, name))
    return Circuit(*fields)
