"""Sizes, shifts and memory of a Hopfield network, known before anything is allocated. They follow from the layers."""

from .._compat import const
from ..fixed import U_MAX, bits, isqrt
from ..layers import BLOCK_BYTES, ITEM_BYTES, parse_layers, product_shift, tuple_blocks

ONE = const(4096)  # 1.0 in states and weights: 12 bits after the point
STATE_MAX = const(16383)  # the rails
_WEIGHT_MAX = const(32768)
_ROUND_MAX = const(11)  # largest product shift that leaves a bit to round by
# Memory beyond the arrays and per-crossbar objects, measured by `tests/runtime/hopfield/test_planning.py`
_BLOCKS = const(54)
_TUPLES = const(8)  # tuples with an item for each crossbar


class Plan:
    """The sizes, shifts and limits of a Hopfield network of these layers.

    - layers: sizes, inputs first. Crossbar c joins layer c and layer c + 1.
    - shapes[c]: rows, columns of crossbar c: (nodes of layer c and the bias, nodes of layer c + 1), row by row.
    - g_min, g_max: limits of a weight. initial[c]: largest magnitude of an initial weight; biases start at 0.
    - driven_shift: right shift of each weight * input. back_shift: then of the sum, which gives the unit of the others.
    - product_shift: right shift of each weight * state. round_shift: then of the sum of both sides of a node.
    - feedback_shift: how much weaker a layer feels the one above: by 2**-feedback_shift.
    - targets: states that the right output and the others are nudged towards.
    - rate_shifts[c]: initial right shift of crossbar c's change. sweeps: upward sweeps of the free phase.
    - power_bits: bits that the sum of squared inputs may have; each one more halves the driven crossbar's change by the
      sample, because a bright one moves a node the further the more power it has.
    - rail: largest state, and largest error. Displaced outputs reach twice as far.
    - bytes: heap that a network in machine code takes under MicroPython on a processor of this one's word size.
    """

    model = "hopfield"

    def __init__(self, layers):
        """Plan for `layers` ("64-32-10" or a tuple). Raises ValueError as `parse_layers`, and for too wide a layer."""
        self.layers = layers = parse_layers(layers)
        count = len(layers) - 1
        self.shapes = tuple((layers[c] + 1, layers[c + 1]) for c in range(count))
        self.g_min, self.g_max = -_WEIGHT_MAX, _WEIGHT_MAX - 1
        driven = product_shift(layers[0] + 1, _WEIGHT_MAX * U_MAX)
        between = product_shift(max(layers[1:]) + 1, _WEIGHT_MAX * STATE_MAX)
        self.driven_shift = driven
        self.product_shift = shift = max(6, between, driven + 5)
        if shift > _ROUND_MAX:
            raise ValueError("layers: {} is too wide for a hopfield network".format(self))
        self.back_shift = shift - driven - 5
        self.round_shift = 12 - shift
        self._choose()

    def _choose(self):
        """Set the values that experiments chose (means over seeds, checked by `tests/runtime/hopfield`)."""
        layers = self.layers
        count = len(self.shapes)
        self.feedback_shift = 3 if count < 3 else 2
        self.targets = (ONE, 0)
        self.rail = STATE_MAX
        # Three or more layers of few hidden nodes let states and nudges fade, and on some seeds die out. k_l is
        # 2**feedback_shift times that of the layer above, an input has 5 bits fewer than a state, and changes of the
        # weights move a node the more, the more nodes are below it, and the more layers pass them on
        fading = int(count > 3 and max(layers[1:-1]) < 64)
        initial, rates = [], []
        for c in range(count):
            nodes = layers[c]
            spread = isqrt(3 * ONE * ONE // 2 // (nodes + layers[c + 1]))
            initial.append(spread << fading if 0 < c < count - 1 else spread)
            many = max((bits(nodes) - (5 if c else 6)) // 2, fading) - (0 if c else 5)
            rates.append(max(1, 17 - self.feedback_shift * (count - 1 - c) + many))
        self.initial = tuple(initial)
        self.rate_shifts = tuple(rates)
        self.power_bits = 19 + max(bits(layers[0]) - 6, 0) // 2
        self.sweeps = 2 if count > 1 else 1

    def buffers(self, scratch=()):
        """Yield (name, typecode, items) of every array of the emulated crossbar, the largest first.

        scratch: names of more arrays for each layer's nodes, which the plain dynamics need.
        """
        layers = self.layers
        count = len(self.shapes)
        for rows, columns in self.shapes:
            yield "w", "h", rows * columns
        yield "inputs", "b", layers[0] + 1
        yield "active", "I", 2 * layers[0] + 3
        yield "states", "I", 2 * max(layers[1:]) + 2
        yield "table", "I", 27 + 14 * count
        yield "rate_shifts", "B", count
        yield "sums", "i", count + 4  # and the tally
        yield "pull", "i", max(layers[1:-1] + (1,))
        yield "base", "i", layers[1]
        yield "errors", "i", layers[-1]
        for c in range(count):
            n = layers[c + 1]
            for name in ("free", "plus", "minus") + scratch:
                yield name, "h", n + 1 if c + 1 < count else n
            yield "current", "i", n

    @property
    def bytes(self):
        """As above, computed when asked for: a network needs it only if there is not enough heap."""
        count = len(self.shapes)
        blocks = _BLOCKS + count + _TUPLES * tuple_blocks(count) + tuple_blocks(count + 1)
        for _, code, items in self.buffers():
            blocks += 1 - (-ITEM_BYTES[code] * items // BLOCK_BYTES)
        return blocks * BLOCK_BYTES

    def __str__(self):
        """Return the layers as text, "64-32-10"."""
        return "-".join(str(n) for n in self.layers)
