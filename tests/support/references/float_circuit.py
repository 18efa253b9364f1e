"""The circuit in floating point, solved as a whole: an independent reference for the integer kernels.

One linear system for all nodes and an active set for the diodes and rails, instead of relaxing layer by layer; volts
of the driven rows throughout, in which the amplifiers are invisible: the network is an ordinary resistive one.
"""

import numpy as np


class FloatCircuit:
    """A resistive network of layers 1..L between fixed rows; node order: layer by layer.

    - crossings: for each crossbar an array (rows, columns) of conductances; its last rows join no node of the layer
      below but `sources[c]`, fixed voltages: all rows of crossbar 0, the bias pair of the others.
    - low, high: limits of every node's voltage.
    """

    def __init__(self, crossings, low, high):
        """Take the conductances (float, copied) and the limits, volts."""
        self.crossings = [np.array(g, float) for g in crossings]
        self.low = np.array(low, float)
        self.high = np.array(high, float)
        self.ends = np.cumsum([0] + [g.shape[1] for g in self.crossings])
        self.outputs = slice(self.ends[-2], self.ends[-1])

    def _layer(self, c):
        """Return the places of the nodes above crossbar c."""
        return slice(self.ends[c], self.ends[c + 1])

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
                conductance[below, below] += np.diag(g[:wired].sum(1))
                conductance[below, above] -= g[:wired]
                conductance[above, below] -= g[:wired].T
        return conductance, current

    def equilibrium(self, sources, nudge=0):
        """Return the voltages at rest, with `nudge` current into the outputs: the least power within the limits."""
        conductance, current = self.system(sources)
        current[self.outputs] += nudge
        held = np.zeros(len(current), int)  # -1 at its low limit, 1 at its high one
        for _ in range(200):
            free = held == 0
            v = np.where(held < 0, self.low, self.high)
            if free.any():
                into = current[free] - conductance[np.ix_(free, ~free)] @ v[~free]
                v[free] = np.linalg.solve(conductance[np.ix_(free, free)], into)
            push = current - conductance @ v
            nxt = np.where(free & (v < self.low), -1, np.where(free & (v > self.high), 1, held))
            nxt[(held < 0) & (push > 1e-9)] = 0
            nxt[(held > 0) & (push < -1e-9)] = 0
            if (nxt == held).all():
                return v
            held = nxt
        raise ArithmeticError("the diodes do not come to rest")

    def held(self, v):
        """Return which nodes are at a limit."""
        return (v <= self.low) | (v >= self.high)

    def errors(self, v, targets, label):
        """Return how far each output among voltages `v` is short of its target: the right one below, others above."""
        short = targets - v[self.outputs]
        right = np.arange(len(short)) == label
        return np.where(right, np.maximum(short, 0), np.minimum(short, 0))

    def loss(self, v, targets, label):
        """Return half the sum of squared errors of the outputs among voltages `v`, volts squared."""
        return 0.5 * np.sum(self.errors(v, targets, label) ** 2)

    def across(self, v, sources, c):
        """Return the voltage across every device of crossbar c, (rows, columns)."""
        below = np.concatenate([v[self._layer(c - 1)], sources[c]]) if c else sources[0]
        return below[:, None] - v[self._layer(c)]

    def finite_difference(self, sources, targets, label, c, step=1.0):
        """Return d loss / d conductance of every device of crossbar c by central differences.

        nan where a diode or rail switches within the step: the loss has a kink there.
        """
        g = self.crossings[c]
        held = self.held(self.equilibrium(sources))
        slope = np.empty_like(g)
        for at in np.ndindex(*g.shape):
            old = g[at]
            losses = []
            for g[at] in (old + step, old - step):
                v = self.equilibrium(sources)
                losses.append(self.loss(v, targets, label) if (self.held(v) == held).all() else np.nan)
            g[at] = old
            slope[at] = (losses[0] - losses[1]) / (2 * step)
        return slope

    def equilibrium_propagation(self, sources, targets, label, beta):
        """Return centred EqProp's estimate of d loss / d conductance, for each crossbar."""
        nudge = beta * self.errors(self.equilibrium(sources), targets, label)
        plus, minus = (self.equilibrium(sources, sign * nudge) for sign in (1, -1))
        return [
            (self.across(plus, sources, c) ** 2 - self.across(minus, sources, c) ** 2) / (4 * beta)
            for c in range(len(self.crossings))
        ]
