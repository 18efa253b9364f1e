"""A minimal crossbar, written from the text of the contract (`eqprop.crossbar`) alone: an array of parts in floats."""

import random
from array import array

from eqprop.crossbar import FREE, MINUS, PLUS
from eqprop.crossbar.devices import check_devices
from eqprop.crossbar.external import ExternalCrossbar

RAIL = 32767
SWEEPS = 30


def limited(phases, limit):
    """Return the difference of a voltage between PLUS and MINUS, within +-limit."""
    plus, minus = phases
    return min(max(plus - minus, -limit), limit)


class FloatCrossbar(ExternalCrossbar):
    """Node voltages in float codes, conductances in float steps; nothing is rounded before it is read."""

    tier = "float"

    def __init__(self, plan):
        super().__init__(plan)
        self.programs = 0
        self._g = [[float(plan.g_min)] * (rows * columns) for rows, columns in plan.shapes]
        self._v = {phase: [[0.0] * n for n in plan.layers[1:]] for phase in (FREE, PLUS, MINUS)}

    def settle(self, x):
        self.check(x)
        signed = [u - 256 if u > 127 else u for u in x]
        self._x = [max(u, -127) for u in signed] + [127]
        self._rest(FREE, 0)
        outputs = self.voltages(len(self.plan.layers) - 1, FREE)
        return outputs.index(max(outputs))

    def nudge(self, phase):
        self.check_phase(phase)
        self._rest(phase, 1 if phase == PLUS else -1)

    def program(self):
        self.programs += 1
        plan = self.plan
        for c, g in enumerate(self._g):
            rate = 2.0 ** -(self.rate_shifts[c] + plan.gains[c] * (2 if c else 1))
            rows = list(zip(self._rows(c, PLUS), self._rows(c, MINUS), strict=True))
            nodes = list(zip(self._v[PLUS][c], self._v[MINUS][c], strict=True))
            for i, row in enumerate(rows):
                for j, node in enumerate(nodes):
                    moved = limited(row, 8000 * 2.0 ** plan.gains[c]) - limited(node, plan.delta_limit[c])
                    mean = (sum(row) - sum(node)) / 2
                    at = self._at(c, i, j)
                    g[at] = min(max(g[at] - moved * mean * rate, plan.g_min), plan.g_max)

    def voltages(self, layer, phase):
        return array("h", [round(v) for v in self._v[phase][layer - 1]])

    def restore(self, c, start, data):
        check_devices(self.plan, c, start, data)
        for n in range(len(data) // 2):
            self._g[c][start + n] = float(data[2 * n] + 256 * data[2 * n + 1])

    def conductances(self, c):
        return array("H", [round(g) for g in self._g[c]])

    def _at(self, c, i, j):
        """Return the place of the device between row i and node j."""
        rows, columns = self.plan.shapes[c]
        return i * columns + j if c else j * columns + i

    def _rows(self, c, phase):
        """Return the voltages of crossbar c's rows, in codes of the nodes above."""
        plan = self.plan
        gain = 2.0 ** plan.gains[c]
        if c == 0:
            return [sign * u * gain for u in self._x for sign in (1, -1)]
        return [v * gain for v in self._v[phase][c - 1] + [plan.bias, -plan.bias]]

    def _rest(self, phase, sign):
        """Settle a phase: one node after the other, until nothing moves any more."""
        v = self._v[phase] = [list(voltages if sign else [0.0] * len(voltages)) for voltages in self._v[FREE]]
        for _ in range(SWEEPS):
            for c in range(len(v)):
                below = self._rows(c, phase)
                for j in range(len(v[c])):
                    v[c][j] = self._node(c, j, below, v, sign)

    def _node(self, c, j, below, v, sign):
        """Return the voltage at which node j of layer c + 1 is in equilibrium with its neighbours."""
        plan = self.plan
        g = [self._g[c][self._at(c, i, j)] for i in range(len(below))]
        current, total = sum(a * b for a, b in zip(g, below, strict=True)), sum(g)
        if c + 1 == len(v):
            current += sign * self.currents[j] * 2.0 ** plan.scales[-1]
            return min(max(current / total, -RAIL), RAIL)
        above = [self._g[c + 1][self._at(c + 1, j, k)] for k in range(len(v[c + 1]))]
        current += 2.0 ** -plan.gains[c + 1] * sum(a * b for a, b in zip(above, v[c + 1], strict=True))
        excitatory = j < plan.excitatory[c]
        return min(max(current / (total + sum(above)), 0 if excitatory else -RAIL), RAIL if excitatory else 0)


class UnreadableCrossbar(FloatCrossbar):
    """The same parts without a way to read their conductances."""

    readable = False
    conductances = ExternalCrossbar.conductances


class NoisyCrossbar(FloatCrossbar):
    """The same parts, read with an error of a step."""

    exact = False

    def conductances(self, c):
        low, high = self.plan.g_min, self.plan.g_max
        return array("H", [min(max(g + random.randint(-1, 1), low), high) for g in super().conductances(c)])
