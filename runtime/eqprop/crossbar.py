"""The crossbar contract, and the crossbar that the board emulates.

A learner uses a crossbar through these verbs, and knows nothing else of it:

    settle(x)         free phase: drive the features and settle from zero volts; return the answer, the highest output
    pull(label)       turn the output errors into nudge currents; return the loss
    nudge(phase)      nudged phase: settle from the free state with these currents into the output nodes
    program()         change every conductance by what PLUS and MINUS show of the voltage across it
    set_rate(c, rate) how fast those of crossbar c do so, from now on
    voltages(layer, phase), conductances(c), restore(c, start, data), refresh()

`EmulatedCrossbar` is the board's own, in fixed point; `eqprop.plain` has its verbs by the plain kernels,
`eqprop.machine` in machine code. Neither allocates after construction.
"""

import binascii
from array import array

from .circuit import MINUS, PLUS, Circuit, divide
from .fixed import DELTA_MAX, RATE_MAX, U_MAX, V_MAX, Xorshift32

BUFFERS = (bytes, bytearray, memoryview, array)


class CheckedCrossbar:
    """What every crossbar refuses, whoever settles it: a subclass does the verbs.

    - features, classes: how many inputs and outputs it has
    """

    features = 0
    classes = 0

    def check(self, x):
        """Raise TypeError unless `x` is one of BUFFERS, ValueError unless it has an item for each feature."""
        if type(x) not in BUFFERS:
            raise TypeError("x: {} is no buffer of int8".format(type(x)))
        self.check_length(x)

    def check_length(self, x):
        """Raise ValueError unless `x` has an item for each feature."""
        if len(x) != self.features:
            raise ValueError("x: {} features for {} inputs".format(len(x), self.features))

    def check_label(self, label):
        """Raise ValueError unless `label` is an output."""
        if not 0 <= label < self.classes:
            raise ValueError("label: {} is not in 0..{}".format(label, self.classes - 1))

    def check_phase(self, phase):
        """Raise ValueError unless `phase` is PLUS or MINUS."""
        if phase != PLUS and phase != MINUS:
            raise ValueError("phase: {} is not {} or {}".format(phase, PLUS, MINUS))

    def check_rate(self, rate):
        """Raise ValueError unless `rate` is in 1..24."""
        if not 1 <= rate <= RATE_MAX:
            raise ValueError("rate: {} is not in 1..{}".format(rate, RATE_MAX))


