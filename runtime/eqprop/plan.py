"""Sizes, scales and memory of a network, known before anything is allocated.

The scales follow from the layer sizes alone, so that every board and simulator agrees on them:

- a node averages over `fan` devices, which shrinks the signal about as 1/sqrt(fan); the amplifier in front of layer l
  makes up for it with a voltage gain of 2**gains[l-1] (and a current gain of 2**-gains[l-1] back), so that each
  layer's voltages fill 16 bits.
- products of conductance and voltage are shifted right by `shifts` before they are summed, so that a node's current
  from either side stays within 2**29 - 1 whatever the conductances are.
- g_min keeps the total conductance of every node at 2**scale or more: no node floats, no division overflows.
"""

from .fixed import CURRENT_MAX, G_MAX, TOTAL_MAX, U_MAX, V_MAX, bits, isqrt

_ITEM_BYTES = {"b": 1, "B": 1, "h": 2, "H": 2, "i": 4}
_ARRAY_BYTES = 48  # a MicroPython array's own object and its rounding, 64-bit port; half of it on boards


def parse_layers(layers):
    """Return the layer sizes as a tuple: "64-32-10" or (64, 32, 10) gives (64, 32, 10).

    Raises ValueError naming the text when it is not two or more sizes of 1..8191 joined by "-".
    """
    try:
        sizes = tuple(int(n) for n in (layers.split("-") if isinstance(layers, str) else layers))
    except (TypeError, ValueError):
        sizes = ()
    if len(sizes) < 2 or min(sizes) < 1 or max(sizes) > 8191:
        raise ValueError("layers: two or more sizes of 1..8191, such as 64-32-10, not {!r}".format(layers))
    return sizes


def _product_shift(terms, largest):
    """Return the smallest shift p for which terms * (largest * 2**-p + 1) <= CURRENT_MAX (the 1: `>>` floors)."""
    p = 0
    while terms * ((largest >> p) + 1) > CURRENT_MAX:
        p += 1
    return p


class Plan:
    """What a network of these layers consists of.

    - layers: sizes, inputs first. Crossbar c joins layer c and layer c + 1.
    - shapes[c]: rows, columns of crossbar c as stored: (nodes, 2 * (inputs + 1)) for the driven one, node by node;
      (inputs + 2, nodes) for the others. The bias pair is last.
    - gains[c]: log2 of the voltage gain between layer c and c + 1; for c = 0, of the input's drive.
    - shifts[c]: right shift of each conductance * voltage product. backs[c]: of the current from crossbar c + 1.
    - scales[c]: gains[c] + shifts[c], what the nodes of layer c + 1 divide by.
    - g_min, g_max: limits of a conductance, steps. initial[c]: largest initial conductance above g_min.
    - bias: voltage of the bias pair of crossbars 1 and up, in that layer's scale.
    - beta: nudging conductance, steps. target: output voltage that the right class is nudged to.
    - rates[c]: right shift of crossbar c's change at first. sweeps: relaxations of all layers in a phase.
    - buffers: (name, typecode, items) of every array of the emulated crossbar.
    - bytes: heap that they take, an upper bound.
    """

    def __init__(self, layers):
        """Plan for `layers` ("64-32-10" or a tuple). Raises ValueError as `parse_layers`, or for too wide a layer."""
        self.layers = layers = parse_layers(layers)
        count = len(layers) - 1
        inputs = layers[0] + 1
        rows = [2 * inputs] + [n + 2 for n in layers[1:-1]]
        self.shapes = [(layers[1], rows[0])] + [(rows[c], layers[c + 1]) for c in range(1, count)]
        self.gains = [7 + bits(inputs) // 2] + [bits(rows[c]) // 2 for c in range(1, count)]
        between = _product_shift(max(rows[1:] + list(layers[2:]) + [1]), G_MAX * V_MAX)
        driven = _product_shift(inputs, G_MAX * U_MAX)
        if count > 1:
            driven = max(driven, between - self.gains[0] - self.gains[1])
        self.shifts = [driven] + [between] * (count - 1)
        self.backs = [
            self.gains[c] + self.gains[c + 1] + self.shifts[c] - self.shifts[c + 1] for c in range(count - 1)
        ] + [0]
        self.scales = [self.gains[c] + self.shifts[c] for c in range(count)]
        fans = [rows[c] + (layers[c + 2] if c + 2 <= count else 0) for c in range(count)]
        self.g_min = max(1, max(-(-(1 << self.scales[c]) // fans[c]) for c in range(count)))
        self.g_max = G_MAX
        self.bias = 3200
        self.beta = 9830
        self.target = 26000
        self.rates = [9] + [14] * (count - 1)
        self.sweeps = max(1, 2 * (count - 1))
        self.initial = [8000 // isqrt(rows[0])] + [18000 // isqrt(r) for r in rows[1:]]
        if max(fans) * G_MAX > TOTAL_MAX or self.g_min + max(self.initial) > G_MAX:
            raise ValueError("layers: {} is too wide for 15-bit conductances".format(self))
        self.buffers = self._buffers()
        self.bytes = sum(_ARRAY_BYTES + _ITEM_BYTES[code] * items for _, code, items in self.buffers)

    def _buffers(self):
        layers = self.layers
        buffers = [("inputs", "b", layers[0] + 1), ("active", "H", layers[0] + 1), ("driven", "i", layers[1]), ("rest", "i", layers[-1])]
        for c, (rows, columns) in enumerate(self.shapes):
            buffers.append(("g", "H", rows * columns))
            n = layers[c + 1]
            wired = n + 2 if c + 1 < len(self.shapes) else n
            buffers += [(name, "h", wired) for name in ("free", "plus", "minus", "delta", "mean")]
            buffers += [("low", "h", n), ("high", "h", n), ("shift", "B", n), ("reciprocal", "H", n)]
            buffers += [("total", "i", n), ("base", "i", n), ("shape", "i", 5)]
        return buffers

    def devices(self):
        """Return the number of conductances in all crossbars."""
        return sum(rows * columns for rows, columns in self.shapes)

    def __str__(self):
        """Return the layers as text, "64-32-10"."""
        return "-".join(str(n) for n in self.layers)


def plan(layers):
    """Return the `Plan` of a network: its layers, scales and the heap bytes it needs, before allocating any."""
    return Plan(layers)
