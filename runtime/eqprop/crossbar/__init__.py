"""The crossbar contract: everything that this package and the host tools use of a crossbar.

A network is a plan (`eqprop.planning.Plan`), a crossbar and a learner. A program with a crossbar of its own parts makes
a class of it and gives an instance to `eqprop.Network(layers, crossbar=...)` and `eqprop.load(crossbar=...)`. Learning,
checkpoints, the service, the benchmark and a host's log then work as they do on an emulated crossbar.

Formats. A node voltage is an int16 code, a conductance g a uint16 number of steps from `plan.g_min` to `plan.g_max`.
The devices of crossbar 0 are in order node by node, those of the others row by row (`plan.shapes`). Its rows come in
pairs, + and -, one for each input; the bias pair is last in every crossbar. A row's voltage, in the nodes' codes:

    rows of crossbar 0       +-x[i] * 2**gains[0] for each input, x in -127..127; the bias pair +-127 * 2**gains[0]
    rows of crossbar c >= 1  v[j] * 2**gains[c] for each node j of layer c; the bias pair +-plan.bias * 2**gains[c]

An amplifier drives the rows of crossbar c >= 1, and returns 2**-gains[c] of their current to its node. So node j of
layer c + 1, with the rows i below it, the nodes k above it and a current I[j], is in equilibrium at

    v[j] = (sum of g[c][i,j] * row[i] + 2**-gains[c + 1] * sum of g[c + 1][j,k] * v[k] + I[j])
           / (sum of g[c][i,j] + sum of g[c + 1][j,k])

limited by rails at +-32767. Diodes keep the first `plan.excitatory[c]` nodes of a hidden layer c + 1 at 0 or above,
and its others at 0 or below. I is the nudge: `currents[k] * 2**plan.scales[-1]` into output k in phase PLUS, the
opposite in phase MINUS, 0 in phase FREE and in hidden layers.

Verbs. Every crossbar has these:

    settle(x)         free phase: drive the features `x`, settle from zero volts without nudge; return the number of the
                      first of the highest outputs. Raises as `CheckedCrossbar.check`, driving nothing
    set_nudge(label)  turn the output errors of the free phase into nudge currents; return the loss. Raises as
                      `CheckedCrossbar.check_label`. `ExternalCrossbar` has it
    nudge(phase)      nudged phase, PLUS or MINUS: settle from the free state with the nudge currents. Raises as
                      `CheckedCrossbar.check_phase`
    program()         change every conductance by EqProp's rule, and keep it within g_min..g_max. With D the difference
                      PLUS - MINUS of the voltage across the device, row - node, and M its mean over the two phases:
                      dg = -D * M * 2**-(rate_shift + gains[0]) in crossbar 0, whose rows do not move,
                      dg = -D * M * 2**-(rate_shift + 2 * gains[c]) in crossbar c >= 1.
                      In D, a node moves by +-plan.delta_limit[c] at most, and a row by +-8000 * 2**gains[c]: the
                      emulated crossbar needs these limits, and real parts learn more steadily with them. How a change
                      is rounded to what its devices can hold is the crossbar's own choice
    set_rate_shift(c, rate_shift)   set the rate_shift, 1..24, of crossbar c's next programs: larger is slower.
                      `ExternalCrossbar` has it
    voltages(layer, phase)          the voltages of layer 1..L in that phase: a buffer of int16, valid until the next
                      settle. A crossbar that reads only its outputs raises ValueError for hidden layers
    restore(c, start, data)         set conductances from little-endian uint16 bytes, from device `start` of crossbar c
                      on. Raises as `eqprop.crossbar.devices.check_devices`, changing nothing
    refresh()         do what restored conductances need before the next settle; called after the last `restore`
    initialise(seed)  set all conductances to their initial values, which follow from `seed` alone. `ExternalCrossbar`
                      has it: it draws the same values as an emulated crossbar, and restores them
    conductances(c)   crossbar c's conductances, flat: a buffer of uint16, read now or kept up to date

Attributes. `ExternalCrossbar` has all of them; a crossbar changes `readable` or `exact` where they do not hold:

    plan              the `Plan` of its network: `plan.layers` and `plan.model` say which
    features, classes the number of inputs and of outputs
    readable          False for a crossbar whose conductances cannot be read back: `conductances` raises ValueError. A
                      checkpoint then holds everything else, and `eqprop.load` keeps the crossbar's own conductances
    exact             False if two reads may differ without a program between them, because the reading is noisy. The
                      network then has no CRC: `Network.crc` returns None
    tier              a word for the benchmark that says what settles the nodes
    inspect(rate_shifts)  raise Rot naming what changed in memory by itself, given the right rate_shift of each crossbar
    call              of machine code alone (`eqprop.crossbar.calls`): the means to learn a sample at once, as the verbs
                      would. The answer says whether the rates halve now; or it is -1, with nothing done, for arguments
                      that are not known, or if the table changed by itself; or -2 for a total conductance out of range
    tally             with `call`: four int32, counted as by `eqprop.learner.Learner.count`

`currents` (int32 for each output) is for `ExternalCrossbar.set_nudge`, and for a crossbar at a host's end of the line
(`eqprop.service.chip`), whose board sets them.

The energy model `hopfield` keeps the same contract with formats and formulas of its own: `eqprop.hopfield`.

`crossbar.emulated` is the crossbar that the board emulates, by the plain kernels (`crossbar.plain`) or in machine code
(`crossbar.native`); `crossbar.external` is the base of all others.
"""

