"""Compiled loops for the steps that would take NumPy a dozen passes over memory, or a dozen calls."""

import numba
import numpy as np

from ..emulator.compiling.machine_code import cached

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
    def derive(g, below, pair, gain, back, offset_v, bias_v, inverse, rest, forward, backward):
        """Compute what `circuit.Circuit.derive` lists; return the first node that floats: (layer, node, siemens).

        Tuples of arrays, one for each crossbar and, of inverse and rest, for the layer above it; those of crossbar 0
        are not used, but for `below`, its sums, and `pair`, (n_1,), the signed conductances of its bias pair. The layer
        is 0 if none floats.
        """
        for c in range(len(g)):
            total = inverse[c]
            if c == 0:
                total[:] = below
            else:
                total[:] = 0
                for row in g[c]:
                    for j in range(len(row)):
                        total[j] += row[j]
        for c in range(1, len(g)):
            for i in range(len(gain[c])):
                drawn = g[c][i, 0] * 0
                for each in g[c][i]:
                    drawn += each
                inverse[c - 1][i] += gain[c][i] * back[c][i] * drawn
        for c in range(len(g)):
            total = inverse[c]
            for j in range(len(total)):
                if not total[j] > 0:
                    return c + 1, j, total[j]
                total[j] = 1 / total[j]
        for j in range(len(pair)):
            rest[0][j] = bias_v[0] * pair[j] * inverse[0][j]
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
                    backward[c][j, i] = row[j] * b
                if offset:  # the amplifier also draws the offset's current from its node
                    for j in range(columns):
                        rest[c][j] += offset * row[j]
                        rest[c - 1][i] -= b * offset * row[j]
            for j in range(columns):
                rest[c][j] *= onto[j]
        return 0, 0, 0.0

    @numba.njit(cache=True)
    def phases(x, signed, weights, limits, labels, scales, sweeps, free, plus, minus):
        """Settle a small batch freely and in both nudged phases, with squared errors on the wrong side alone.

        The same as `ideal.drive`, `ideal.settle` and `learning.Trainer.nudge`, for which NumPy needs a hundred calls.
        x: (batch, n_0). weights: a circuit's (inverse, rest, forward, backward), as for `derive`; limits: (low, high).
        scales: (drive_v, beta, right target, wrong target); sweeps: of the free and of the nudged phases. free, plus,
        minus: tuples of (batch, n_l) for layers 1..L. free takes the free voltages, plus the difference of the nudged
        ones and minus their mean.
        """
        inverse, rest = weights[0], weights[1]
        drive_v, beta, right, wrong = scales
        batch = len(x)
        last = len(inverse) - 1
        base = np.zeros_like(free[0])
        for b in range(batch):
            into = base[b]
            for i in range(x.shape[1]):
                volts = x[b, i]
                if volts:
                    row = signed[i]
                    for j in range(len(into)):
                        into[j] += volts * row[j]
            for j in range(len(into)):
                into[j] = into[j] * (inverse[0][j] * drive_v) + rest[0][j]
        currents = np.zeros_like(free[last])
        for v in free:
            v[:] = 0
        for _ in range(sweeps[0]):
            _sweep(base, currents, weights, limits, free)
        for b in range(batch):
            for j in range(currents.shape[1]):
                if j == labels[b]:
                    currents[b, j] = beta * max(right - free[last][b, j], beta * 0)
                else:
                    currents[b, j] = beta * min(wrong - free[last][b, j], beta * 0)
        for phase in (plus, minus):
            for layer in range(len(free)):
                phase[layer][:] = free[layer]
            for _ in range(sweeps[1]):
                _sweep(base, currents, weights, limits, phase)
            for b in range(batch):
                for j in range(currents.shape[1]):
                    currents[b, j] = -currents[b, j]
        for layer in range(len(free)):
            high, low = plus[layer].reshape(-1), minus[layer].reshape(-1)
            for k in range(len(high)):
                difference, total = high[k] - low[k], high[k] + low[k]
                high[k] = difference
                low[k] = total / 2

    @numba.njit(cache=True)
    def _sweep(base, currents, weights, limits, v):
        """Relax all layers once, the odd ones first, in place."""
        inverse, rest, forward, backward = weights
        count = len(v)
        for parity in range(2):
            for layer in range(parity, count, 2):
                onto, low, high = inverse[layer], limits[0][layer], limits[1][layer]
                for b in range(len(base)):
                    new = v[layer][b]
                    new[:] = rest[layer] if layer else base[b]
                    if layer == count - 1:
                        for j in range(len(new)):
                            new[j] += currents[b, j] * onto[j]
                    if layer:
                        _add(v[layer - 1][b], forward[layer], new)
                    if layer < count - 1:
                        _add(v[layer + 1][b], backward[layer + 1], new)
                    for j in range(len(new)):
                        new[j] = min(max(new[j], low[j]), high[j])

    @numba.njit(cache=True)
    def _add(v, weights, into):
        """Add the product of voltages and weights, (len(v), len(into))."""
        for i in range(len(v)):
            volts = v[i]
            if volts:  # a node that its diode holds is at 0 V
                row = weights[i]
                for j in range(len(into)):
                    into[j] += volts * row[j]

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
