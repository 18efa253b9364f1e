"""The crossbar of a Hopfield network that the board emulates: the common part of all tiers.

Allocates nothing after construction.
"""

from array import array
from collections import namedtuple

from .._compat import byte_row, const
from ..crossbar import CheckedCrossbar
from ..fixed import U_MAX, seeded
from .planning import ONE

# Fixed values and arrays of a network, then, from `w` to `current`, tuples with an element for each crossbar c; of
# these, all but w belong to layer c + 1. `phases` is (free, plus, minus), each a tuple of arrays of states. `delta` and
# `mean` are the plain dynamics' own.
_FIELDS = (
    "inputs",
    "active",
    "base",
    "errors",
    "sums",
    "rate_shifts",
    "targets",
    "sweeps",
    "driven_shift",
    "back_shift",
    "product_shift",
    "round_shift",
    "feedback_shift",
    "rail",
    "power_bits",
    "w",
    "delta",
    "mean",
    "current",
    "phases",
)
Circuit = namedtuple("Circuit", _FIELDS)  # type: ignore[misc]
_SINGLE = const(6)  # fields that are one array


def wire(plan, arrays):
    """Return the `Circuit` of a plan, of these lists of arrays by name."""
    arrays["phases"] = [tuple(arrays[name]) for name in ("free", "plus", "minus")]
    get, several, value = arrays.get, tuple, getattr  # found once: a board searches a long list for a built-in name
    single = _SINGLE
    fields = []
    for name in _FIELDS:
        made = get(name)
        fields.append((made[0] if single > 0 else several(made)) if made else value(plan, name, ()))
        single -= 1
    return Circuit(*fields)


class HopfieldCrossbar(CheckedCrossbar):
    """Weights and states in integers (formats: `eqprop.hopfield`, shifts: `Plan`).

    A weight is a differential pair of conductances: its "conductance" is the difference of the two, a signed number of
    steps. A subclass names its `tier` and the arrays that it needs beside the plan's, `scratch`. It implements the
    verbs, and provides `scatter` and `checksum` of `eqprop.hopfield.kernels.plain`.
    """

    scratch: tuple = ()
    scatter = checksum = staticmethod(None)

    def __init__(self, plan, allocate, seed):
        """Build the crossbars of `plan` with initial weights from `seed`.

        `allocate(typecode, items)` makes a zeroed array.
        """
        self.plan = plan
        arrays = {}
        for name, code, items in plan.buffers(self.scratch):
            arrays.setdefault(name, []).append(allocate(code, items))
        self.circuit = wire(plan, arrays)
        self.table, self.states, self.pull = [arrays[name][0] for name in ("table", "states", "pull")]
        self.features = plan.layers[0]
        self.classes = plan.layers[-1]
        self._row = byte_row(self.circuit.inputs)
        for _, items, first, end, value in self.fixed():
            for i in range(first, end):
                items[i] = value
        for c, rate_shift in enumerate(plan.rate_shifts):
            self.circuit.rate_shifts[c] = rate_shift
        table = self.table
        at = 0
        for word in self.words():
            table[at] = word
            at += 1  # noqa: SIM113 (a board allocates each pair of `enumerate`)
        self.initialise(seed)

    def words(self):
        """Yield the words of the table: none where no machine code reads it."""
        return ()

    def initialise(self, seed):
        """Draw the initial weights, uniform from -plan.initial to plan.initial; biases are zero."""
        low, high = seeded(seed)
        stream = array("i", (low, high, 0, 1))
        for _ in range(8):
            self.scatter(self.circuit.w[0], stream)
        plan = self.plan
        for c, w in enumerate(self.circuit.w):
            stream[2] = plan.initial[c]
            stream[3] = drawn = plan.layers[c] * plan.layers[c + 1]
            self.scatter(w, stream)
            for i in range(drawn, len(w)):
                w[i] = 0
        self.refresh()

    def fixed(self):
        """Yield (name, array, first, end, value) of all items with fixed values: the inputs and states of biases."""
        circuit = self.circuit
        yield "bias", circuit.inputs, self.features, self.features + 1, U_MAX
        for c in range(len(circuit.w) - 1):
            n = self.plan.layers[c + 1]
            for phase in circuit.phases:
                yield "bias", phase[c], n, n + 1, ONE

    def set_rate_shift(self, c, rate_shift):
        """Change crossbar c's weights by 2**-rate_shift from now on: each step up halves its learning rate.

        Raises ValueError for a rate_shift outside 1..24.
        """
        self.check_rate_shift(rate_shift)
        self.circuit.rate_shifts[c] = rate_shift

    def voltages(self, layer, phase):
        """Return the states of layer 1..L in that phase: int16, its own memory, valid until the next settle.

        A hidden layer's last is its bias.
        """
        return self.circuit.phases[phase][layer - 1]

    def refresh(self):
        """Recompute the checksums after weights were set from outside."""
        circuit = self.circuit
        for c, w in enumerate(circuit.w):
            circuit.sums[c] = self.checksum(w)

    def conductances(self, c):
        """Return crossbar c's weights, flat as in `Plan.shapes`: int16 steps, its own memory."""
        return self.circuit.w[c]

    def restore(self, c, start, data):
        """Write weights from little-endian int16 bytes, from device `start` of crossbar c on; then `refresh`.

        Raises ValueError if they do not fit the crossbar, TypeError unless `data` is a buffer of bytes; it then writes
        nothing.
        """
        from .devices import restore  # loaded on first use

        restore(self, c, start, data)

    def inspect(self, rate_shifts):
        """Raise Rot naming what changed in memory by itself. rate_shifts: the right one of each crossbar.

        The checksum of a crossbar shows any flipped bit of a weight.
        """
        from .devices import inspect  # as in `restore`

        inspect(self, rate_shifts)
