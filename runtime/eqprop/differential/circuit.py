"""The emulated circuit of a differential network: the arrays of one network.

`eqprop.differential.dynamics` has the phases of the circuit.
"""

from collections import namedtuple

from .._compat import const

# Fixed values of a network, then, from `g` to `scales`, tuples with an element for each crossbar c; of these, the node
# arrays (total to shape) belong to layer c + 1.
_FIELDS = (
    "inputs",
    "active",
    "driven",
    "outputs",
    "currents",
    "own",
    "limits",
    "rate_shifts",
    "targets",
    "beta",
    "sweeps",
    "g",
    "total",
    "free",
    "displaced",
    "reciprocal",
    "shift",
    "low",
    "high",
    "shape",
    "gains",
    "shifts",
    "scales",
    "drops",
    "phases",
)
Circuit = namedtuple("Circuit", _FIELDS)  # type: ignore[misc]
_SINGLE = const(8)  # fields that are one array


def wire(plan, arrays):
    """Return the `Circuit` of a plan, of these lists of arrays by name."""
    arrays["phases"] = [tuple(arrays[name]) for name in ("free", "displaced", "displaced")]
    fields = []
    for name in _FIELDS:
        made = arrays.get(name)
        fields.append((tuple(made) if len(fields) >= _SINGLE else made[0]) if made else getattr(plan, name))
    return Circuit(*fields)
