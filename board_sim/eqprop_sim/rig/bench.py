"""A whole simulated rig: chips wired as a layout says, with the spread, noise and faults of real ones."""

from eqprop.rig.layout import CONVERTERS, DECODERS, I2C, POTS

from . import converters, pots, sources
from .circuit import Circuit
from .noise import Noise

_NO_ANSWER = 5  # EIO
_SPI_HZ = 1000000
_I2C_HZ = 400000
_PARTS = {
    "mcp4251": pots.MCP4251,
    "ad5254": pots.AD5254,
    "mcp3208": converters.MCP3208,
    "ads8688": converters.ADS8688,
    "ads1115": converters.ADS1115,
}


class Spread:
    """What real parts differ by. Standard deviations, except for `chip`.

    - chip: R_AB of a chip, +- share. match: of a resistance on it, share. wiper: of a wiper's resistance, share
    - converter_v, clamp_v, source_v: offsets. noise: of a conversion, in the part's own. diode: "ideal" or "bat54"
    """

    def __init__(
        self,
        chip=0.2,
        match=0.01,
        wiper=0.2,
        converter_v=0.002,
        clamp_v=0.002,
        source_v=0.001,
        noise=1.0,
        diode="ideal",
    ):
        self.chip, self.match, self.wiper = chip, match, wiper
        self.converter_v, self.clamp_v, self.source_v = converter_v, clamp_v, source_v
        self.noise, self.diode = noise, diode


PERFECT = Spread(0, 0, 0, 0, 0, 0, 0)
"""Parts as their datasheets' typical values have them."""


class Pin:
    """An output of the board, as `machine.Pin`."""

    def __init__(self):
        self.level = 1

    def value(self, level=None):
        """Return the level, or set it."""
        if level is None:
            return self.level
        self.level = level


