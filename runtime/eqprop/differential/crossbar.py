"""The crossbar of a differential network that the board emulates: the common part of all tiers.

Allocates nothing after construction.
"""

from ..crossbar import FREE
from ..crossbar.emulated import EmulatedCrossbar
from ..fixed import U_MAX, V_MAX
from .circuit import wire


class DifferentialCrossbar(EmulatedCrossbar):
    """Conductances, voltages and displacements in integers (formats: `eqprop.fixed`, scales: `Plan`).

    A subclass names its `tier`, implements the verbs by the circuit's dynamics, and provides `scatter` and `gather` of
    `eqprop.crossbar.kernels.plain`.
    """

    wire = staticmethod(wire)

    def fixed(self):
        """Yield (name, array, first, end, value) of all items with fixed values: biases, diodes and rails, sizes."""
        plan, circuit = self.plan, self.circuit
        last = len(circuit.g) - 1
        yield "bias", circuit.inputs, self.features, self.features + 1, U_MAX
        yield "limits", circuit.limits, 0, 1, plan.g_min
        yield "limits", circuit.limits, 1, 2, plan.g_max
        for c in range(last + 1):
            n = plan.nodes[c]
            rows = plan.layers[c] + 1 if c else 0
            columns = plan.nodes[c + 1] if c < last else 0
            # All crossbars between layers have the same product shifts
            sizes = (n, rows, columns, plan.shifts[last], plan.backs[c], plan.fine, plan.downs[c], plan.lifts[c])
            for i, size in enumerate(sizes):
                yield "shape", circuit.shape[c], i, i + 1, size
            # Outputs have only rails
            held_low = plan.excitatory[c] if c < last else 0
            held_high = plan.excitatory[c] if c < last else n
            yield "diodes", circuit.low[c], 0, held_low, 0
            yield "diodes", circuit.low[c], held_low, n, -V_MAX
            yield "diodes", circuit.high[c], 0, held_high, V_MAX
            yield "diodes", circuit.high[c], held_high, n, 0
            if c < last:
                yield "bias", circuit.free[c], n, n + 1, plan.bias
                yield "bias", circuit.displaced[c], n, n + 1, 0

    def voltages(self, layer, phase):
        """Return layer 1..L in that phase: int16, its own memory, valid until the next settle.

        FREE: the voltages of hidden nodes, a hidden layer's last that of its bias row; the output of each class, the
        difference of its two nodes' voltages. PLUS: the displacement of every node, in the unit of its layer, two nodes
        for each class; MINUS would be the negative, and is not kept.
        """
        circuit = self.circuit
        if phase == FREE:
            return circuit.outputs if layer == len(circuit.g) else circuit.free[layer - 1]
        return circuit.displaced[layer - 1]

    def total(self, c, j):
        """Return the sum of the conductances at node j of layer c + 1, from the devices of both its crossbars."""
        g = self.circuit.g
        nodes = len(self.circuit.total[c])
        rows = len(g[c]) // nodes
        if c:
            total = self.gather(g[c], 2 * j, rows // 2, 2 * nodes) + self.gather(g[c], 2 * j + 1, rows // 2, 2 * nodes)
        else:
            total = self.gather(g[0], rows * j, rows, 1)
        if c + 1 < len(g):
            columns = 2 * len(self.circuit.total[c + 1])
            total += self.gather(g[c + 1], columns * j, columns, 1)
        return total
