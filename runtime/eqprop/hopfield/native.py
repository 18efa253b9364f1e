"""A Hopfield network's crossbar whose dynamics are machine code: the common part of the tiers viper and thumb.

Kernels work only on the crossbar's table of 32-bit words, filled once: sizes, shifts, and the addresses of the arrays,
each in two words, low and high. The constants below name each offset, in words; those of a crossbar's part are within
it. The kernels have the same constants, for the compiler replaces only a module's own by their values. The last word of
the table makes the sum of all words 0 modulo 2**32, so that no kernel follows an address with a flipped bit.
"""

from .._compat import const, table_words
from ..crossbar import MINUS, PLUS
from ..crossbar.calls import Called
from .crossbar import HopfieldCrossbar

# The verbs
_SET_NUDGE = const(2)
_NUDGE = const(3)
_PROGRAM = const(4)

_COUNTS = const(0)  # crossbars | sweeps << 8
_FEATURES = const(1)
_DRIVEN_SHIFT = const(2)
_BACK_SHIFT = const(3)
_PRODUCT_SHIFT = const(4)
_FEEDBACK_SHIFT = const(5)
_ROUND_SHIFT = const(6)
_RAIL = const(7)
_RIGHT = const(8)  # the target of the label's output
_WRONG = const(9)  # of the other outputs
_POWER_BITS = const(10)
_CLASSES = const(11)
_ACTIVE = const(12)  # from here on, addresses
_STATES = const(14)
_PULL = const(16)  # what the layer above brings
_BASE = const(18)  # what the inputs bring
_ERRORS = const(20)
_SUMS = const(22)
_LOSS = const(24)  # the word after the last checksum, with which the tally begins
_AT_CROSSBARS = const(26)
_PER_CROSSBAR = const(14)
_NODES = const(0)
_ROWS = const(1)  # with the bias row
_RATE_SHIFT = const(2)
_ABOVE = const(3)  # nodes of the layer above, 0 for none
_W = const(4)
_CURRENT = const(6)
_FREE = const(8)
_PLUS = const(10)
_MINUS = const(12)


class MachineCrossbar(Called, HopfieldCrossbar):
    """The crossbar's verbs in machine code, one call per verb or one per sample: calls cost as much as arithmetic.

    A subclass provides run(x, table, verb, number), enter(table, at, word, last), which updates the table's sum, and
    total(weights, count).
    """

    run = enter = total = staticmethod(None)

    def __init__(self, plan, allocate, seed):
        """As `HopfieldCrossbar`."""
        HopfieldCrossbar.__init__(self, plan, allocate, seed)
        self._begin()
        self.tally = memoryview(self.circuit.sums)[len(self.circuit.w) :]

    def checksum(self, w):
        """As `eqprop.hopfield.kernels.plain.checksum`."""
        return self.total(w, len(w)) & 0xFFFF

    def words(self):
        """Yield the table's words in their order."""
        return table_words(self._parts())

    def _parts(self):
        """Yield (words, arrays whose addresses follow) of each part of the table, in their order."""
        circuit, plan = self.circuit, self.plan
        count = len(circuit.w)
        words = [count | plan.sweeps << 8, self.features, plan.driven_shift, plan.back_shift]
        words += [plan.product_shift, plan.feedback_shift, plan.round_shift, plan.rail]
        words += plan.targets
        words += [plan.power_bits, self.classes]
        sums = circuit.sums
        arrays = [circuit.active, self.states, self.pull, circuit.base, circuit.errors, sums, memoryview(sums)[count:]]
        yield words, arrays
        for c in range(count):
            rows, nodes = plan.shapes[c]
            words = [nodes, rows, circuit.rate_shifts[c], plan.layers[c + 2] if c + 1 < count else 0]
            phases = [phase[c] for phase in circuit.phases]
            yield words, [circuit.w[c], circuit.current[c]] + phases

    def set_nudge(self, label):
        """As `PlainCrossbar.set_nudge`."""
        self.check_label(label)
        return self.run(0, self.table, _SET_NUDGE, label)

    def nudge(self, phase):
        """As `PlainCrossbar.nudge`; each call settles both phases."""
        if phase != PLUS and phase != MINUS:
            self.check_phase(phase)
        self.run(0, self.table, _NUDGE, phase)

    def program(self):
        """As `PlainCrossbar.program`."""
        self.run(0, self.table, _PROGRAM, 0)

    def set_rate_shift(self, c, rate_shift):
        """As `HopfieldCrossbar.set_rate_shift`."""
        HopfieldCrossbar.set_rate_shift(self, c, rate_shift)
        self.enter(self.table, _PER_CROSSBAR * c + (_AT_CROSSBARS + _RATE_SHIFT), rate_shift, len(self.table) - 1)
