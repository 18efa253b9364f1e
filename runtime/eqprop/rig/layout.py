"""The layout of a rig: which chip and pin each device, source and node is on. Drivers and drawings follow from it.

Chips are numbered U1, U2, ... in the order potentiometers, converters, sources, decoders.

- devices: in the order of `RigPlan.shapes`, crossbar after crossbar, one after another on the potentiometers' wipers.
  So the + and the - device of a feature share a chip, whose two resistances match within 1 %.
- sources: the row pairs of all features, the bias pairs of all crossbars, a nudge for each output. Nudges and upper
  biases come last, so that a nudged phase sends to few chips.
- nodes: layer after layer. Neighbours are on different converters, so that these convert at the same time.
- selects: of the SPI chips, in the order of their numbers.
"""

from .._compat import const
from ..planning import parse_layers

SPI = const(0)
I2C = const(1)

# part: (bus, items on a chip, first I2C address, number of addresses, pins of its items)
POTS = {
    "mcp4251": (SPI, 2, 0, 0, ("P0B-P0W", "P1B-P1W")),
    "ad5254": (I2C, 4, 0x2C, 4, ("B0-W0", "B1-W1", "B2-W2", "B3-W3")),
}
CONVERTERS = {
    "mcp3208": (SPI, 8, 0, 0, tuple("CH{}".format(n) for n in range(8))),
    "ads8688": (SPI, 8, 0, 0, tuple("AIN{}P".format(n) for n in range(8))),
    "ads1115": (I2C, 3, 0x48, 4, ("AIN0", "AIN1", "AIN2")),
}
SOURCES = {"mcp4728": (I2C, 4, 0x60, 8, ("VOUTA", "VOUTB", "VOUTC", "VOUTD"))}
DECODERS = {"74hct138": 3, "74hct154": 4}
DECODERS_MAX = const(4)


