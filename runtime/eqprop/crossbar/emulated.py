"""The crossbar that the board emulates, in fixed point: the common part of `crossbar.plain` and `crossbar.native`.

Allocates nothing after construction.
"""

from array import array

from .._compat import byte_row
from ..fixed import U_MAX, V_MAX, seeded
from . import FREE, CheckedCrossbar
from .circuit import divide, wire


class EmulatedCrossbar(CheckedCrossbar):
    """Conductances and node voltages in integers (formats: `eqprop.fixed`, scales: `Plan`).

    A subclass names its `tier`, implements the verbs by the circuit's dynamics, and provides `scatter` and `gather` of
    `eqprop.crossbar.kernels.plain`, which draw the initial conductances and sum them.
    """

    scatter = gather = staticmethod(None)
    wire = staticmethod(wire)

    def __init__(self, plan, allocate, seed):
        """Build the crossbars of `plan` with initial conductances from `seed`.

        `allocate(typecode, items)` makes a zeroed array.
        """
        self.plan = plan
        arrays = {}
        for name, code, items in plan.buffers():
            arrays.setdefault(name, []).append(allocate(code, items))
        self.circuit = self.wire(plan, arrays)
        self.table = arrays["table"][0]
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
        """Draw the initial conductances: half of them g_min, half uniform from g_min to plan.initial above it."""
        low, high = seeded(seed)
        stream = array("i", (low, high, self.plan.g_min, 0, 1))
        for _ in range(8):
            self.scatter(self.circuit.g[0], stream)
        for c, g in enumerate(self.circuit.g):
            stream[3] = self.plan.initial[c]
            stream[4] = len(g)
            self.scatter(g, stream)
        self.refresh()

    def fixed(self):
        """Yield (name, array, first, end, value) of all items with fixed values: biases, diodes and rails, sizes."""
        plan, circuit = self.plan, self.circuit
        last = len(circuit.g) - 1
        yield "bias", circuit.inputs, self.features, self.features + 1, U_MAX
        yield "limits", circuit.limits, 0, 1, plan.g_min
        yield "limits", circuit.limits, 1, 2, plan.g_max
        for c in range(last + 1):
            n = plan.layers[c + 1]
            rows = plan.layers[c] + 2 if c else 0
            columns = plan.layers[c + 2] if c < last else 0
            # All crossbars between layers have the same product shift
            for i, size in enumerate((n, rows, columns, plan.shifts[last], plan.backs[c])):
                yield "shape", circuit.shape[c], i, i + 1, size
            # Outputs have only rails
            held_low = plan.excitatory[c] if c < last else 0
            held_high = plan.excitatory[c] if c < last else n
            yield "diodes", circuit.low[c], 0, held_low, 0
            yield "diodes", circuit.low[c], held_low, n, -V_MAX
            yield "diodes", circuit.high[c], 0, held_high, V_MAX
            yield "diodes", circuit.high[c], held_high, n, 0
            if c:
                yield "currents at rest", circuit.rest if c == last else circuit.base[c], 0, n, 0
            if c < last:
                yield "bias", circuit.phases[FREE][c], n, n + 1, plan.bias
                yield "bias", circuit.phases[FREE][c], n + 1, n + 2, -plan.bias

    def set_rate_shift(self, c, rate_shift):
        """Change crossbar c's conductances by 2**-rate_shift from now on: each step up halves its learning rate.

        Raises ValueError for a rate_shift outside 1..24.
        """
        self.check_rate_shift(rate_shift)
        self.circuit.rate_shifts[c] = rate_shift

    def voltages(self, layer, phase):
        """Return the voltages of layer 1..L in that phase: int16, its own memory, valid until the next settle.

        A hidden layer's last two are its bias pair.
        """
        return self.circuit.phases[phase][layer - 1]

    def refresh(self):
        """Recompute every node's total conductance after its devices were set from outside."""
        for c, total in enumerate(self.circuit.total):
            for j in range(len(total)):
                total[j] = self.total(c, j)
        divide(self.circuit)

    def total(self, c, j):
        """Return the sum of the conductances at node j of layer c + 1, from the devices of both its crossbars."""
        g = self.circuit.g
        nodes = len(self.circuit.total[c])
        rows = len(g[c]) // nodes
        total = self.gather(g[c], j, rows, nodes) if c else self.gather(g[0], rows * j, rows, 1)
        if c + 1 < len(g):
            columns = len(self.circuit.total[c + 1])
            total += self.gather(g[c + 1], columns * j, columns, 1)
        return total

    def conductances(self, c):
        """Return crossbar c's conductances, flat as in `Plan.shapes`: uint16 steps, its own memory."""
        return self.circuit.g[c]

    def restore(self, c, start, data):
        """Write conductances from little-endian uint16 bytes, from device `start` of crossbar c on; then `refresh`.

        Raises ValueError if they do not fit the crossbar or are outside g_min..g_max, TypeError unless `data` is a
        buffer of bytes; it then writes nothing.
        """
        from .devices import restore  # loaded on first use

        restore(self, c, start, data)

    def inspect(self, rate_shifts):
        """Raise Rot naming what changed by itself. rate_shifts: the right one of each crossbar."""
        from .inspection import inspect  # as in `restore`

        inspect(self, rate_shifts)
