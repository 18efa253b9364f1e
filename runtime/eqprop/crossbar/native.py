"""An emulated crossbar whose dynamics are machine code: the common part of the tiers viper and thumb.

Kernels work only on the crossbar's table of 32-bit words, filled once: sizes, shifts, and the addresses of the arrays,
each in two words, low and high (MicroPython's heap never moves an array). So no kernel can get a buffer of a wrong
length: only the features come from outside, and they are checked before they are read.

The table, in words:

    0..    features, nodes, product shift, bytes of a node's row, then the addresses of: inputs 4, active 6,
           conductances 8, driven currents 10
    14..   outputs, nudge shift, nudging conductance, the two target voltages (their low 16 bits), crossbars |
           sweeps << 8 | the kernels' own flag << 16, then the addresses of: free voltages 6, nudge currents 8,
           currents at rest 10, base currents 12
    28..   for each crossbar 38 words: nodes, rows, columns, product shift, back shift, wired nodes, delta limit, gain,
           scale, rate shift, g_min, g_max, then the addresses of: base 12, conductances 14, those above 16, reciprocals
           18, shifts 20, low 22, high 24, delta 26, mean 28, total 30, and the voltages free 32, plus 34, minus 36
    last   makes the sum of all words 0 modulo 2**32, so that no kernel follows an address with a flipped bit
"""

import uctypes

from . import FREE, MINUS, PLUS, Rot
from .emulated import EmulatedCrossbar

_len = len  # faster to find than a built-in name


class MachineCrossbar(EmulatedCrossbar):
    """The crossbar's verbs by kernels on its table, one call per verb: on a board, calls cost as much as arithmetic.

    A subclass provides `kernels`: settle(x, table, phase), which uses `x` only in the free phase and returns the
    prediction, or -1 if the table's sum is wrong; set_nudge(table, label), which returns the loss; program(table),
    which returns whether a total is out of range; and enter(table, at, word, last), which updates the table's sum.
    flag: the flag that its kernels expect in the table.
    """

    kernels: tuple = (None, None, None, None)
    flag = 0

    def __init__(self, plan, allocate, seed):
        """As `EmulatedCrossbar`."""
        self._settle, self._set_nudge, self._program, self._enter = self.kernels
        super().__init__(plan, allocate, seed)

    def fixed(self):
        """Yield the items of `EmulatedCrossbar.fixed`, then each word of the table, recomputed from the arrays."""
        yield from super().fixed()
        table = self.table
        total = 0
        for at, words, buffers in self._parts():
            for buffer in buffers:
                address = uctypes.addressof(buffer)
                words += [address & 0xFFFFFFFF, address >> 16 >> 16]
            for word in words:
                yield "table", table, at, at + 1, word
                total += word
                at += 1
        yield "table", table, len(table) - 1, len(table), -total & 0xFFFFFFFF

    def _parts(self):
        """Yield (number of the first word, words, arrays whose addresses follow) of each part of the table."""
        circuit = self.circuit
        last = len(circuit.g) - 1
        words = [self.features, circuit.shape[0][0], circuit.shifts[0], 4 * (self.features + 1)]
        yield 0, words, [circuit.inputs, circuit.active, circuit.g[0], circuit.driven]
        yield 12, [0, 0], []  # no kernel reads these
        words = [self.classes, circuit.scales[last] - 2, circuit.beta, circuit.targets[0] & 0xFFFF]
        words += [circuit.targets[1] & 0xFFFF, last + 1 | circuit.sweeps << 8 | self.flag << 16]
        yield 14, words, [circuit.phases[FREE][last], circuit.currents, circuit.rest, circuit.base[last]]
        for c in range(last + 1):
            words = list(circuit.shape[c]) + [len(circuit.delta[c]), circuit.delta_limit[c], circuit.gains[c]]
            words += [circuit.scales[c], circuit.rate_shifts[c], circuit.limits[0], circuit.limits[1]]
            arrays = [circuit.base[c], circuit.g[c], circuit.g[c + 1 if c < last else c], circuit.reciprocal[c]]
            arrays += [circuit.shift[c], circuit.low[c], circuit.high[c], circuit.delta[c], circuit.mean[c]]
            arrays += [circuit.total[c]] + [phase[c] for phase in circuit.phases]
            yield 28 + 38 * c, words, arrays

    def settle(self, x):
        """As `PlainCrossbar.settle`. Raises Rot, doing nothing, if the table has changed by itself."""
        if x is not self._seen or _len(x) != self.features:
            self.check(x)
        prediction = self._settle(x, self.table, FREE)
        if prediction < 0:
            raise Rot("table")
        return prediction

    def set_nudge(self, label):
        """As `PlainCrossbar.set_nudge`."""
        try:
            if not 0 <= label | 0 < self.classes:
                self.check_label(label)
        except TypeError:  # raised for a float, which thumb's code would round
            self.check_label(label)
        return self._set_nudge(self.table, label)

    def nudge(self, phase):
        """As `PlainCrossbar.nudge`."""
        if phase != PLUS and phase != MINUS:
            self.check_phase(phase)
        self._settle(0, self.table, phase)

    def set_rate_shift(self, c, rate_shift):
        """As `EmulatedCrossbar.set_rate_shift`."""
        super().set_rate_shift(c, rate_shift)
        self._enter(self.table, 37 + 38 * c, rate_shift, len(self.table) - 1)

    def program(self):
        """As `PlainCrossbar.program`."""
        if self._program(self.table):
            raise Rot("total conductance")
