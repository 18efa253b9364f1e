"""The drivers of a layout's chips, by device, source and node. Voltages are in codes of 10 uV from Vmid."""

from array import array

from .._compat import const
from .layout import CONVERTERS, I2C, POTS
from .mcp4728 import MCP4728

_SCALE_BITS = const(12)
_CODE_NV = const(10000)


def driver_type(part):
    """Return the driver's class of a part, MCP4251 of the module mcp4251. Only the parts of the rig are loaded."""
    package = __import__("eqprop.rig." + part)
    return getattr(getattr(package.rig, part), part.upper())


class Parts:
    """The chips of a rig.

    - layout: its `Layout`. codes: the number of codes of a potentiometer, 0 first.
    - reads: conversions of a node that one reading averages.

    Allocates nothing after construction, except for errors, and for reading back an AD5254.
    """

    def __init__(self, layout, spi, i2c, wait_us, reads=0, settle_us=100):
        """Find the chips of `layout`; all sources are then at Vmid.

        spi: a `SelectedSPI`. i2c: a `machine.I2C`. wait_us(n): waits so many microseconds, such as `time.sleep_us`.
        reads: 0 for the converter's own number. settle_us: from a source's change to a reading, 5 time constants or
        more: at most 13 kOhm at a node, the resistance of a row of four at their largest, and 1.5 nF of wipers.
        Raises OSError naming a chip that does not answer, ValueError for fewer selects than the layout has.
        """
        self.layout = layout
        if spi is not None and layout.selects > spi.count:
            raise ValueError("spi: {} selects, the layout has {} chips".format(spi.count, layout.selects))
        self._wait_us = wait_us
        self._settle_us = settle_us
        self._pots = self._drivers("pots", layout.pot, layout.pots, POTS, spi, i2c)
        self._converters = self._drivers("converters", layout.converter, layout.converters, CONVERTERS, spi, i2c)
        self._dacs = [MCP4728(i2c, layout.address("dacs", n), name) for n, name in enumerate(layout.dacs)]
        self.codes = self._pots[0].codes
        self._each = POTS[layout.pot][1]  # as `Layout.device`, which allocates
        converter = self._converters[0]
        self.reads = reads = reads or converter.reads
        # The largest voltage times this is below 2**30
        self._scale = ((converter.lsb_nv << _SCALE_BITS) // reads + _CODE_NV // 2) // _CODE_NV
        self._sums = array("i", [0] * len(self._converters))

    def _drivers(self, kind, part, names, parts, spi, i2c):
        layout = self.layout
        driver = driver_type(part)
        if parts[part][0] == I2C:
            return [driver(i2c, layout.address(kind, n), name) for n, name in enumerate(names)]
        return [driver(spi, layout.select(kind, n), name) for n, name in enumerate(names)]

    def begin(self):
        """Set up all chips again, except for the wipers: after a power cut. Raises OSError as the constructor."""
        for chip in self._converters:
            chip.begin()
        for chip in self._dacs:
            chip.begin()

    def write(self, device, code):
        """Set a device's wiper. Raises OSError naming the chip if it refuses."""
        each = self._each
        self._pots[device // each].write(device % each, code)

    def read_back(self, device):
        """Return the code of a device's wiper. Raises OSError naming the chip if none answers."""
        each = self._each
        return self._pots[device // each].read(device % each)

    def verify(self, device, code):
        """Set a device's wiper and read it back. Raises OSError naming chip and pins if it holds another code."""
        self.write(device, code)
        found = self.read_back(device)
        if found != code:
            text = "{}: wrote {}, read {}: check its chip select and supply"
            raise OSError(text.format(self.layout.device_pin(device), code, found))

    def source(self, n, code):
        """Set a source to a code of 0..4095, 2048 for Vmid, for the next `apply`."""
        self._dacs[n >> 2].set(n & 3, code)

    def apply(self):
        """Send the sources that changed, and wait until the network has settled."""
        for dac in self._dacs:
            dac.apply()
        self._wait_us(self._settle_us)

    def read(self, first, count, out):
        """Read `count` nodes from node `first` on into the int32 buffer `out`, at their own places, in codes of 10 uV.

        Converters work at the same time. Raises OSError naming chip and pin if one does not answer or is at its rail.
        """
        converters = self._converters
        chips = len(converters)
        done = first
        end = first + count
        while done < end:
            # Neighbouring nodes are on different chips
            part = min(chips, end - done)
            for n in range(part):
                self._sums[n] = 0
            for _ in range(self.reads):
                for n in range(part):
                    converters[(done + n) % chips].start((done + n) // chips)
                if converters[0].convert_us:
                    self._wait_us(converters[0].convert_us)
                for n in range(part):
                    converter = converters[(done + n) % chips]
                    code = converter.fetch()
                    if code <= converter.lowest or code >= converter.highest:
                        self._at_rail(done + n, code)
                    self._sums[n] += code
            for n in range(part):
                out[done + n] = self._sums[n] * self._scale + (1 << _SCALE_BITS - 1) >> _SCALE_BITS
            done += part

    def _at_rail(self, node, code):
        text = "{}: reads {}, its rail: check the node's wiring, Vmid and the supply"
        raise OSError(text.format(self.layout.node_pin(node), code))
