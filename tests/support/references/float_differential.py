"""The differential network in floating point, solved as a whole: an independent reference for the integer kernels.

Volts of the driven rows throughout, in which the amplifiers are invisible: every node drives a row at its own voltage
and one at the negative.
"""

import numpy as np

from .float_circuit import FloatCircuit


class FloatDifferential(FloatCircuit):
    """As `FloatCircuit`, but the rows of every crossbar come in pairs, + and -, and a class has two output nodes."""

    def __init__(self, crossbar):
        """Take conductances, limits, inputs and scales of an emulated `crossbar`, as they are now.

        - sums[c]: volts of layer c + 1 are its voltages over 2**sums[c]; units[c]: and its displacements over
          2**(sums[c] + units[c])
        """
        plan, circuit = crossbar.plan, crossbar.circuit
        count = len(plan.shapes)
        self.plan = plan
        self.sums = [sum(plan.gains[: c + 1]) for c in range(count)]
        self.units = [sum(plan.drops[c + 1 :]) for c in range(count)]
        rows, nodes = plan.shapes[0][1], plan.nodes[0]
        crossings = [np.array(list(circuit.g[0]), float).reshape(nodes, rows).T]
        for c in range(1, count):
            pairs = np.array(list(circuit.g[c]), float).reshape(-1, plan.nodes[c], 2)
            crossings.append(pairs.transpose(0, 2, 1).reshape(-1, plan.nodes[c]))
        low, high = (
            np.concatenate([np.array(list(limits[c]), float) / 2.0 ** self.sums[c] for c in range(count)])
            for limits in (circuit.low, circuit.high)
        )
        super().__init__(crossings, low, high)
        self.sources = [np.array([sign * u for u in circuit.inputs for sign in (1, -1)], float)]
        self.sources += [np.array([1, -1]) * plan.bias / 2.0 ** self.sums[c - 1] for c in range(1, count)]

    def system(self, sources):
        """Return (A, b): the currents out of the nodes at voltages v are A v - b."""
        n = self.ends[-1]
        conductance, current = np.zeros((n, n)), np.zeros(n)
        for c, (g, fixed) in enumerate(zip(self.crossings, sources, strict=True)):
            above = self._layer(c)
            wired = len(g) - len(fixed)
            conductance[above, above] += np.diag(g.sum(0))
            current[above] += fixed @ g[wired:]
            if c:
                below = self._layer(c - 1)
                plus, minus = g[:wired:2], g[1:wired:2]
                conductance[below, below] += np.diag((plus + minus).sum(1))
                conductance[below, above] -= plus - minus
                conductance[above, below] -= (plus - minus).T
        return conductance, current

    def into(self, currents):
        """Return the currents into the output nodes of the classes' `currents`: into one, out of the other."""
        return np.stack([currents, -np.asarray(currents)], 1).ravel()

    def response(self, v, currents):
        """Return the displacement of every node by the classes' `currents`, in their first order, around voltages v."""
        conductance, _ = self.system(self.sources)
        free = ~self.held(v)
        pushed = np.zeros(len(v))
        pushed[self.outputs] = self.into(currents)
        moved = np.zeros(len(v))
        moved[free] = np.linalg.solve(conductance[np.ix_(free, free)], pushed[free])
        return moved

    def errors(self, v, targets, label):
        """As `FloatCircuit.errors`, of the classes' outputs."""
        output = v[self.outputs]
        short = targets - (output[::2] - output[1::2])
        right = np.arange(len(short)) == label
        return np.where(right, np.maximum(short, 0), np.minimum(short, 0))

    def across(self, v, sources, c):
        """Return the voltage across every device of crossbar c, (rows, columns)."""
        rows = sources[0]
        if c:
            below = v[self._layer(c - 1)]
            rows = np.concatenate([np.stack([below, -below], 1).ravel(), sources[c]])
        return rows[:, None] - v[self._layer(c)]

    def power(self, v):
        """Return the power dissipated at voltages v: steps times volts squared."""
        return sum(float((g * self.across(v, self.sources, c) ** 2).sum()) for c, g in enumerate(self.crossings))

    def volts(self, layers, units=None):
        """Return the volts, (nodes,), of voltages of all layers, or displacements with their `units`."""
        units = units or [0] * len(layers)
        return np.concatenate(
            [
                np.array(list(v)[:n], float) / 2.0 ** (s + u)
                for v, n, s, u in zip(layers, self.plan.nodes, self.sums, units, strict=True)
            ]
        )
