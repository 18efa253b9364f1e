"""A batch's training step in one call of machine code. NumPy needs a hundred, most longer than the arithmetic inside.

BLAS computes the products of voltages and weights, and one loop does whatever comes between two products.
"""

from collections import namedtuple

import numba
import numpy as np

from ..emulator.compiling.machine_code import cached
from . import kernels
from .kernels import Arrays, derive

LOSSES = ("squared", "squared-hinge", "cross-entropy")
_SQUARED_HINGE, _CROSS_ENTROPY = 1, 2

Rule = namedtuple("Rule", "loss paired beta right wrong temperature_v")
"""The parameters of a nudge: the loss's place in `LOSSES`, and `learning.Trainer`'s values, floats."""

_FOUR = 4
"""The largest batch whose samples a single loop over the driven devices takes side by side."""

_LANES = 16
"""Float32 numbers in the longest vectors of today's processors."""

_BLOCKS = 4
"""Parts of the driven rows, changed from the last to the first; the next step's product starts with the first rows,
which are then still in the cache."""

# A product and the sum that takes it may be one instruction, which rounds once
_compiled = numba.njit(cache=True, fastmath={"contract"})

with cached(__file__, kernels.__file__):

    @_compiled
    def learn(arrays, x, labels, rule, signs, sweeps, outputs, states, factors, limits):
        """Settle a batch's phases and change the conductances: `phases`, then `program`, whose fault it returns."""
        phases(arrays, x, labels, rule, signs, sweeps, outputs, states)
        return program(arrays, x, states, factors, limits)

    @_compiled
    def phases(arrays, x, labels, rule, signs, sweeps, outputs, states):
        """Settle a batch freely and nudged, as `ideal.drive` and `ideal.settle` do.

        arrays, rule: fields of a circuit's `kernels.Arrays` and of a `Rule`, as plain tuples, which get into machine
        code in less time. All arrays are of the circuit's type. x: (batch, n_0). labels: (batch,) int64. signs:
        (batch,), 1 or -1 for the sign of each sample's only nudge; or empty, to settle with both. sweeps: of the free
        and of the nudged phases. outputs: (batch, n_L), takes the free outputs. states: (2 batch, n_l) volts for each
        layer 1..L, takes D, and below it M: see `learning`. Raises IndexError for a label without an output.
        """
        arrays, rule = Arrays(*arrays), Rule(*rule)
        batch, last, number = len(x), len(states) - 1, x.dtype.type
        base = np.empty_like(states[0])
        np.dot(x, arrays.signed[:-1], base[:batch])
        for b in range(batch):
            for j in range(base.shape[1]):
                base[b, j] = base[b, j] * (arrays.inverse[0][j] * arrays.drive_v) + arrays.rest[0][j]
        base[batch:] = base[:batch]
        ends = np.empty_like(states[last])
        for b in range(len(ends)):
            ends[b] = arrays.rest[last] if last else base[b]
        for v in states:
            v[:] = 0
        for sweep in range(sweeps[0]):
            _relax(arrays, 0, batch, sweep == 0, base, ends, states)
            _relax(arrays, 1, batch, False, base, ends, states)
        outputs[:] = states[last][:batch]
        currents = np.empty_like(outputs)
        nudge(outputs, labels, rule, currents)
        for b in range(batch):
            sign = signs[b] if len(signs) else number(1)
            for j in range(ends.shape[1]):
                shift = currents[b, j] * (arrays.inverse[last][j] * sign)
                ends[b, j] += shift
                ends[batch + b, j] -= shift
        # Layers that do not feel the nudge yet move alike with either sign
        alike = len(signs) == 0 and last % 2 == 1 and sweeps[1] > 0
        if alike:
            _relax(arrays, 0, batch, False, base, ends, states)
        for v in states:
            v[batch:] = v[:batch]
        moving = batch if len(signs) else 2 * batch
        for sweep in range(sweeps[1]):
            if sweep or not alike:
                _relax(arrays, 0, moving, False, base, ends, states)
            _relax(arrays, 1, moving, False, base, ends, states)
        _compare(signs, states)

    @_compiled
    def _within(value, low, high):
        value = low if value < low else value
        return high if value > high else value

    @_compiled
    def _relax(arrays, parity, rows, cold, base, ends, states):
        """Bring the layers of a parity to rest, the others held, in the first rows.

        base, ends: the first and the last layer's voltages with the layers around them at 0 V. cold: all are at 0 V.
        """
        last = len(states) - 1
        for layer in range(parity, last + 1, 2):
            new, low, high = states[layer][:rows], arrays.low[layer], arrays.high[layer]
            if cold or last == 0:
                new[:] = 0
            elif layer:
                np.dot(states[layer - 1][:rows], arrays.forward[layer], new)
            else:
                np.dot(states[layer + 1][:rows], arrays.backward[layer + 1], new)
            if 0 < layer < last:
                rest = arrays.rest[layer]
                above = np.zeros_like(new)
                if not cold:
                    np.dot(states[layer + 1][:rows], arrays.backward[layer + 1], above)
                for b in range(rows):
                    for j in range(len(rest)):
                        new[b, j] = _within(new[b, j] + above[b, j] + rest[j], low[j], high[j])
            else:
                source = ends if layer == last else base
                for b in range(rows):
                    for j in range(len(low)):
                        new[b, j] = _within(new[b, j] + source[b, j], low[j], high[j])

    @_compiled
    def nudge(outputs, labels, rule, currents):
        """Compute the currents +beta * error into the outputs, (batch, n_L) amperes, from the free outputs, volts.

        labels: (batch,) int64. Raises IndexError for a label without an output.
        """
        rule = Rule(*rule)
        number = outputs.dtype.type
        beta, width, zero = number(rule.beta), number(rule.temperature_v), number(0)
        right, wrong = number(rule.right), number(rule.wrong)
        classes = outputs.shape[1] // 2 if rule.paired else outputs.shape[1]
        errors = np.empty(classes, outputs.dtype)
        for b in range(len(outputs)):
            label = labels[b]
            if not 0 <= label < classes:
                raise IndexError("labels: expected one of the network's classes")
            for k in range(classes):
                errors[k] = outputs[b, 2 * k] - outputs[b, 2 * k + 1] if rule.paired else outputs[b, k]
            own = right - errors[label]
            if rule.loss == _CROSS_ENTROPY:
                errors[:] = np.exp((errors - errors.max()) / width)
                errors *= -width / errors.sum()
                own = errors[label] + width
            elif rule.loss == _SQUARED_HINGE:
                for k in range(classes):
                    errors[k] = min(wrong - errors[k], zero)
                own = max(own, zero)
            else:
                for k in range(classes):
                    errors[k] = wrong - errors[k]
            errors[label] = own
            for k in range(classes):
                if rule.paired:
                    currents[b, 2 * k] = beta * errors[k]
                    currents[b, 2 * k + 1] = -beta * errors[k]
                else:
                    currents[b, k] = beta * errors[k]

    @_compiled
    def _compare(signs, states):
        """Put D and M in place of the voltages of two equilibria: with one nudge, the nudged and the free one."""
        for v in states:
            half = v.dtype.type(0.5)
            batch = len(v) // 2
            for b in range(batch):
                one, other = v[b], v[batch + b]
                sign = signs[b] if len(signs) else 2 * half
                for j in range(len(one)):
                    difference, total = one[j] - other[j], one[j] + other[j]
                    one[j] = difference * sign
                    other[j] = total * half

    @_compiled
    def program(arrays, x, states, factors, limits):
        """Change every conductance by the rule, and derive all else; return the fault that `kernels.derive` returns.

        arrays, x, states: as for `phases`. factors: of each crossbar's changes, siemens for D M of 1 V^2. limits: the
        least and the most siemens of a device.
        """
        arrays = Arrays(*arrays)
        batch, number = len(x), x.dtype.type
        _program_driven(arrays, x, states[0][:batch], states[0][batch:], number(factors[0]), limits)
        for c in range(1, len(arrays.g)):
            row = states[c - 1], arrays.gain[c], arrays.offset_v[c]
            _program_between(arrays.g[c], row, states[c], arrays.bias_v[c], number(factors[c]), limits)
        return derive(arrays)

    @_compiled
    def _program_driven(arrays, x, difference, mean, factor, limits):
        """Change crossbar 0, and keep its `signed` and `below` up to date."""
        batch, columns = difference.shape
        scaled = np.empty((batch, columns), x.dtype)
        constant, bias = np.zeros(columns, x.dtype), np.zeros(columns, x.dtype)
        for b in range(batch):
            for j in range(columns):
                volts = difference[b, j] * factor
                constant[j] += volts * mean[b, j]
                bias[j] += volts * arrays.bias_v[0]
                scaled[b, j] = volts * arrays.drive_v
        plus, minus, signed, total = arrays.driven[0], arrays.driven[1], arrays.signed, arrays.below
        total[:] = 0
        rows = x.shape[1]
        if 0 < batch <= _FOUR:
            _change_by_four(plus, minus, signed, total, x, scaled, constant, limits)
        else:
            product = np.empty((rows, columns), x.dtype)
            np.dot(x.T, scaled, product)
            for i in range(rows):
                _change(plus[i], minus[i], signed[i], total, product[i], constant, limits)
        _change(plus[rows], minus[rows], signed[rows], total, bias, constant, limits)

    @_compiled
    def _change(plus, minus, signed, total, product, constant, limits):
        """Change a row pair: plus += product - constant, minus -= product + constant, within the limits.

        signed takes plus - minus; total gains the sum of both.
        """
        low, high = limits
        for j in range(len(plus)):
            p = _within(plus[j] + (product[j] - constant[j]), low, high)
            m = _within(minus[j] - (product[j] + constant[j]), low, high)
            plus[j] = p
            minus[j] = m
            signed[j] = p - m
            total[j] += p + m

    @_compiled
    def _change_by_four(plus, minus, signed, total, x, scaled, constant, limits):
        """Change all row pairs but the last, as `_change` does, by the product of up to four samples and `scaled`.

        To compute a product here takes less time than to write it to memory and to read it again.
        """
        batch, columns = scaled.shape
        # Padded to whole vectors, because a vector that spans two cache lines takes longer to load
        rows = np.zeros((_FOUR + 2, -(-columns // _LANES) * _LANES), x.dtype)
        rows[:batch, :columns] = scaled
        rows[_FOUR, :columns] = constant
        for block in range(_BLOCKS):
            start, end = (_BLOCKS - 1 - block) * x.shape[1] // _BLOCKS, (_BLOCKS - block) * x.shape[1] // _BLOCKS
            _change_rows(plus[start:end], minus[start:end], signed[start:end], x[:, start:end], rows, limits)
        total += rows[_FOUR + 1, :columns]

    @_compiled
    def _change_rows(plus, minus, signed, x, rows, limits):
        """Change row pairs; rows: four samples' `scaled`, `constant`, and the sums to add to."""
        low, high = limits
        batch, columns = len(x), plus.shape[1]
        one, two, three, four, own, sums = rows[0], rows[1], rows[2], rows[3], rows[4], rows[5]
        for i in range(len(plus)):
            p, m, s = plus[i], minus[i], signed[i]
            # With fewer than four samples the last is repeated, times zeros
            a, b, c, d = x[0, i], x[min(1, batch - 1), i], x[min(2, batch - 1), i], x[min(3, batch - 1), i]
            for j in range(columns):
                product = a * one[j] + b * two[j] + c * three[j] + d * four[j]
                above = _within(p[j] + (product - own[j]), low, high)
                below = _within(m[j] - (product + own[j]), low, high)
                p[j] = above
                m[j] = below
                s[j] = above - below
                sums[j] += above + below

    @_compiled
    def _program_between(g, row, node, bias_v, factor, limits):
        """Change the devices between two layers, (rows + 2, columns): see `learning.across`.

        row: (D and M, gain, offset_v) of the layer below; node: D and M of the layer above.
        """
        voltages, gain, offset_v = row
        rows, columns = voltages.shape[1], g.shape[1]
        batch = len(node) // 2
        low, high = limits
        # D of the rows meets M of the nodes, and M of the rows D of the nodes: one product
        below, above = np.empty((2 * batch, rows), g.dtype), np.empty((2 * batch, columns), g.dtype)
        of_row, of_node, bias = np.zeros(rows, g.dtype), np.zeros(columns, g.dtype), np.zeros(columns, g.dtype)
        for b in range(batch):
            for i in range(rows):
                d, m = gain[i] * voltages[b, i], gain[i] * voltages[batch + b, i] + offset_v[i]
                below[b, i] = d
                below[batch + b, i] = m
                of_row[i] += d * m
            for j in range(columns):
                d, m = factor * node[b, j], node[batch + b, j]
                above[b, j] = factor * m
                above[batch + b, j] = d
                of_node[j] += d * m
                bias[j] += d * bias_v
        product = np.empty((rows, columns), g.dtype)
        np.dot(below.T, above, product)
        for i in range(rows):
            own = factor * of_row[i]
            for j in range(columns):
                g[i, j] = _within(g[i, j] - (own - product[i, j] + of_node[j]), low, high)
        for j in range(columns):
            g[rows, j] = _within(g[rows, j] - (of_node[j] - bias[j]), low, high)
            g[rows + 1, j] = _within(g[rows + 1, j] - (of_node[j] + bias[j]), low, high)