class Bench:
    """A rig of a layout.

    - address, enables: the decoders' pins. spi, i2c: this object is both buses, as `machine.SPI` and `machine.I2C`.
    - now_us: microseconds on the buses and in `wait_us`. frames: transfers so far.
    - circuit: the circuit. volts: of its nodes, from Vmid.
    - dead: names of chips that do not answer, such as "U5". swapped: {select: select it reaches instead}.
    - nacks: {I2C address: how many of its next transfers fail}. cut_at: the frame before which power is cut.
    """

    def __init__(self, layout, seed=0, spread=PERFECT, clock=None):
        """Wire up a rig. clock: has now(), microseconds, which whoever transfers advances; None to count `now_us`."""
        self.layout = layout
        self.spread = spread
        self._noise = Noise(seed)
        self._clock = clock
        self.now_us = 0
        self.frames = 0
        self.cut_at = -1
        self.dead = set()
        self.swapped = {}
        self.nacks = {}
        self.address = [Pin() for _ in range(DECODERS[layout.decoder])] if layout.selects else []
        self.enables = [Pin() for _ in layout.decoders]
        self._make_circuit()
        self._make_chips()
        self.power_up()

    # ---- parts

    def _make_circuit(self):
        layout, spread, noise = self.layout, self.spread, self._noise
        self.circuit = circuit = Circuit(layout.nodes)
        circuit.diode = spread.diode == "bat54"
        each = POTS[layout.pot][1]
        chips = [1 + spread.chip * noise.uniform() for _ in layout.pots]
        self.pot_ohm = [50000 * (chips[n // each] + spread.match * noise.bell()) for n in range(layout.devices)]
        self.end_ohm = [75 * (1 + spread.wiper * noise.bell()) + 1210 for _ in range(layout.devices)]
        hidden = layout.nodes - layout.layers[-1]
        for n in range(hidden):
            circuit.low[n] = spread.clamp_v * noise.bell()
        self.reading_v = [spread.converter_v * noise.bell() for _ in range(layout.nodes)]
        self.source_v = [spread.source_v * noise.bell() for _ in range(layout.sources)]
        self.g = [0.0] * layout.devices
        # Of each device: (row's source or None, node below or None, node)
        self._ends = [self._device(n) for n in range(layout.devices)]
        self._into = [0.0] * layout.nodes
        self._source = [0.0] * layout.sources
        for k in range(layout.layers[-1]):
            circuit.to_row(hidden + k, 1 / 22000)

    def _device(self, n):
        layout = self.layout
        c, row, j = layout.device_ends(n)
        node = layout.first_node(c + 1) + j
        if c == 0:
            return row, None, node
        if row < layout.layers[c]:
            return None, layout.first_node(c) + row, node
        return layout.bias(c, row - layout.layers[c]), None, node

    def _make_chips(self):
        layout = self.layout
        self._selected, self._addressed, self._names = {}, {}, {}
        self.pots = []
        each = POTS[layout.pot][1]
        for chip in range(len(layout.pots)):
            self.pots.append(_PARTS[layout.pot](lambda wiper, chip=chip: self._moved(each * chip + wiper)))
            self._wire("pots", chip, self.pots[-1], POTS[layout.pot][0], layout.pots[chip])
        self.converters = []
        for chip in range(len(layout.converters)):
            made = _PARTS[layout.converter](
                lambda channel, chip=chip: self._sample(chip, channel), self._noise_of_a_conversion, self.now
            )
            self.converters.append(made)
            self._wire("converters", chip, made, CONVERTERS[layout.converter][0], layout.converters[chip])
        self.dacs = []
        for chip in range(len(layout.dacs)):
            self.dacs.append(sources.MCP4728(lambda channel, chip=chip: self._driven(4 * chip + channel)))
            self._wire("dacs", chip, self.dacs[-1], I2C, layout.dacs[chip])

    def _wire(self, kind, chip, part, bus, name):
        self._names[id(part)] = name.split(" ")[0]
        if bus == I2C:
            self._addressed[self.layout.address(kind, chip)] = part
        else:
            self._selected[self.layout.select(kind, chip)] = part

    def _noise_of_a_conversion(self):
        return self.spread.noise * self._noise.bell() if self.spread.noise else 0.0

    def power_up(self):
        """Switch the supply on: every chip starts as its datasheet says."""
        for part in self.pots + self.converters + self.dacs:
            part.power_up()

    # ---- circuit

    def _moved(self, n):
        if n >= self.layout.devices:  # a wiper that is left over
            return
        chip, wiper = self.layout.device(n)
        code = self.pots[chip].codes[wiper]
        g = 1 / (self.pot_ohm[n] * code / 256 + self.end_ohm[n])
        change = g - self.g[n]
        self.g[n] = g
        row, below, node = self._ends[n]
        if row is None:
            self.circuit.between(below, node, change)
        else:
            self.circuit.to_row(node, change)
            self._into[node] += change * self._source[row]
        self.volts = None

    def _driven(self, n):
        layout = self.layout
        if n >= layout.sources:
            return
        dac, channel = layout.source(n)
        v = self.dacs[dac].volts(channel) - converters.VMID + self.source_v[n]
        change = v - self._source[n]
        self._source[n] = v
        if n >= layout.nudge(0):
            self._into[layout.nodes - layout.layers[-1] + n - layout.nudge(0)] += change / 22000
        else:
            for i, (row, _, node) in enumerate(self._ends):
                if row == n:
                    self._into[node] += self.g[i] * change
        self.volts = None

    def source_volts(self, n):
        """Return a source's voltage from Vmid."""
        return self._source[n]

    def settled(self):
        """Return the node voltages from Vmid."""
        if self.volts is None:
            self.volts = self.circuit.settle(self._into)
        return self.volts

    def _sample(self, chip, channel):
        n = channel * len(self.converters) + chip
        if n >= self.layout.nodes:
            return 0.0
        return self.settled()[n] + converters.VMID + self.reading_v[n]

    # ---- buses

    def now(self):
        """Return microseconds."""
        return self._clock.now() if self._clock else self.now_us

    def wait_us(self, us):
        """Let time pass."""
        self.now_us += us

    def _frame(self, us):
        if self.frames == self.cut_at:
            self.power_up()
        self.frames += 1
        self.now_us += us

    def write_readinto(self, out, back):
        """Transfer a frame to the selected chip; MISO is pulled up."""
        self._frame(8000000 * len(out) / _SPI_HZ)
        address = 0
        for bit, pin in enumerate(self.address):
            address |= pin.level << bit
        chosen = [address + (n << len(self.address)) for n, pin in enumerate(self.enables) if not pin.level]
        said = b"\xff" * len(out)
        for select in chosen:
            part = self._selected.get(self.swapped.get(select, select))
            if part and self._names[id(part)] not in self.dead:
                said = part.frame(bytes(out))
        back[:] = said

    def _part(self, address, size):
        self._frame(9000000 * (1 + size) / _I2C_HZ)
        part = self._addressed.get(address)
        if self.nacks.get(address):
            self.nacks[address] -= 1
            part = None
        if not part or self._names[id(part)] in self.dead:
            raise OSError(_NO_ANSWER)
        return part

    def writeto(self, address, data, stop=True):
        """Write bytes to a chip. Raises OSError if none answers."""
        self._part(address, len(data)).written(data)
        return len(data)

    def readfrom_into(self, address, buffer, stop=True):
        """Read bytes from a chip. Raises OSError if none answers."""
        self._part(address, len(buffer)).read_into(buffer)

    def answers(self, address):
        """Return whether a chip acknowledges this I2C address now."""
        try:
            self._part(address, 0)
        except OSError:
            return False
        return True

    def addresses(self):
        """Return the I2C addresses of all chips."""
        return sorted(self._addressed)


class Address:
    """A chip on the I2C bus of a `Bench`, as a part that a simulated `machine` can attach."""

    def __init__(self, bench, address):
        self._bench, self._address = bench, address

    def written(self, data):
        """Handle a write. Raises OSError if the chip does not answer."""
        self._bench.writeto(self._address, data)

    def read_into(self, buffer):
        """Handle a read. Raises OSError if the chip does not answer."""
        self._bench.readfrom_into(self._address, buffer)
