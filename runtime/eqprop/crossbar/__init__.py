"""The crossbar contract.

A learner uses a crossbar through these verbs, and knows nothing else of it:

    settle(x)         free phase: drive the features and settle from zero volts; return the prediction: the highest
                      output
    set_nudge(label)  turn the output errors into nudge currents; return the loss
    nudge(phase)      nudged phase: settle from the free state with these currents into the output nodes
    program()         change every conductance by what PLUS and MINUS show of the voltage across it
    set_rate_shift(c, rate_shift)   how fast those of crossbar c do so, from now on: the larger, the slower
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
# A board looks for a built-in name in a long list, one by one, whenever its cache of look-ups has lost it
_len, _type = len, type


class Rot(RuntimeError):
    """Memory has changed by itself, and `part` names what: go on from the last checkpoint, not from this network."""

    def __init__(self, part):
        super().__init__("memory: {} changed by itself".format(part))


def check_bytes(name, data):
    """Raise TypeError, naming what it is for, unless `data` is one of BUFFERS, of one-byte items."""
    kind = type(data)
    if kind not in BUFFERS:
        raise TypeError("{}: expected bytes, got {}".format(name, kind.__name__))
    if kind is not bytes and kind is not bytearray and not has_byte_items(data, bytearray(len(data))):
        raise TypeError("{}: expected bytes, got {} of larger items".format(name, kind.__name__))


class CheckedCrossbar:
    """What every crossbar refuses, whoever settles it: a subclass does the verbs.

    - features, classes: how many inputs and outputs it has
    """

    features = 0
    classes = 0
    _seen = ()  # the buffer checked last, whose items cannot change their type
    _row = None  # of as many int8 as there are features, for `has_byte_items` to spoil

    def check(self, x):
        """Raise TypeError unless `x` is one of BUFFERS, of one-byte items; ValueError unless it has all features."""
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
        """Raise ValueError unless `label` is the whole number of an output."""
        try:
            if 0 <= label | 0 < self.classes:
                return
        except TypeError:  # a float, or no number
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
