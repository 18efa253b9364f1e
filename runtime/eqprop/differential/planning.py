"""Sizes, scales and memory of a differential network, known before anything is allocated. They follow from the layers.

- a node averages over its devices, which shrinks the signal about as 1/sqrt(devices). The amplifier that drives layer l
  restores it with a voltage gain of 2**gains[l-1] (and a current gain of 2**-gains[l-1] back), so that each layer's
  voltages fill 16 bits.
- products of conductance and voltage are shifted right by `shifts` before they are summed, so that a node's current
  from either side stays within 2**29 - 1 whatever the conductances are; those with displacements, which are four times
  smaller, by `fine`.
- a displacement shrinks from layer to layer downwards: `drops` says by how much, with initial conductances.
  With units that follow, displacements are some hundreds of units in every layer, of 8191.
- g_min keeps the total conductance of every node at 2**scale or more: no node floats, no division overflows.
"""

from .._compat import const
from ..fixed import G_MAX, TOTAL_MAX, U_MAX, V_MAX, bits, isqrt
from ..layers import BLOCK_BYTES, ITEM_BYTES, parse_layers, product_shift, tuple_blocks

D_MAX = const(8191)  # largest displacement: its product with a voltage stays within 2**28
# Memory beyond the arrays and per-crossbar objects, measured by `tests/runtime/differential/test_planning.py`
_BLOCKS = const(65)
_TUPLES = const(24)  # tuples with an item for each crossbar, in `Plan` and `eqprop.differential.circuit.Circuit`


