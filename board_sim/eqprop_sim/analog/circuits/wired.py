"""Operating points with resistive lines, batched and by iteration: `Nodal` solves the same system at once, and slowly.

With its rows held, a bit line is a ladder: elimination from its far end gives exactly what its node sees, a circuit
of smaller "effective" conductances with perfect lines. `ideal.settle` brings that circuit to rest. What it leaves out,
the word lines' drops and what the rows of a column take from each other, enters as correcting currents until the
node voltages no longer move.
"""

import numpy as np

from ..errors import ConvergenceError
from ..kernels import bit_lines, eliminate, word_lines
from .ideal import drive, settle
from .wires import flat, unflat

_SWEEPS = 200
_RELAXED = 1e-3  # of the tolerance: how exactly the lines are known


class Wired:
    """Lines of resistance around the devices of a `Circuit`.

    - circuit: the effective circuit; the limits, amplifiers and sources are the real one's
    """

    def __init__(self, circuit, wires, tolerance_v=1e-7):
        """Lay lines of resistance `wires` through a circuit of that structure, whose conductances it takes over.

        tolerance_v: how exactly node voltages are solved, volts.
        """
        self.circuit = circuit
        self.wires = wires
        self.tolerance_v = tolerance_v
        shapes = [flat(g, c).shape for c, g in enumerate(circuit.g)]
        self._g = [np.empty(shape, circuit.dtype) for shape in shapes]
        self._down = [np.empty((2, *shape), circuit.dtype) for shape in shapes]
        self._along = [np.empty((2, *shape), circuit.dtype) for shape in shapes]
        self._corrected = wires.row_ohm > 0 or (wires.column_ohm > 0 and len(circuit.g) > 1)

    def follow(self, g):
        """Take new conductances, arrays as a circuit's."""
        row_ohm, column_ohm = (self.circuit.dtype.type(ohm) for ohm in (self.wires.row_ohm, self.wires.column_ohm))
        for c, each in enumerate(g):
            self._g[c][...] = flat(each, c)
            effective = np.empty_like(self._g[c])
            eliminate(self._g[c], row_ohm, column_ohm, self._along[c], self._down[c], effective)
            self.circuit.g[c][...] = unflat(effective, c)
        self.circuit.follow()

    def settle(self, x, nudge=None, start=None, settings=None):
        """Return the node voltages at rest, as `ideal.settle` does, for features x (batch, n_0), -1..1.

        Raises ConvergenceError if the corrections do not settle.
        """
        circuit = self.circuit
        base = drive(circuit, x)
        extra = [0.0] * len(circuit.layers)
        v = start
        for _ in range(_SWEEPS):
            before = v
            v = self._relaxed(base, nudge, v, extra, settings)
            if not self._corrected:
                return v
            if before is not None:
                moved = max(float(np.abs(a - b).max()) for a, b in zip(v[1:], before[1:], strict=True))
                if moved <= self.tolerance_v:
                    return v
            extra = self._corrections(x, v)
        raise ConvergenceError(f"lines of {self.wires}: node voltages still move by {moved:.3g} V")

    def _relaxed(self, base, nudge, start, extra, settings):
        """Settle the effective circuit with correcting currents into the nodes, amperes."""
        circuit = self.circuit
        rest = circuit.rest
        circuit.rest = [
            None,
            rest[1],
            *(r + e * i for r, e, i in zip(rest[2:], extra[2:], circuit.inverse[2:], strict=True)),
        ]
        try:
            return settle(circuit, base + extra[1] * circuit.inverse[1], nudge, start, settings)
        finally:
            circuit.rest = rest

    def _corrections(self, x, v):
        """Return the currents into each layer's nodes that the effective circuit lacks at node voltages v."""
        circuit = self.circuit
        extra: list = [0.0] * len(circuit.layers)
        # A driven bit line with perfect word lines is its ladder
        for c in range(0 if self.wires.row_ohm else 1, len(circuit.g)):
            rows = self.ends(c, x, v)
            into, drawn = self._currents(c, rows, v[c + 1])
            effective = flat(circuit.g[c], c)
            extra[c + 1] = extra[c + 1] + into - (rows @ effective - v[c + 1] * effective.sum(0))
            if c:
                wrong = drawn - (rows * effective.sum(1) - v[c + 1] @ effective.T)
                extra[c] = extra[c] - circuit.back[c] * wrong[:, :-2]
        return extra

    def ends(self, c, x, v):
        """Return the voltages at the ends of crossbar c's rows, (batch, rows), at features x and node voltages v."""
        circuit = self.circuit
        bias = np.full((len(x), 1), circuit.bias_v[c], circuit.dtype)
        if c:
            return np.hstack([circuit.rows(c, v[c]), bias, -bias])
        rows = np.hstack([x * circuit.dtype.type(circuit.drive_v), bias])
        return np.stack([rows, -rows], 2).reshape(len(x), -1)

    def _currents(self, c, rows, nodes):
        """Return the currents (into the nodes, out of the rows' ends) with the lines between them at rest."""
        g, wires, dtype = self._g[c], self.wires, self.circuit.dtype.type
        into, drawn = np.empty_like(nodes), np.empty_like(rows)
        tolerance = dtype(self.tolerance_v * _RELAXED)
        for n in range(len(rows)):
            word = np.repeat(rows[n][:, None], g.shape[1], 1)
            bit = np.empty_like(g)
            for _ in range(_SWEEPS):
                bit_lines(g, dtype(wires.column_ohm), self._down[c], word, nodes[n], bit)
                if not wires.row_ohm or word_lines(g, dtype(wires.row_ohm), self._along[c], rows[n], bit, word) <= max(
                    tolerance, 4 * np.finfo(dtype).eps * float(np.abs(rows[n]).max())
                ):
                    break
            currents = g * (word - bit)
            into[n], drawn[n] = currents.sum(0), currents.sum(1)
        return into, drawn
