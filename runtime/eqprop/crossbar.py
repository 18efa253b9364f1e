"""The crossbar contract, and the crossbar that the board emulates.

A learner uses a crossbar through these verbs, and knows nothing else of it:

    drive(x)               put the features on the driven rows
    settle()               free phase: settle from zero volts, no nudge
    nudge(currents, phase) nudged phase: settle from the free state with these currents into the output nodes
    voltages(layer, phase) read node voltages
    program(rates)         change every conductance by what PLUS and MINUS show of the voltage across it
    conductances(c), restore(c, start, data), refresh()

`EmulatedCrossbar` is the board's own, in fixed point. It allocates nothing after construction.
"""

import binascii

from .fixed import DELTA_MAX, V_MAX, Xorshift32

FREE = 0
PLUS = 1
MINUS = 2


class EmulatedCrossbar:
    """Conductances, node voltages and the circuit's laws in integers (formats: `eqprop.fixed`, scales: `Plan`)."""

    def __init__(self, plan, kernels, allocate, seed):
        """Build the crossbars of `plan` with initial conductances from `seed`.

        `kernels` is a tier's module, `allocate(typecode, items)` makes a zeroed array.
        """
        self.plan = plan
        self.kernels = kernels
        self.sweeps = plan.sweeps
        self.count = len(plan.shapes)
        self.active_count = 0
        self.limits = allocate("i", 2)
        self.limits[0] = plan.g_min
        self.limits[1] = plan.g_max
        self.arrays = {}
        for name, code, items in plan.buffers:
            self.arrays.setdefault(name, []).append(allocate(code, items))
        a = self.arrays
        self.inputs, self.active, self.driven = a["inputs"][0], a["active"][0], a["driven"][0]
        self.g, self.total, self.base, self.shape = a["g"], a["total"], a["base"], a["shape"]
        self.low, self.high, self.reciprocal, self.shift = a["low"], a["high"], a["reciprocal"], a["shift"]
        self.delta, self.mean = a["delta"], a["mean"]
        self.phases = (a["free"], a["plus"], a["minus"])
        self._wire()
        self._initialise(Xorshift32(seed))
        self.refresh()

    def _wire(self):
        """Set what never changes: bias voltages, diodes and rails, and the shapes that `relax` reads."""
        plan = self.plan
        self.inputs[len(self.inputs) - 1] = 127
        if self.count > 1:
            self.base[0] = self.driven
            self.rest = self.arrays["rest"][0]
        else:
            self.rest = self.driven
        for c in range(self.count):
            n = plan.layers[c + 1]
            output = c + 1 == self.count
            for j in range(n):
                self.low[c][j] = 0 if not output and j < n // 2 else -32767
                self.high[c][j] = 0 if not output and j >= n // 2 else 32767
            if not output:
                for phase in self.phases:
                    phase[c][n] = plan.bias
                    phase[c][n + 1] = -plan.bias
            shape = self.shape[c]
            shape[0] = n
            shape[1] = plan.layers[c] + 2 if c else 0
            shape[2] = 0 if output else plan.layers[c + 2]
            shape[3] = plan.shifts[self.count - 1]  # the same in all crossbars between layers
            shape[4] = plan.backs[c]

    def _initialise(self, random):
        """Draw the initial conductances: half of them g_min, half uniform from there to plan.initial."""
        for c in range(self.count):
            g = self.g[c]
            spread = self.plan.initial[c]
            for i in range(len(g)):
                draw = random.below(2 * spread) - spread
                g[i] = self.plan.g_min + (draw if draw > 0 else 0)

    def refresh(self):
        """Recompute every node's total conductance from the devices, after these were set from outside."""
        k = self.kernels
        k.sum_driven(self.g[0], self.total[0])
        for c in range(1, self.count):
            k.sum_between(self.g[c], self.total[c - 1], self.total[c])
        self._invert()

    def _invert(self):
        for c in range(self.count):
            self.kernels.invert(self.total[c], self.plan.scales[c], self.reciprocal[c], self.shift[c])

    def drive(self, x):
        """Put features `x` (int8, one for each input) on the row pairs; the driven currents follow, once a sample."""
        k = self.kernels
        self.active_count = k.load(x, self.inputs, self.active)
        k.drive(self.g[0], self.inputs, self.active, self.active_count, self.plan.shifts[0], self.driven)

    def settle(self):
        """Free phase: settle from zero volts without nudge."""
        k = self.kernels
        free = self.phases[FREE]
        for c in range(self.count):
            k.clear(free[c], self.shape[c][0])
        k.inject(self.rest, self.rest, 0, self.base[self.count - 1])
        self._sweep(free)

    def nudge(self, currents, phase):
        """Nudged phase PLUS or MINUS: settle from the free state with `currents` added to (PLUS) or drawn (MINUS).

        `currents`: int32, one for each output node, within +-CURRENT_MAX, in the output nodes' current unit.
        """
        k = self.kernels
        v = self.phases[phase]
        for c in range(self.count):
            k.copy(self.phases[FREE][c], v[c])
        k.inject(self.rest, currents, 1 if phase == PLUS else -1, self.base[self.count - 1])
        self._sweep(v)

    def _sweep(self, v):
        for _ in range(self.sweeps):
            for c in range(0, self.count, 2):
                self._relax(c, v)
            for c in range(1, self.count, 2):
                self._relax(c, v)

    def _relax(self, c, v):
        below = c if c else 0
        above = c + 1 if c + 1 < self.count else c
        self.kernels.relax(
            self.shape[c],
            self.base[c],
            self.g[below],
            v[c - 1 if c else 0],
            self.g[above],
            v[above],
            self.reciprocal[c],
            self.shift[c],
            self.low[c],
            self.high[c],
            v[c],
        )

    def voltages(self, layer, phase):
        """Return the voltages of layer 1..L in that phase: int16, its own memory, valid until the next settle.

        A hidden layer's last two are its bias pair.
        """
        return self.phases[phase][layer - 1]

    def answer(self):
        """Return the class the free phase chose: the first of the highest output nodes."""
        return self.kernels.highest(self.phases[FREE][self.count - 1], len(self.rest))

    def pull(self, target, label, beta, currents):
        """Set `currents` to what pulls the free outputs to their targets, and return the loss (`kernels.plain.pull`)."""
        shift = self.plan.scales[self.count - 1]
        return self.kernels.pull(self.phases[FREE][self.count - 1], target, label, beta, shift, currents)

    def program(self, rates):
        """Change every conductance by the EqProp rule from the voltages held in PLUS and MINUS.

        rates[c]: right shift of crossbar c's change, 1..24; each step up halves the learning rate.
        """
        k = self.kernels
        for c in range(self.count):
            limit = min(DELTA_MAX << (self.plan.gains[c] if c else 0), V_MAX)
            k.contrast(self.phases[PLUS][c], self.phases[MINUS][c], limit, self.delta[c], self.mean[c])
        k.update_driven(
            self.g[0],
            self.inputs,
            self.active,
            self.active_count,
            self.plan.gains[0],
            rates[0],
            1 << (rates[0] - 1),
            self.limits,
            self.delta[0],
            self.mean[0],
            self.total[0],
        )
        for c in range(1, self.count):
            k.update_between(
                self.g[c],
                self.plan.gains[c],
                rates[c],
                1 << (rates[c] - 1),
                self.limits,
                self.delta[c - 1],
                self.mean[c - 1],
                self.total[c - 1],
                self.delta[c],
                self.mean[c],
                self.total[c],
            )
        self._invert()

    def conductances(self, c):
        """Return crossbar c's conductances, flat as `Plan.shapes` says: uint16 steps, its own memory."""
        return self.g[c]

    def restore(self, c, start, data):
        """Write conductances from little-endian uint16 bytes, from device `start` of crossbar c on; then `refresh`.

        Raises ValueError when they do not fit the crossbar or leave g_min..g_max; nothing is written then.
        """
        count = len(data) // 2
        g = self.conductances(c)
        if len(data) % 2 or start < 0 or start + count > len(g):
            raise ValueError("restore: {} bytes at {} of {} devices".format(len(data), start, len(g)))
        for i in range(count):
            value = data[2 * i] | data[2 * i + 1] << 8
            if not self.plan.g_min <= value <= self.plan.g_max:
                raise ValueError(
                    "restore: conductance {} is not in {}..{}".format(value, self.plan.g_min, self.plan.g_max)
                )
        for i in range(count):
            g[start + i] = data[2 * i] | data[2 * i + 1] << 8

    def crc(self):
        """Return the CRC-32 of all conductances in order, as little-endian uint16."""
        crc = 0
        for c in range(self.count):
            crc = binascii.crc32(self.conductances(c), crc)
        return crc
