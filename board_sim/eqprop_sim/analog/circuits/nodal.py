"""All nodes of a circuit in one linear system: for wires, exponential diodes, and anything that needs the whole matrix.

At node voltages v (all layers, concatenated) the currents out of the nodes are `matrix @ v - source`, without their
diodes. With equal amplifiers the matrix is symmetric up to the layers' scales. It always has a positive diagonal and no
positive element off it, so policy iteration finds the active set of diodes.
"""

import numpy as np

from ..errors import ConvergenceError, PhysicsError
from .wires import WiredCrossbar, flat

_ROUNDS = 200


class Nodal:
    """The system of a `Circuit`, float64, with perfect or resistive lines.

    - matrix: (nodes, nodes) siemens; low, high: (nodes,) volts
    - ends[l]: the nodes of layer l are ends[l - 1]..ends[l]
    """

    def __init__(self, circuit, wires=None):
        """Assemble the system. wires: the line resistances of every crossbar, `Wires`, or None."""
        self.circuit = circuit
        self.ends = np.cumsum([0, *circuit.layers[1:]])
        size = self.ends[-1]
        self.matrix = np.zeros((size, size))
        self._constant = np.zeros(size)
        self.low = np.concatenate(circuit.low[1:]).astype(float)
        self.high = np.concatenate(circuit.high[1:]).astype(float)
        for c, g in enumerate(circuit.g):
            self._add(c, flat(g, c), wires)

    def _add(self, c, g, wires):
        """Add crossbar c of conductances g (rows, columns)."""
        circuit, above = self.circuit, slice(self.ends[c], self.ends[c + 1])
        g = np.asarray(g, float)
        if wires:
            ends = WiredCrossbar(g, wires).ends
            rows, across, columns = ends[: len(g), : len(g)], -ends[: len(g), len(g) :], ends[len(g) :, len(g) :]
        else:
            rows, across, columns = np.diag(g.sum(1)) if c else None, g, np.diag(g.sum(0))
        self.matrix[above, above] += columns
        if c == 0:
            self._driven = across[::2] - across[1::2]
            self._constant[above] += circuit.bias_v[0] * self._driven[-1]
            return
        below = slice(self.ends[c - 1], self.ends[c])
        gain, back, offset = (np.asarray(each[c], float) for each in (circuit.gain, circuit.back, circuit.offset_v))
        wired = slice(0, len(gain))
        fixed = np.concatenate([offset, [circuit.bias_v[c], -circuit.bias_v[c]]])
        self._constant[above] += fixed @ across
        self._constant[below] -= back * (rows[wired] @ fixed)
        self.matrix[above, below] -= (gain[:, None] * across[wired]).T
        self.matrix[below, above] -= back[:, None] * across[wired]
        self.matrix[below, below] += back[:, None] * rows[wired, wired] * gain

    def source(self, x, nudge=0.0):
        """Return the currents into the nodes, (batch, nodes), for features x (batch, n_0) and nudge currents."""
        x = np.asarray(x, float)
        if x.ndim != 2 or x.shape[1] != self.circuit.layers[0]:
            raise PhysicsError(f"x: expected shape (batch, {self.circuit.layers[0]}), got {x.shape}")
        source = np.tile(self._constant, (len(x), 1))
        source[:, : self.ends[1]] += self.circuit.drive_v * (x @ self._driven[:-1])
        source[:, self.ends[-2] :] += nudge
        return source

    def settle(self, source):
        """Return the voltages at rest with ideal diodes, (batch, nodes), exactly: by active set.

        Raises ConvergenceError if the active set does not converge, as with amplifiers that make the circuit active.
        """
        return np.stack([self._rest(each, n) for n, each in enumerate(source)])

    def _rest(self, source, sample):
        held = np.zeros(len(source), int)  # -1 at its low limit, 1 at its high one
        scale = np.abs(source).max() + 1e-300
        for _ in range(_ROUNDS):
            free = held == 0
            v = np.where(held < 0, self.low, self.high)
            if free.any():
                into = source[free] - self.matrix[np.ix_(free, ~free)] @ v[~free]
                v[free] = np.linalg.solve(self.matrix[np.ix_(free, free)], into)
            push = source - self.matrix @ v
            following = np.where(free & (v < self.low), -1, np.where(free & (v > self.high), 1, held))
            following[(held < 0) & (push > 1e-12 * scale)] = 0
            following[(held > 0) & (push < -1e-12 * scale)] = 0
            if (following == held).all():
                return v
            changed = int(np.argmax(following != held))
            held = following
        layer, node = self.place(changed)
        raise ConvergenceError(f"layer {layer}, node {node}: its diode switches for ever, in sample {sample}")

    def place(self, at):
        """Return (layer, node) of the system's node `at`."""
        layer = int(np.searchsorted(self.ends, at, side="right"))
        return layer, int(at - self.ends[layer - 1])

    def layers(self, v):
        """Return (batch, nodes) voltages as `ideal.settle` does: [None, layer 1, ...]."""
        return [None, *np.split(v, self.ends[1:-1], axis=1)]
