"""Compiled loops for the steps that would take NumPy a dozen passes over memory, or a dozen calls."""

from collections import namedtuple

import numba
import numpy as np

from ..emulator.compiling.machine_code import cached

Arrays = namedtuple(
    "Arrays", "g driven signed below inverse rest forward backward low high gain back offset_v bias_v drive_v"
)
"""A `circuit.Circuit`'s arrays of these names, as the kernels take them.

driven: its g[0], (2, n_0 + 1, n_1). g, forward, backward, gain, back, offset_v: tuples with an array for each crossbar;
crossbar 0's is empty. inverse, rest, low, high: tuples for layers 1..L. bias_v: an array. drive_v: a scalar.
"""

with cached(__file__):

    @numba.njit(cache=True)
    def derive(arrays):
        """Compute what `circuit.Circuit.derive` lists; return the first node that floats: (layer, node, siemens).

        The layer is 0 if none floats.
        """
        arrays = Arrays(*arrays)
        g, inverse, rest, forward, backward = arrays.g, arrays.inverse, arrays.rest, arrays.forward, arrays.backward
        gain, back, offset_v, bias_v = arrays.gain, arrays.back, arrays.offset_v, arrays.bias_v
        inverse[0][:] = arrays.below
        for c in range(1, len(g)):
            total, below = inverse[c], inverse[c - 1]
            total[:] = 0
            for i in range(len(g[c])):
                row = g[c][i]
                drawn = total[0] * 0
                for j in range(len(row)):
                    total[j] += row[j]
                    drawn += row[j]
                if i < len(below):
                    below[i] += gain[c][i] * back[c][i] * drawn
        for c in range(len(g)):
            total = inverse[c]
            for j in range(len(total)):
                if not total[j] > 0:
                    return c + 1, j, total[j]
                total[j] = 1 / total[j]
        for j in range(len(rest[0])):
            rest[0][j] = bias_v[0] * arrays.signed[-1, j] * inverse[0][j]
        for c in range(1, len(g)):
            rows, columns = backward[c].shape[1], backward[c].shape[0]
            onto = inverse[c]
            for j in range(columns):
                rest[c][j] = bias_v[c] * (g[c][rows, j] - g[c][rows + 1, j])
            for i in range(rows):
                a, b, offset = gain[c][i], back[c][i] * inverse[c - 1][i], offset_v[c][i]
                row, ahead = g[c][i], forward[c][i]
                for j in range(columns):
                    ahead[j] = a * row[j] * onto[j]
                for j in range(columns):
                    backward[c][j, i] = row[j] * b
                if offset:  # the amplifier also draws the offset's current from its node
                    for j in range(columns):
                        rest[c][j] += offset * row[j]
                        rest[c - 1][i] -= b * offset * row[j]
            for j in range(columns):
                rest[c][j] *= onto[j]
        return 0, 0, 0.0

    @numba.njit(cache=True)
    def eliminate(g, row_ohm, column_ohm, along, down, effective):
        """Eliminate the lines of a crossbar of conductances g (rows, columns) from their far ends.

        down, along: (2, rows, columns), take for bit and word lines 1 / (1 + r y) and r / (1 + r y), y being the
        conductance that the line shows at a device from the far end up to it, and r a segment's resistance. effective:
        the share of each device in what the bit line's node sees.
        """
        rows, columns = g.shape
        for i in range(rows):
            for j in range(columns):
                y = g[i, j]
                if i:
                    y += down[1, i - 1, j]
                pass_on = 1 / (1 + column_ohm * y)
                down[0, i, j] = pass_on
                down[1, i, j] = y * pass_on
        reach = np.ones_like(g[0])
        for i in range(rows - 1, -1, -1):
            for j in range(columns):
                reach[j] *= down[0, i, j]
                effective[i, j] = g[i, j] * reach[j]
        if row_ohm:
            for i in range(rows):
                y = g[i, columns - 1] * 0
                for j in range(columns - 1, -1, -1):
                    y += g[i, j]
                    along[0, i, j] = 1 / (1 + row_ohm * y)
                    y *= along[0, i, j]
                    along[1, i, j] = y

    @numba.njit(cache=True)
    def bit_lines(g, ohm, down, word, nodes, bit):
        """Compute bit, the bit lines' voltages at the devices, from the word lines' and the nodes', (columns,)."""
        rows, columns = g.shape
        if ohm == 0:
            for i in range(rows):
                bit[i] = nodes
            return
        # Currents from the far end: what reaches the next device if that were at 0 V
        for i in range(rows):
            for j in range(columns):
                source = g[i, j] * word[i, j]
                if i:
                    source += bit[i - 1, j] * down[0, i - 1, j]
                bit[i, j] = source
        for i in range(rows - 1, -1, -1):
            for j in range(columns):
                following = bit[i + 1, j] if i < rows - 1 else nodes[j]
                bit[i, j] = (following + ohm * bit[i, j]) * down[0, i, j]

    @numba.njit(cache=True)
    def word_lines(g, ohm, along, ends, bit, word):
        """Compute word from the bit lines' voltages and the rows' ends; return the largest change, volts."""
        rows, columns = g.shape
        source = np.empty_like(bit[0])
        moved = ohm * 0
        for i in range(rows):
            passed = ohm * 0
            for j in range(columns - 1, -1, -1):
                source[j] = passed + g[i, j] * bit[i, j]
                passed = source[j] * along[0, i, j]
            before = ends[i]
            for j in range(columns):
                before = (before + ohm * source[j]) * along[0, i, j]
                moved = max(moved, abs(before - word[i, j]))
                word[i, j] = before
        return moved
