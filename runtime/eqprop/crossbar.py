"""The crossbar contract, and the crossbar that the board emulates.

A learner uses a crossbar through these verbs, and knows nothing else of it:

    drive(x)                      put the features on the driven rows
    settle()                      free phase: settle from zero volts, no nudge; returns the answer, the highest output
    pull(targets, label, beta)    turn the output errors into nudge currents; returns the loss
    nudge(phase)                  nudged phase: settle from the free state with these currents into the output nodes
    voltages(layer, phase)        read node voltages
    program(rates)                change every conductance by what PLUS and MINUS show of the voltage across it
    conductances(c), restore(c, start, data), refresh()

`EmulatedCrossbar` is the board's own, in fixed point. It allocates nothing after construction.
"""

import binascii

from .circuit import Circuit
from .fixed import DELTA_MAX, U_MAX, V_MAX, Xorshift32


class EmulatedCrossbar:
    """Conductances, node voltages and the circuit's laws in integers (formats: `eqprop.fixed`, scales: `Plan`)."""

    def __init__(self, plan, laws, allocate, seed):
        """Build the crossbars of `plan` with initial conductances from `seed`.

        `laws` is the module `eqprop.circuit` or its compiled twin, `allocate(typecode, items)` makes a zeroed array.
        """
        self.plan = plan
        self.laws = laws
        arrays = {}
        for name, code, items in plan.buffers():
            arrays.setdefault(name, []).append(allocate(code, items))
        self.circuit = _wire(plan, arrays)
        self.currents = self.circuit.currents
        laws.tabulate(self.circuit)
        self._initialise(Xorshift32(seed))
        self.refresh()

    def _initialise(self, random):
        """Draw the initial conductances: half of them g_min, half uniform from there to plan.initial."""
        for c in range(len(self.circuit.g)):
            g = self.circuit.g[c]
            spread = self.plan.initial[c]
            for i in range(len(g)):
                draw = random.below(2 * spread) - spread
                g[i] = self.plan.g_min + (draw if draw > 0 else 0)

    def refresh(self):
        """Recompute every node's total conductance from the devices, after these were set from outside."""
        self.laws.refresh(self.circuit)

    def drive(self, x):
        """Put features `x` (int8, one for each input) on the row pairs; the driven currents follow, once a sample."""
        self.laws.drive(self.circuit, x)

    def settle(self):
        """Free phase: settle from zero volts without nudge; return the first of the highest output nodes."""
        return self.laws.settle(self.circuit)

    def pull(self, targets, label, beta):
        """Set `currents` to what pulls the free outputs to their targets; return the loss (`kernels.plain.pull`)."""
        return self.laws.pull_outputs(self.circuit, targets, label, beta)

    def nudge(self, phase):
        """Nudged phase PLUS or MINUS: settle from the free state with `currents` added to (PLUS) or drawn (MINUS).

        `currents`: int32, one for each output node, within +-CURRENT_MAX, in the output nodes' current unit.
        """
        self.laws.nudge(self.circuit, phase)

    def voltages(self, layer, phase):
        """Return the voltages of layer 1..L in that phase: int16, its own memory, valid until the next settle.

        A hidden layer's last two are its bias pair.
        """
        return self.circuit.phases[phase][layer - 1]

    def program(self, rates):
        """Change every conductance by the EqProp rule from the voltages held in PLUS and MINUS.

        rates[c]: right shift of crossbar c's change, 1..24; each step up halves the learning rate.
        """
        self.laws.program(self.circuit, rates)

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
        arrays["listed"][0],
        arrays["table"][0],
        driven,
        rest,
        arrays["currents"][0],
        limits,
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
        tuple(plan.gains),
        tuple(plan.shifts),
        tuple(plan.scales),
        tuple(min(DELTA_MAX << (plan.gains[c] if c else 0), V_MAX) for c in range(count)),
        phases,
        plan.sweeps,
    )
