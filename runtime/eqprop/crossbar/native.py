"""An emulated crossbar whose dynamics are machine code: the common part of the tiers viper and thumb.

Kernels work only on the crossbar's table of 32-bit words, filled once: sizes, shifts, and the addresses of the arrays,
each in two words, low and high (MicroPython's heap never moves an array). So no kernel can get a buffer of a wrong
length: only the features come from outside, and they are checked before they are read.

The table begins with the circuit's inputs, continues with its outputs, and then has a part for each crossbar. The
constants below name each offset, in words, within its part; an array's is that of its address. The kernels have the
same constants, for the compiler replaces only a module's own by their values. The last word of the table makes the sum
of all words 0 modulo 2**32, so that no kernel follows an address with a flipped bit.
"""

from .._compat import const, table_words
from . import FREE, MINUS, PLUS, Rot
from .calls import Called
from .emulated import EmulatedCrossbar

# The verbs
_SET_NUDGE = const(2)
_NUDGE = const(3)
_PROGRAM = const(4)
_REFRESH = const(5)

_IN_FEATURES = const(0)
_IN_NODES = const(1)
_IN_SHIFT = const(2)  # of products
_IN_WIDTH = const(3)  # bytes of a node's row
_IN_INPUTS = const(4)
_IN_ACTIVE = const(6)
_IN_CONDUCTANCES = const(8)
_IN_DRIVEN = const(10)  # currents
_IN_TALLY = const(12)

_AT_OUTPUTS = const(14)
_OUT_NODES = const(0)
_OUT_SHIFT = const(1)  # of nudge currents
_OUT_BETA = const(2)  # the nudging conductance
_OUT_RIGHT = const(3)  # the label's target voltage, in the low 16 bits
_OUT_WRONG = const(4)  # the other outputs' target voltage, in the low 16 bits
_OUT_COUNTS = const(5)  # crossbars | sweeps << 8
_OUT_V_FREE = const(6)
_OUT_CURRENTS = const(8)  # of the nudge
_OUT_REST = const(10)  # currents at rest
_OUT_BASE = const(12)  # base currents

_AT_CROSSBARS = const(28)
_PER_CROSSBAR = const(38)
_NODES = const(0)
_ROWS = const(1)
_COLUMNS = const(2)
_PRODUCT_SHIFT = const(3)
_BACK_SHIFT = const(4)
_WIRED = const(5)  # nodes, and the bias pair below another crossbar
_DELTA_LIMIT = const(6)
_GAIN = const(7)
_SCALE = const(8)
_RATE_SHIFT = const(9)
_G_MIN = const(10)
_G_MAX = const(11)
_BASE = const(12)
_G = const(14)
_G_ABOVE = const(16)
_RECIPROCAL = const(18)
_SHIFT = const(20)
_LOW = const(22)
_HIGH = const(24)
_DELTA = const(26)
_MEAN = const(28)
_TOTAL = const(30)
_V_FREE = const(32)  # voltages; the address of those of a phase is at _V_FREE + 2 * phase
_V_PLUS = const(34)
_V_MINUS = const(36)


class MachineCrossbar(Called, EmulatedCrossbar):
    """The crossbar's verbs in machine code, one call per verb or one per sample: calls cost as much as arithmetic.

    A subclass provides run(x, table, verb, number): of settle the prediction; of learn, which counts in the tally,
    whether the rates halve now, or -2 if it met a total out of range; of both -1, with nothing done, if the label or
    the table's sum is wrong; of set_nudge the loss; of program and refresh whether a total is out of range. And it
    provides enter(table, at, word, last), which updates the table's sum.
    """

    run = enter = staticmethod(None)

    def __init__(self, plan, allocate, seed):
        """As `EmulatedCrossbar`."""
        self.tally = allocate("i", 4)
        EmulatedCrossbar.__init__(self, plan, allocate, seed)
        self._begin()

    def words(self):
        """Yield the table's words in their order."""
        return table_words(self._parts())

    def _parts(self):
        """Yield (words, arrays whose addresses follow) of each part of the table, in their order."""
        circuit = self.circuit
        last = len(circuit.g) - 1
        words = [self.features, circuit.shape[0][0], circuit.shifts[0], 4 * (self.features + 1)]
        yield words, [circuit.inputs, circuit.active, circuit.g[0], circuit.driven, self.tally]
        words = [self.classes, circuit.scales[last] - 2, circuit.beta, circuit.targets[0] & 0xFFFF]
        words += [circuit.targets[1] & 0xFFFF, last + 1 | circuit.sweeps << 8]
        yield words, [circuit.phases[FREE][last], circuit.currents, circuit.rest, circuit.base[last]]
        for c in range(last + 1):
            words = list(circuit.shape[c]) + [len(circuit.delta[c]), circuit.delta_limit[c], circuit.gains[c]]
            words += [circuit.scales[c], circuit.rate_shifts[c], circuit.limits[0], circuit.limits[1]]
            arrays = [circuit.base[c], circuit.g[c], circuit.g[c + 1 if c < last else c], circuit.reciprocal[c]]
            arrays += [circuit.shift[c], circuit.low[c], circuit.high[c], circuit.delta[c], circuit.mean[c]]
            arrays += [circuit.total[c]] + [phase[c] for phase in circuit.phases]
            yield words, arrays

    def set_nudge(self, label):
        """As `PlainCrossbar.set_nudge`."""
        self.check_label(label)
        return self.run(0, self.table, _SET_NUDGE, label)

    def nudge(self, phase):
        """As `PlainCrossbar.nudge`."""
        if phase != PLUS and phase != MINUS:
            self.check_phase(phase)
        self.run(0, self.table, _NUDGE, phase)

    def set_rate_shift(self, c, rate_shift):
        """As `EmulatedCrossbar.set_rate_shift`."""
        EmulatedCrossbar.set_rate_shift(self, c, rate_shift)
        self.enter(self.table, _PER_CROSSBAR * c + (_AT_CROSSBARS + _RATE_SHIFT), rate_shift, len(self.table) - 1)

    def program(self):
        """As `PlainCrossbar.program`. Raises Rot if a total conductance is out of range."""
        if self.run(0, self.table, _PROGRAM, 0):
            raise Rot("total conductance")

    def refresh(self):
        """As `EmulatedCrossbar.refresh`."""
        self.run(0, self.table, _REFRESH, 0)
