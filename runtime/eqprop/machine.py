"""An emulated crossbar whose laws are machine code: the part that `eqprop.kernels.viper` and `thumb` share.

All that a kernel works on stands in the crossbar's table, 32-bit words filled once: sizes, shifts, and the addresses
of the arrays, each in two words, low and high (MicroPython's heap never moves an array). So no kernel is given a
buffer of another length: the features alone come from outside, and are checked before they are read.

The table, in words:

    0..    features, nodes, product shift, bytes of a node's row, then the addresses of: inputs 4, active 6,
           conductances 8, driven currents 10
    14..   outputs, nudge shift, nudging conductance, the two target voltages (their low 16 bits), crossbars |
           sweeps << 8 | the kernels' own flag << 16, then the addresses of: free voltages 6, nudge currents 8,
           currents at rest 10, base currents 12
    28..   for each crossbar 38 words: nodes, rows, columns, product shift, back shift, wired nodes, reach, gain, scale,
           rate, g_min, g_max, then the addresses of: base 12, conductances 14, those above 16, reciprocals 18,
           shifts 20, low 22, high 24, delta 26, mean 28, total 30, and the voltages free 32, plus 34, minus 36
"""

import uctypes

from .circuit import FREE, MINUS, PLUS
from .crossbar import BUFFERS, EmulatedCrossbar

# A board looks for a built-in name in a long list, one by one, whenever its cache of look-ups has lost it
_len, _type = len, type


class MachineCrossbar(EmulatedCrossbar):
    """The crossbar's verbs by kernels on its table, one call for a verb: on a board, calls cost as much as arithmetic.

    A subclass names its `kernels`: settle(x, table, phase), which takes `x` in the free phase alone and returns the
    answer; pull(table, label), which returns the loss; and program(table). flag: what its kernels want to find.
    """

    kernels = (None, None, None)
    flag = 0

    def _prepare(self):
        self._settle, self._pull, self._program = self.kernels
        circuit, table = self.circuit, self.table
        last = len(circuit.g) - 1
        words = [self.features, circuit.shape[0][0], circuit.shifts[0], 4 * (self.features + 1)]
        _enter(table, 0, words, [circuit.inputs, circuit.active, circuit.g[0], circuit.driven])
        words = [self.classes, circuit.scales[last] - 2, circuit.beta, circuit.targets[0] & 0xFFFF]
        words += [circuit.targets[1] & 0xFFFF, last + 1 | circuit.sweeps << 8 | self.flag << 16]
        _enter(table, 14, words, [circuit.phases[FREE][last], circuit.currents, circuit.rest, circuit.base[last]])
        for c in range(last + 1):
            shape = circuit.shape[c]
            words = list(shape) + [len(circuit.delta[c]), circuit.reach[c]]
            words += [circuit.gains[c], circuit.scales[c], 0, circuit.limits[0], circuit.limits[1]]
            arrays = [circuit.base[c], circuit.g[c], circuit.g[c + 1 if c < last else c], circuit.reciprocal[c]]
            arrays += [circuit.shift[c], circuit.low[c], circuit.high[c], circuit.delta[c], circuit.mean[c]]
            arrays += [circuit.total[c], circuit.phases[FREE][c], circuit.phases[PLUS][c], circuit.phases[MINUS][c]]
            _enter(table, 28 + 38 * c, words, arrays)

    def settle(self, x):
        """As `PlainCrossbar.settle`."""
        if _type(x) not in BUFFERS or _len(x) != self.features:
            self.check(x)
        return self._settle(x, self.table, FREE)

    def pull(self, label):
        """As `PlainCrossbar.pull`."""
        if not 0 <= label < self.classes:
            self.check_label(label)
        return self._pull(self.table, label)

    def nudge(self, phase):
        """As `PlainCrossbar.nudge`."""
        if phase != PLUS and phase != MINUS:
            self.check_phase(phase)
        self._settle(0, self.table, phase)

    def set_rate(self, c, rate):
        """As `EmulatedCrossbar.set_rate`."""
        super().set_rate(c, rate)
        self.table[37 + 38 * c] = rate

    def program(self):
        """As `PlainCrossbar.program`."""
        self._program(self.table)


def _enter(table, at, words, buffers):
    """Write words to the table from word `at` on, then the addresses of buffers."""
    for word in words:
        table[at] = word
        at += 1
    for buffer in buffers:
        address = uctypes.addressof(buffer)
        table[at] = address & 0xFFFFFFFF
        table[at + 1] = address >> 16 >> 16
        at += 2