class Plan:
    """The sizes, scales and limits of a differential network of these layers.

    - layers: sizes, inputs first, classes last. nodes[c]: nodes of layer c + 1; the last layer has two for each class.
    - rows[c]: wires into crossbar c from below, a pair for each input or node and for the bias.
    - shapes[c]: rows, columns of crossbar c as stored: (nodes, 2 * (inputs + 1)) for the driven one, node by node;
      (inputs + 1, 2 * nodes) for the others. A pair lies side by side; the bias is last.
    - gains[c]: log2 of the voltage gain between layer c and c + 1; for c = 0, of the input's drive.
    - shifts[c]: right shift of each conductance * voltage product. backs[c]: shift of the current from c + 1.
    - drops[c], from c = 1 on: log2 of how much finer the unit of displacements is in layer c than in c + 1; that of
      the outputs is a voltage step. fine, downs[c], lifts[c]: what `respond` shifts the products of displacements by,
      and their sums from below and above layer c + 1.
    - scales[c]: gains[c] + shifts[c], the scale of layer c + 1's division.
    - g_min, g_max: limits of a conductance, steps. initial[c]: largest initial conductance above g_min.
    - bias: voltage of the bias row of crossbars 1 and up, in that layer's scale.
    - excitatory[c]: nodes of hidden layer c + 1 whose diode keeps them at 0 or above, the first ones; the others
      stay at 0 or below.
    - beta: nudging conductance, in units of 4 steps. targets: outputs that the right class and the others are
      nudged towards.
    - rate_shifts[c]: initial right shift of crossbar c's change. sweeps: relaxations of all layers in the free phase.
    - bytes: heap that a network takes under MicroPython on a processor of this one's word size, in blocks of the
      allocator.
    """

    model = "differential"

    def __init__(self, layers):
        """Plan for `layers` ("64-32-10" or a tuple). Raises ValueError as `parse_layers`, and for too wide a layer."""
        self.layers = layers = parse_layers(layers)
        count = len(layers) - 1
        self.nodes = nodes = layers[1:-1] + (2 * layers[-1],)
        self.rows = rows = tuple(2 * (n + 1) for n in layers[:-1])
        self.shapes = ((nodes[0], rows[0]),) + tuple((rows[c] // 2, 2 * nodes[c]) for c in range(1, count))
        self.g_max = G_MAX
        self._choose()
        gains = self.gains
        terms = max([n + 1 for n in layers[1:-1]] + list(nodes[1:]) + [1])
        between = product_shift(terms, G_MAX * V_MAX)
        self.fine = fine = product_shift(terms, G_MAX * D_MAX)
        driven = product_shift(layers[0] + 1, G_MAX * U_MAX)
        if count > 1:
            # No current back is shifted left, and the first layer's drop is no smaller than its gain
            driven = max(driven, between - gains[0] - gains[1], fine - gains[0])
        self.shifts = shifts = (driven,) + (between,) * (count - 1)
        self.backs = backs = tuple(gains[c] + gains[c + 1] + shifts[c] - shifts[c + 1] for c in range(count - 1)) + (0,)
        self.scales = tuple(gains[c] + shifts[c] for c in range(count))
        # Devices at a node of layer c + 1
        fans = [rows[c] + (2 * nodes[c + 1] if c + 1 < count else 0) for c in range(count)]
        self.g_min = max(1, max(-(-(1 << self.scales[c]) // fans[c]) for c in range(count)))
        if max(fans) * G_MAX > TOTAL_MAX or self.g_min + max(self.initial) > G_MAX:
            raise ValueError("layers: {} is too wide for 15-bit conductances".format(self))
        drops = [0] * count
        for c in range(1, count):
            total = 2 * rows[c - 1] * self.initial[c - 1] + 4 * nodes[c] * self.initial[c]
            moved = 4 * self.initial[c] * isqrt(nodes[c])
            drops[c] = min(max(bits(total // moved) + gains[c], gains[c], 1), backs[c - 1] + between - fine)
        self.drops = tuple(drops)
        self.downs = tuple(drops[c] + between - fine if c else 0 for c in range(count))
        self.lifts = tuple(backs[c] - drops[c + 1] + between - fine for c in range(count - 1)) + (0,)
        blocks = _BLOCKS + count + _TUPLES * tuple_blocks(count) + tuple_blocks(count + 1) + tuple_blocks(count - 1)
        for _, code, items in self.buffers():
            blocks += 1 - (-ITEM_BYTES[code] * items // BLOCK_BYTES)
        self.bytes = blocks * BLOCK_BYTES

    def _choose(self):
        """Set the values that experiments chose (means over seeds, checked by `tests/runtime/differential`)."""
        rows = self.rows
        between = range(1, len(rows))
        # The more inputs, the more of their currents cancel, and the less does each device's share of the change matter
        fan = bits(self.layers[0] + 1)
        driven = 12 if fan > 8 else 11 if self.layers[0] > 7 else 10 if self.layers[0] > 2 else 9
        if len(rows) == 1:  # outputs at a rail would not move
            driven = 7 + fan // 2
        self.gains = (driven,) + tuple((bits(rows[c] // 2 + 1) - 1) // 2 + 1 for c in between)
        largest = [max(2000, isqrt(520000000 // rows[0]))] + [max(3500, isqrt(800000000 // rows[c])) for c in between]
        self.initial = tuple(largest)
        self.excitatory = self.layers[1:-1]
        self.bias = 2000
        self.beta = 4000
        self.targets = (20000, 4000)
        self.rate_shifts = (max(1, min(9, (52 - 4 * fan) // 3)),) + (17,) * len(between)
        self.sweeps = max(1, len(between) + 1)

    def buffers(self):
        """Yield (name, typecode, items) of every array of the emulated crossbar."""
        layers = self.layers
        count = len(self.shapes)
        yield "inputs", "b", layers[0] + 1
        yield "active", "I", layers[0] + 2
        yield "table", "I", 29 + 32 * count
        yield "limits", "i", 2
        yield "rate_shifts", "B", count
        yield "driven", "i", self.nodes[0]
        yield "outputs", "h", layers[-1]
        yield "currents", "i", layers[-1]
        yield "own", "i", 2 * max(self.nodes)
        for c, (rows, columns) in enumerate(self.shapes):
            n = self.nodes[c]
            yield "g", "H", rows * columns
            for name in ("free", "displaced"):
                yield name, "h", n + 1 if c + 1 < count else n
            yield "low", "h", n
            yield "high", "h", n
            yield "shift", "B", n
            yield "reciprocal", "H", n
            yield "total", "i", n
            yield "shape", "i", 8

    def __str__(self):
        """Return the layers as text, "64-32-10"."""
        return "-".join(str(n) for n in self.layers)