def _chips(items, each):
    return -(-items // each)


class Layout:
    """The layout of a network of `layers`.

    - layers: sizes, inputs first. pot, converter, decoder: names of their parts.
    - devices, sources, nodes: their numbers. first[c]: the first device of crossbar c.
    - pots, converters, dacs: the names of the chips, such as "U1 MCP4251".
    - selects: of how many chips. decoders: names of the decoders, [] if there are no chips on SPI.
    """

    def __init__(self, layers, pot="mcp4251", converter="ads1115", decoder="74hct154"):
        """Lay out a network of `layers`, "2-4-2" or a tuple.

        Raises ValueError naming an unknown part, or the part of which more chips are needed than the bus can have.
        """
        self.layers = layers = parse_layers(layers)
        for name, part, known in (("pot", pot, POTS), ("converter", converter, CONVERTERS)):
            if part not in known:
                raise ValueError("{}: {!r} is not one of {}".format(name, part, ", ".join(sorted(known))))
        if decoder not in DECODERS:
            raise ValueError("decoder: {!r} is not one of {}".format(decoder, ", ".join(sorted(DECODERS))))
        self.pot, self.converter, self.decoder = pot, converter, decoder
        count = len(layers) - 1
        sizes = [2 * (layers[0] + 1) * layers[1]] + [(layers[c] + 2) * layers[c + 1] for c in range(1, count)]
        self.first = [sum(sizes[:c]) for c in range(count)]
        self.devices = sum(sizes)
        self.sources = 2 * layers[0] + 2 * count + layers[-1]
        self.nodes = sum(layers[1:])
        self._chip_count = 0
        self.pots = self._number(POTS[pot], self.devices, pot)
        self.converters = self._number(CONVERTERS[converter], self.nodes, converter)
        self.dacs = self._number(SOURCES["mcp4728"], self.sources, "mcp4728")
        on_spi = [names for names, part in ((self.pots, POTS[pot]), (self.converters, CONVERTERS[converter]))
                  if part[0] == SPI]  # fmt: skip
        self.selects = sum(len(names) for names in on_spi)
        size = 1 << DECODERS[decoder]
        if self.selects > DECODERS_MAX * size:
            text = "layers: {} needs {} chip selects, {} {} have {}: take fewer nodes{}"
            shown, other = "-".join(str(n) for n in layers), " or 74hct154" if decoder == "74hct138" else ""
            facts = shown, self.selects, DECODERS_MAX, decoder.upper(), DECODERS_MAX * size, other
            raise ValueError(text.format(*facts))
        self.decoders = [self._name(decoder) for _ in range(_chips(self.selects, size))]

    def _number(self, part, items, name):
        bus, each, _, most, _ = part
        chips = _chips(items, each)
        if bus == I2C and chips > most:
            text = "layers: {} needs {} {}, an I2C bus has addresses for {}"
            raise ValueError(text.format("-".join(str(n) for n in self.layers), chips, name.upper(), most))
        return [self._name(name) for _ in range(chips)]

    def _name(self, part):
        self._chip_count += 1
        return "U{} {}".format(self._chip_count, part.upper())

    def device(self, n):
        """Return (chip, wiper) of device n of all: an index of `pots`, and a number there."""
        each = POTS[self.pot][1]
        return n // each, n % each

    def node(self, n):
        """Return (chip, channel) of node n of all: an index of `converters`, and a number there."""
        return n % len(self.converters), n // len(self.converters)

    def source(self, n):
        """Return (chip, channel) of source n: an index of `dacs`, and a number there."""
        return n // 4, n % 4

    def row(self, i, sign):
        """Return the source of feature i's row, or of crossbar 0's bias for i = inputs; sign: 0 for +, 1 for -."""
        return 2 * i + sign

    def bias(self, c, sign):
        """Return the source of crossbar c's bias row; sign: 0 for +, 1 for -."""
        return 2 * (self.layers[0] + c) + sign

    def nudge(self, k):
        """Return the source of output k's nudge."""
        return self.sources - self.layers[-1] + k

    def first_node(self, layer):
        """Return the first node of layer 1..L."""
        return sum(self.layers[1:layer])

    def device_ends(self, n):
        """Return (crossbar, row, node) of device n: `row` as in `row_name`, `node` within its layer."""
        c = len(self.first) - 1
        while n < self.first[c]:
            c -= 1
        n -= self.first[c]
        if c == 0:
            rows = 2 * (self.layers[0] + 1)
            return 0, n % rows, n // rows
        return c, n // self.layers[c + 1], n % self.layers[c + 1]

    def row_name(self, c, row):
        """Return the net of a row of crossbar c: a source's, or that of a node of layer c."""
        if c == 0:
            return self.source_name(row)
        if row < self.layers[c]:
            return self.node_name(self.first_node(c) + row)
        return self.source_name(self.bias(c, row - self.layers[c]))

    def source_name(self, n):
        """Return the net of a source: X0P and X0N for feature 0, B0P for crossbar 0's bias, T1 for output 1's nudge."""
        inputs = self.layers[0]
        sign = "PN"[n % 2]
        if n < 2 * inputs:
            return "X{}{}".format(n // 2, sign)
        if n < self.sources - self.layers[-1]:
            return "B{}{}".format(n // 2 - inputs, sign)
        return "T{}".format(n - self.nudge(0))

    def node_name(self, n):
        """Return the net of node n of all: H1_0 for the first of layer 1, Y0 for the first output."""
        layer = 1
        while n >= self.layers[layer]:
            n -= self.layers[layer]
            layer += 1
        return "Y{}".format(n) if layer == len(self.layers) - 1 else "H{}_{}".format(layer, n)

    def device_pin(self, n):
        """Return the chip and the pins of device n, for messages: "U5 MCP4251 P1B-P1W (X0P to H1_2)"."""
        chip, wiper = self.device(n)
        c, row, node = self.device_ends(n)
        to = self.node_name(self.first_node(c + 1) + node)
        text = "{} {} ({} to {})"
        return text.format(self.pots[chip], POTS[self.pot][4][wiper], self.row_name(c, row), to)

    def node_pin(self, n):
        """Return the chip and the pin of node n, for messages: "U19 ADS1115 AIN0 (H1_0)"."""
        chip, channel = self.node(n)
        return "{} {} ({})".format(self.converters[chip], CONVERTERS[self.converter][4][channel], self.node_name(n))

    def source_pin(self, n):
        """Return the chip and the pin of source n, for messages: "U22 MCP4728 VOUTA (X0P)"."""
        chip, channel = self.source(n)
        return "{} {} ({})".format(self.dacs[chip], SOURCES["mcp4728"][4][channel], self.source_name(n))

    def address(self, kind, chip):
        """Return the I2C address of a chip; kind: "pots", "converters" or "dacs"."""
        part = {"pots": POTS[self.pot], "converters": CONVERTERS[self.converter], "dacs": SOURCES["mcp4728"]}[kind]
        return part[2] + chip

    def select(self, kind, chip):
        """Return the chip select of an SPI chip; kind: "pots" or "converters"."""
        before = len(self.pots) if kind == "converters" and POTS[self.pot][0] == SPI else 0
        return before + chip

    def select_pin(self, select):
        """Return the decoder's output of a chip select, for messages: "U23 74HCT154 Y3"."""
        size = 1 << DECODERS[self.decoder]
        return "{} Y{}".format(self.decoders[select // size], select % size)