class EmulatedCrossbar(CheckedCrossbar):
    """Conductances and node voltages in integers (formats: `eqprop.fixed`, scales: `Plan`).

    A subclass names its `tier`, has the circuit's laws do the verbs, and `scatter` and `gather` of
    `eqprop.kernels.plain` draw the initial conductances and add them up.
    """

    scatter = gather = staticmethod(None)

    def __init__(self, plan, allocate, seed):
        """Build the crossbars of `plan` with initial conductances from `seed`.

        `allocate(typecode, items)` makes a zeroed array.
        """
        self.plan = plan
        arrays = {}
        for name, code, items in plan.buffers():
            arrays.setdefault(name, []).append(allocate(code, items))
        self.circuit = _wire(plan, arrays)
        self.table = arrays["table"][0]
        self.features = plan.layers[0]
        self.classes = plan.layers[-1]
        self._prepare()
        for c, rate in enumerate(plan.rates):
            self.set_rate(c, rate)
        self._initialise(seed)
        self.refresh()

    def _prepare(self):
        """Do what the kernels need before the first of them runs: nothing, unless a subclass says so."""

    def _initialise(self, seed):
        """Draw the initial conductances: half of them g_min, half uniform from there to plan.initial."""
        random = Xorshift32(seed)
        stream = array("i", (random.low, random.high, self.plan.g_min, 0, 0))
        for c, g in enumerate(self.circuit.g):
            stream[3] = self.plan.initial[c]
            stream[4] = len(g)
            self.scatter(g, stream)

    def set_rate(self, c, rate):
        """Change crossbar c's conductances by 2**-rate from now on: each step up halves its learning rate.

        Raises ValueError for a rate outside 1..24.
        """
        self.check_rate(rate)
        self.circuit.rates[c] = rate

    def voltages(self, layer, phase):
        """Return the voltages of layer 1..L in that phase: int16, its own memory, valid until the next settle.

        A hidden layer's last two are its bias pair.
        """
        return self.circuit.phases[phase][layer - 1]

    @property
    def currents(self):
        """Nudge currents into the outputs: int32 within +-CURRENT_MAX, in their current unit; its own memory."""
        return self.circuit.currents

    def refresh(self):
        """Recompute every node's total conductance from the devices, after these were set from outside."""
        for c, total in enumerate(self.circuit.total):
            for j in range(len(total)):
                total[j] = self._total(c, j)
        divide(self.circuit)

    def _total(self, c, j):
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
        """Return crossbar c's conductances, flat as `Plan.shapes` says: uint16 steps, its own memory."""
        return self.circuit.g[c]

    def restore(self, c, start, data):
        """Write conductances from little-endian uint16 bytes, from device `start` of crossbar c on; then `refresh`.

        Raises ValueError when they do not fit the crossbar or leave g_min..g_max; nothing is written then.
        """
        count = len(data) // 2
        g = self.conductances(c)
        if len(data) % 2 or start < 0 or start + count > len(g):
            raise ValueError("restore: {} bytes at {} of {} devices".format(len(data), start, len(g)))
        low, high = self.plan.g_min, self.plan.g_max
        for i in range(count):
            value = data[2 * i] | data[2 * i + 1] << 8
            if not low <= value <= high:
                raise ValueError("restore: conductance {} is not in {}..{}".format(value, low, high))
        for i in range(count):
            g[start + i] = data[2 * i] | data[2 * i + 1] << 8

    def crc(self):
        """Return the CRC-32 of all conductances in order, as little-endian uint16."""
        crc = 0
        for c in range(len(self.circuit.g)):
            crc = binascii.crc32(self.conductances(c), crc)
        return crc


def _wire(plan, arrays):
    """Return the `Circuit` of a plan, with all that never changes: biases, diodes and rails, what `relax` reads."""
    count = len(plan.shapes)
    phases = tuple(tuple(arrays[name]) for name in ("free", "plus", "minus"))
    inputs, driven = arrays["inputs"][0], arrays["driven"][0]
    inputs[len(inputs) - 1] = U_MAX
    base = arrays["base"]
    rest = driven
    if count > 1:  # the driven rows send their currents into a hidden layer; the outputs' stay zero
        base.insert(0, driven)
        rest = arrays["rest"][0]
    for c in range(count):
        n = plan.layers[c + 1]
        last = c + 1 == count
        for j in range(n):
            arrays["low"][c][j] = 0 if not last and j < plan.excitatory[c] else -V_MAX
            arrays["high"][c][j] = 0 if not last and j >= plan.excitatory[c] else V_MAX
        if not last:
            for phase in phases:
                phase[c][n] = plan.bias
                phase[c][n + 1] = -plan.bias
        shape = arrays["shape"][c]
        shape[0] = n
        shape[1] = plan.layers[c] + 2 if c else 0
        shape[2] = 0 if last else plan.layers[c + 2]
        shape[3] = plan.shifts[count - 1]  # the same in all crossbars between layers
        shape[4] = plan.backs[c]
    limits = arrays["limits"][0]
    limits[0] = plan.g_min
    limits[1] = plan.g_max
    return Circuit(
        inputs,
        arrays["active"][0],
        driven,
        rest,
        arrays["currents"][0],
        limits,
        arrays["rates"][0],
        plan.targets,
        plan.beta,
        plan.sweeps,
        tuple(arrays["g"]),
        tuple(arrays["total"]),
        tuple(base),
        tuple(arrays["reciprocal"]),
        tuple(arrays["shift"]),
        tuple(arrays["low"]),
        tuple(arrays["high"]),
        tuple(arrays["delta"]),
        tuple(arrays["mean"]),
        tuple(arrays["shape"]),
        plan.gains,
        plan.shifts,
        plan.scales,
        tuple(min(DELTA_MAX << (plan.gains[c] if c else 0), V_MAX) for c in range(count)),
        phases,
    )