from array import array

from .._compat import const, has_byte_items
from ..fixed import RATE_SHIFT_MAX

FREE = const(0)
PLUS = const(1)
MINUS = const(2)

BUFFERS = (bytes, bytearray, memoryview, array)
# Bound here, because a board finds a built-in name by searching a long list
_len, _type = len, type


class Rot(RuntimeError):
    """Memory has changed by itself; `part` names the place. Resume from the last checkpoint, not from this network."""

    def __init__(self, part):
        super().__init__("memory: {} changed by itself".format(part))


def check_bytes(name, data, wanted="bytes", row=None):
    """Raise TypeError, naming the argument, unless `data` is one of BUFFERS with one-byte items.

    row: a view of as many bytes that may be overwritten (`has_byte_items`); None to make one.
    """
    kind = _type(data)
    larger = ""
    if kind in BUFFERS:
        if kind is bytes or kind is bytearray or has_byte_items(data, bytearray(_len(data)) if row is None else row):
            return
        larger = " of larger items"
    raise TypeError("{}: expected {}, got {}{}".format(name, wanted, kind.__name__, larger))


class CheckedCrossbar:
    """The checks that all crossbars share, and some of the contract's attributes."""

    readable = exact = True
    features: int
    classes: int
    _row = None  # as many int8 as features, for `has_byte_items` to overwrite

    def check(self, x):
        """Raise TypeError unless `x` is one of BUFFERS with one-byte items; ValueError unless it has all features."""
        kind = _type(x)
        if kind in BUFFERS and _len(x) != self.features:
            raise ValueError("x: {} features for {} inputs".format(_len(x), self.features))
        if kind is not bytes and kind is not bytearray:
            check_bytes("x", x, "an int8 buffer", self._row)

    def check_label(self, label):
        """Raise ValueError unless `label` is the number of an output."""
        try:
            if 0 <= label | 0 < self.classes:
                return
        except TypeError:  # a float, or not a number
            pass
        raise ValueError("label: {} is not a whole number in 0..{}".format(label, self.classes - 1))

    def check_phase(self, phase):
        """Raise ValueError unless `phase` is PLUS or MINUS."""
        if phase != PLUS and phase != MINUS:
            raise ValueError("phase: {} is not {} or {}".format(phase, PLUS, MINUS))

    def check_rate_shift(self, rate_shift):
        """Raise ValueError unless `rate_shift` is in 1..24."""
        if not 1 <= rate_shift <= RATE_SHIFT_MAX:
            raise ValueError("rate_shift: {} is not in 1..{}".format(rate_shift, RATE_SHIFT_MAX))
