"""Sizes, scales and memory of a network, known before anything is allocated.

The scales follow from the layer sizes alone, so that every board and simulator agrees on them:

- a node averages over `fan` devices, which shrinks the signal about as 1/sqrt(fan). The amplifier that drives layer l
  restores it with a voltage gain of 2**gains[l-1] (and a current gain of 2**-gains[l-1] back), so that each layer's
  voltages fill 16 bits.
- products of conductance and voltage are shifted right by `shifts` before they are summed, so that a node's current
  from either side stays within 2**29 - 1 whatever the conductances are.
- g_min keeps the total conductance of every node at 2**scale or more: no node floats, no division overflows.
"""

from ._compat import const
from .fixed import DELTA_V_MAX, G_MAX, TOTAL_MAX, U_MAX, V_MAX, bits, isqrt
from .layers import BLOCK_BYTES, ITEM_BYTES, parse_layers, product_shift, tuple_blocks

# Memory of a network beyond its arrays and per-crossbar objects, measured by `tests/runtime/test_planning.py`
_BLOCKS = const(58)
_TUPLES = const(22)  # tuples with an item for each crossbar, in `Plan` and `eqprop.crossbar.circuit.Circuit`


class Plan:
    """The sizes, scales and limits of a network of these layers, of the energy model `model`.

    - layers: sizes, inputs first. Crossbar c joins layer c and layer c + 1.
    - rows[c]: wires into crossbar c from below, a pair for each input and for the bias, or one for each node and two.
    - shapes[c]: rows, columns of crossbar c as stored: (nodes, 2 * (inputs + 1)) for the driven one, node by node;
      (inputs + 2, nodes) for the others. The bias pair is last.
    - gains[c]: log2 of the voltage gain between layer c and c + 1; for c = 0, of the input's drive.
    - shifts[c]: right shift of each conductance * voltage product. backs[c]: shift of the current from c + 1.
    - scales[c]: gains[c] + shifts[c], the scale of layer c + 1's division. delta_limit[c]: limit of how far apart
      the nudged phases count as.
    - g_min, g_max: limits of a conductance, steps. initial[c]: largest initial conductance above g_min.
    - bias: voltage of the bias pair of crossbars 1 and up, in that layer's scale.
    - excitatory[c]: nodes of hidden layer c + 1 whose diode keeps them at 0 or above, the first ones; the others
      stay at 0 or below.
    - beta: nudging conductance, in units of 4 steps. targets: voltages that the right output and the others are
      nudged towards.
    - rate_shifts[c]: initial right shift of crossbar c's change. sweeps: relaxations of all layers in a phase.
    - bytes: heap that a network takes under MicroPython on a processor of this one's word size, in blocks of the
      allocator.
    """

    model = "resistive"

    def __init__(self, layers):
        """Plan for `layers` ("64-32-10" or a tuple). Raises ValueError as `parse_layers`, and for too wide a layer."""
        self.layers = layers = parse_layers(layers)
        count = len(layers) - 1
        inputs = layers[0] + 1
        # Loops, because each generator expression takes 100 bytes of a board's heap
        wires = [2 * inputs]
        shapes = [(layers[1], wires[0])]
        for c in range(1, count):
            wires.append(layers[c] + 2)
            shapes.append((wires[c], layers[c + 1]))
        self.rows = rows = tuple(wires)
        self.shapes = tuple(shapes)
        self.g_max = G_MAX
        self._choose()
        gains = self.gains
        between = product_shift(max(rows[1:] + layers[2:] + (1,)), G_MAX * V_MAX)
        driven = product_shift(inputs, G_MAX * U_MAX)
        if count > 1:
            driven = max(driven, between - gains[0] - gains[1])
        self.shifts = shifts = (driven,) + (between,) * (count - 1)
        backs = []
        scales = []
        limits = []
        widest = 0
        g_min = 1
        for c in range(count):
            scale = gains[c] + shifts[c]
            scales.append(scale)
            limits.append(min(DELTA_V_MAX << (gains[c] if c else 0), V_MAX))
            above = 0
            if c + 1 < count:
                above = layers[c + 2]
                backs.append(scale + gains[c + 1] - shifts[c + 1])
            fan = rows[c] + above
            widest = max(widest, fan)
            g_min = max(g_min, -(-(1 << scale) // fan))
        self.backs = tuple(backs) + (0,)
        self.scales = tuple(scales)
        self.delta_limit = tuple(limits)
        self.g_min = g_min
        if widest * G_MAX > TOTAL_MAX or g_min + max(self.initial) > G_MAX:
            raise ValueError("layers: {} is too wide for 15-bit conductances".format(self))
        blocks = _BLOCKS + count + _TUPLES * tuple_blocks(count) + tuple_blocks(count + 1) + tuple_blocks(count - 1)
        for _, code, items in self.buffers():
            blocks += 1 - (-ITEM_BYTES[code] * items // BLOCK_BYTES)
        self.bytes = blocks * BLOCK_BYTES

    def _choose(self):
        """Set the values that experiments chose (means over seeds, checked by `tests/runtime/test_learner.py`)."""
        layers = self.layers
        rows = self.rows
        between = range(1, len(rows))
        deep = len(between) > 1
        # The more hidden nodes, the less does each move when the outputs are nudged (784-512-10: by one unit at a gain
        # of 2**12): their voltages are twice as fine then.
        wide = len(between) > 0 and rows[-1] >= 256
        gains = [7 + bits(layers[0] + 1) // 2 + wide]
        initial = [isqrt((225000000 if deep else 2000000000) // rows[0])]
        excitatory = []
        for c in between:
            gains.append(max(min((bits(rows[c]) - 1) // 2, 2) - deep, 0))
            initial.append(isqrt(420000000 // rows[c]))
            excitatory.append(layers[c] if c > 1 else layers[1] - layers[1] // 8)
        self.gains = tuple(gains)
        self.initial = tuple(initial)
        self.excitatory = tuple(excitatory)
        self.bias = 2000
        self.beta = 6000 if deep else 20000
        self.targets = (20000, 4000)
        # The more inputs a node has, and the more nodes an output, the less each device's share changes
        driven_shift = 8 if layers[0] < 16 else min(9, 19 - self.gains[0]) if between else 9
        self.rate_shifts = (driven_shift,) + (16 if deep else 14,) * len(between)
        self.sweeps = max(1, 2 * len(between))

    def buffers(self):
        """Yield (name, typecode, items) of every array of the emulated crossbar."""
        layers = self.layers
        count = len(self.shapes)
        yield "inputs", "b", layers[0] + 1
        yield "active", "I", 2 * layers[0] + 3
        yield "table", "I", 29 + 38 * count
        yield "limits", "i", 2
        yield "rate_shifts", "B", count
        yield "driven", "i", layers[1]
        yield "currents", "i", layers[-1]
        if count > 1:
            yield "rest", "i", layers[-1]
        for c, (rows, columns) in enumerate(self.shapes):
            n = layers[c + 1]
            yield "g", "H", rows * columns
            for name in ("free", "plus", "minus", "delta", "mean"):
                yield name, "h", n + 2 if c + 1 < count else n
            yield "low", "h", n
            yield "high", "h", n
            yield "shift", "B", n
            yield "reciprocal", "H", n
            yield "total", "i", n
            yield "shape", "i", 5
            if c or count == 1:
                yield "base", "i", n

    def __str__(self):
        """Return the layers as text, "64-32-10"."""
        return "-".join(map(str, self.layers))
