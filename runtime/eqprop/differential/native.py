"""A differential network's crossbar whose dynamics are machine code: the common part of the tiers viper and thumb.

Kernels work only on the crossbar's table of 32-bit words, filled once: sizes, shifts, and the addresses of the arrays,
each in two words, low and high (MicroPython's heap never moves an array). So no kernel can get a buffer of a wrong
length: only the features come from outside, and they are checked before they are read.

The table begins with the circuit's inputs, continues with its outputs, and then has a part for each crossbar. The
constants below name each offset, in words, within its part; an array's is that of its address. The kernels have the
same constants, for the compiler replaces only a module's own by their values. The last word of the table makes the sum
of all words 0 modulo 2**32, so that no kernel follows an address with a flipped bit.
"""

from .._compat import const, table_words
from ..crossbar import PLUS, Rot
from ..crossbar.calls import Called
from ..crossbar.kernels.asking import asking
from .crossbar import DifferentialCrossbar

_IN_FEATURES = const(0)
_IN_NODES = const(1)
_IN_SHIFT = const(2)  # of products
_IN_WIDTH = const(3)  # bytes of a node's row
_IN_INPUTS = const(4)
_IN_ACTIVE = const(6)
_IN_CONDUCTANCES = const(8)
_IN_DRIVEN = const(10)  # currents
_IN_OWN = const(12)  # scratch of `update_between`

_AT_OUTPUTS = const(14)
_OUT_CLASSES = const(0)
_OUT_SHIFT = const(1)  # of nudge currents
_OUT_BETA = const(2)  # the nudging conductance
_OUT_RIGHT = const(3)  # the label's target, in the low 16 bits
_OUT_WRONG = const(4)  # the other classes' target, in the low 16 bits
_OUT_COUNTS = const(5)  # crossbars | sweeps << 8 | the kernels' own flag << 16
_OUT_V_FREE = const(6)
_OUT_CURRENTS = const(8)  # of the nudge
_OUT_OUTPUTS = const(10)
_OUT_UNUSED = const(12)  # two words; no kernel reads them

_AT_CROSSBARS = const(28)
_PER_CROSSBAR = const(32)
_NODES = const(0)
_ROWS = const(1)
_COLUMNS = const(2)
_PRODUCT_SHIFT = const(3)
_BACK_SHIFT = const(4)
_FINE_SHIFT = const(5)  # of products with displacements
_DOWN = const(6)
_LIFT = const(7)
_GAIN = const(8)
_DROP = const(9)
_SCALE = const(10)
_RATE_SHIFT = const(11)
_G_MIN = const(12)
_G_MAX = const(13)
_G = const(14)
_G_ABOVE = const(16)
_RECIPROCAL = const(18)
_SHIFT = const(20)
_LOW = const(22)
_HIGH = const(24)
_TOTAL = const(26)
_FREE = const(28)  # voltages
_DISPLACED = const(30)


class MachineCrossbar(Called, DifferentialCrossbar):
    """The crossbar's verbs by kernels on its table, one call per verb: on a board, calls cost as much as arithmetic.

    A subclass provides `kernels`: settle(x, table), which returns the prediction, or -1 if the table's sum is wrong;
    set_nudge(table, label), which returns the loss; respond(table); program(table), which returns whether a total is
    out of range; and enter(table, at, word, last), which updates the table's sum.
    flag: the flag that its kernels expect in the table.
    """

    kernels: tuple = (None, None, None, None, None)
    flag = 0
    asking = staticmethod(asking)

    def __init__(self, plan, allocate, seed):
        """As `DifferentialCrossbar`."""
        self._settle, self._set_nudge, self._respond, self._program, self._enter = self.kernels
        self.tally = allocate("i", 4)
        super().__init__(plan, allocate, seed)
        self._begin()

    def words(self):
        """Yield the table's words in their order."""
        return table_words(self._parts())

    def _parts(self):
        """Yield (words, arrays whose addresses follow) of each part of the table, in their order."""
        circuit = self.circuit
        last = len(circuit.g) - 1
        words = [self.features, circuit.shape[0][0], circuit.shifts[0], 4 * (self.features + 1)]
        yield words, [circuit.inputs, circuit.active, circuit.g[0], circuit.driven, circuit.own]
        words = [self.classes, circuit.scales[last] - 2, circuit.beta, circuit.targets[0] & 0xFFFF]
        words += [circuit.targets[1] & 0xFFFF, last + 1 | circuit.sweeps << 8 | self.flag << 16]
        yield words, [circuit.free[last], circuit.currents, circuit.outputs]
        yield [0, 0], []
        for c in range(last + 1):
            words = list(circuit.shape[c]) + [circuit.gains[c], circuit.drops[c], circuit.scales[c]]
            words += [circuit.rate_shifts[c], circuit.limits[0], circuit.limits[1]]
            arrays = [circuit.g[c], circuit.g[c + 1 if c < last else c], circuit.reciprocal[c], circuit.shift[c]]
            arrays += [circuit.low[c], circuit.high[c], circuit.total[c], circuit.free[c], circuit.displaced[c]]
            yield words, arrays

    def set_nudge(self, label):
        """As `PlainCrossbar.set_nudge`."""
        self.check_label(label)
        return self._set_nudge(self.table, label)

    def nudge(self, phase):
        """As `PlainCrossbar.nudge`."""
        if phase == PLUS:
            self._respond(self.table)
        else:
            self.check_phase(phase)

    def run(self, x, table, verb, label):
        """Settle or learn a sample, as `eqprop.crossbar.calls` needs it. Arguments serve as locals."""
        if not 0 <= label < self.classes:
            return -1
        table = self.table  # in place of its address, of which some kernels cannot make a pointer
        x = self._settle(x, table)  # the prediction
        if x < 0 or not verb:
            return x
        label = self._set_nudge(table, label)
        if label:
            self._respond(table)
            if self._program(table):
                return -2
        tally = self.tally
        tally[0] = label
        tally[1] = x
        tally[2] += 1
        tally[3] = label = tally[3] - 1
        return not label

    def set_rate_shift(self, c, rate_shift):
        """As `DifferentialCrossbar.set_rate_shift`."""
        super().set_rate_shift(c, rate_shift)
        self._enter(self.table, _PER_CROSSBAR * c + (_AT_CROSSBARS + _RATE_SHIFT), rate_shift, len(self.table) - 1)

    def program(self):
        """As `PlainCrossbar.program`."""
        if self._program(self.table):
            raise Rot("total conductance")
