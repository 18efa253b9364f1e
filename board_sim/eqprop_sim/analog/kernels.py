"""Compiled loops for the steps that would take NumPy a dozen passes over memory, or a dozen calls."""

import numba
import numpy as np

from ..emulator.machine_code import cached

with cached(__file__):

    @numba.njit(cache=True)
    def program_driven(plus, minus, product, constant, low, high, signed, total):
        """Change the driven rows' conductances and update the derived arrays, in one pass.

        plus += product - constant and minus -= product + constant, within low..high; signed = plus - minus;
        total[j] += the sum of both over the rows. Arrays (rows, columns) of one float type, constant and total
        (columns,), low and high scalars of that type.
        """
        rows, columns = product.shape
        for i in range(rows):
            p, m, s, d = plus[i], minus[i], signed[i], product[i]
            for j in range(columns):
                a = p[j] + (d[j] - constant[j])
                b = m[j] - (d[j] + constant[j])
                a = low if a < low else a
                a = high if a > high else a
                b = low if b < low else b
                b = high if b > high else b
                p[j] = a
                m[j] = b
                s[j] = a - b
                total[j] += a + b

    @numba.njit(cache=True)
    def weigh(g, gain, back, inverse, forward, backward):
        """Compute the weights of a crossbar of conductances g (rows, columns), for relaxing.

        forward = gain g inverse, (rows, columns), and backward = (g back)', (columns, rows). gain and back: (rows,),
        inverse: (columns,).
        """
        rows, columns = g.shape
        for i in range(rows):
            for j in range(columns):
                forward[i, j] = gain[i] * g[i, j] * inverse[j]
                backward[j, i] = g[i, j] * back[i]

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
