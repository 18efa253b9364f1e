"""The crossbar contract.

A learner uses a crossbar only through these verbs:

    settle(x)         free phase: drive the features and settle from zero volts; return the prediction, the highest
                      output
    set_nudge(label)  turn the output errors into nudge currents; return the loss
    nudge(phase)      nudged phase: settle from the free state with these currents into the output nodes
    program()         change every conductance by the difference of its voltage between PLUS and MINUS
    set_rate_shift(c, rate_shift)   set how slowly crossbar c's conductances change: larger is slower
    voltages(layer, phase), conductances(c), restore(c, start, data), refresh()

`crossbar.emulated` is the crossbar that the board emulates, by the plain kernels (`crossbar.plain`) or in machine code
(`crossbar.native`).
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


def check_bytes(name, data):
    """Raise TypeError, naming the argument, unless `data` is one of BUFFERS with one-byte items."""
    kind = type(data)
    if kind not in BUFFERS:
        raise TypeError("{}: expected bytes, got {}".format(name, kind.__name__))
    if kind is not bytes and kind is not bytearray and not has_byte_items(data, bytearray(len(data))):
        raise TypeError("{}: expected bytes, got {} of larger items".format(name, kind.__name__))


class CheckedCrossbar:
    """The checks that all crossbars share; a subclass implements the verbs.

    - features, classes: the number of inputs and of outputs
    """

    features = 0
    classes = 0
    _seen = ()  # the last buffer checked; its items cannot change their type
    _row = None  # as many int8 as features, for `has_byte_items` to overwrite

    def check(self, x):
        """Raise TypeError unless `x` is one of BUFFERS with one-byte items; ValueError unless it has all features."""
        kind = _type(x)
        if kind not in BUFFERS:
            raise TypeError("x: expected an int8 buffer, got " + kind.__name__)
        if _len(x) != self.features:
            self.check_length(x)
        row = self._row
        if (
            kind is not bytes
            and kind is not bytearray
            and not has_byte_items(x, bytearray(self.features) if row is None else row)
        ):
            raise TypeError("x: expected an int8 buffer, got " + kind.__name__ + " of larger items")
        self._seen = x

    def check_length(self, x):
        """Raise ValueError unless `x` has an item for each feature."""
        if len(x) != self.features:
            raise ValueError("x: {} features for {} inputs".format(len(x), self.features))

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
