"""The components of a rig and the nets between them: the one description of which all drawings are made.

Nets: 5V, 3V3, GND, VMID; SCK, MOSI, MISO, SDA and SCL at the Pico, the same with a 5 after the level shifters; A0 and
E0, ... of the decoders, CS0, ... of the chips; and rows, nodes and nudges as `eqprop.rig.layout` calls them.
"""

from dataclasses import dataclass, field

from eqprop.rig.layout import Layout

from ..errors import DataError
from .catalogue import DRAWN, PARTS

PICO_PINS = {
    "SCK": "GP18",
    "MOSI": "GP19",
    "MISO": "GP16",
    "SDA": "GP4",
    "SCL": "GP5",
    "A0": "GP6",
    "A1": "GP7",
    "A2": "GP8",
    "A3": "GP9",
    "E0": "GP10",
    "E1": "GP11",
    "E2": "GP12",
    "E3": "GP13",
    "3V3": "3V3",
    "5V": "VBUS",
    "GND": "GND",
}
"""The Pico's pin of each net: `examples/rig/main.py` uses the same."""
_DAC_PINS = ("VA", "VB", "VC", "VD")
_ADDRESS_NETS = ("GND", "5V", "SDA5", "SCL5")  # of an ADS1115, by address


@dataclass
class Component:
    """A component. nets: {pin's name: net}; pins without a net are open."""

    ref: str
    part: str
    nets: dict = field(default_factory=dict)


class Description:
    """All components of a rig of `layers`. layout: its `Layout`."""

    def __init__(self, layers, converter="ads1115", decoder="74hct154"):
        """Describe a rig. Raises DataError naming the part, or the layers, that cannot be drawn."""
        for kind, part in (("converter", converter), ("decoder", decoder)):
            if part not in DRAWN[kind]:
                raise DataError(f"--parts {part}: no drawing of it; there are {', '.join(DRAWN[kind])}")
        try:
            self.layout = layout = Layout(layers, "mcp4251", converter, decoder)
        except ValueError as error:
            raise DataError(str(error)) from error
        self.components: list[Component] = []
        self._counts: dict[str, int] = {}
        self._pico()
        self._pots()
        for n, name in enumerate(layout.converters):
            self._converter(n, name)
        self._dacs()
        for n, name in enumerate(layout.decoders):
            self._decoder(n, name)
        self._buses()
        self._clamps()
        self._nudges()
        self._vmid()
        for component in list(self.components):
            if component.ref.startswith("U"):
                self._add("C", "100n", {"1": "5V", "2": "GND"})

    def part_of(self, component):
        """Return a component's `Part`."""
        return PARTS[component.part]

    def nets(self):
        """Return {net: [(reference, pin's name), ...]}."""
        nets: dict = {}
        for component in self.components:
            for pin, net in component.nets.items():
                nets.setdefault(net, []).append((component.ref, pin))
        return nets

    def _add(self, prefix, part, nets, ref=None):
        if ref is None:
            self._counts[prefix] = self._counts.get(prefix, 0) + 1
            ref = f"{prefix}{self._counts[prefix]}"
        self.components.append(Component(ref, part, nets))
        return ref

    def _extra(self, part, nets):
        """Add a chip that the layout does not number."""
        self._counts["IC"] = self._counts.get("IC", 0) + 1
        last = len(self.layout.pots + self.layout.converters + self.layout.dacs + self.layout.decoders)
        return self._add("U", part, nets, f"U{last + self._counts['IC']}")

    def _pico(self):
        layout = self.layout
        used = ["SDA", "SCL", "3V3", "5V", "GND", "SCK", "MOSI", "MISO"]
        used += [f"A{n}" for n in range(4 if layout.decoder == "74hct154" else 3)]
        used += [f"E{n}" for n in range(len(layout.decoders))]
        self._add("A", "pico", {PICO_PINS[net]: net for net in used}, "A1")

    def _pots(self):
        layout = self.layout
        for chip, name in enumerate(layout.pots):
            nets = {"CS": f"CS{layout.select('pots', chip)}", "SCK": "SCK5", "SDI": "MOSI5", "SDO": "MISO5"}
            nets |= {"VSS": "GND", "VDD": "5V", "SHDN": "5V"}
            for wiper in range(2):
                n = 2 * chip + wiper
                if n < layout.devices:
                    c, row, j = layout.device_ends(n)
                    nets[f"P{wiper}B"] = f"S{n}"
                    nets[f"P{wiper}W"] = layout.node_name(layout.first_node(c + 1) + j)
                    self._add("R", "1k21", {"1": layout.row_name(c, row), "2": f"S{n}"})
            self._add("U", "mcp4251", nets, name.split(" ")[0])

    def _converter(self, chip, name):
        layout = self.layout
        nodes = {layout.node(n)[1]: layout.node_name(n) for n in range(layout.nodes) if layout.node(n)[0] == chip}
        if layout.converter == "ads1115":
            nets = {"VDD": "5V", "GND": "GND", "SCL": "SCL5", "SDA": "SDA5", "ADDR": _ADDRESS_NETS[chip]}
            nets |= {"AIN3": "VMID", **{f"AIN{channel}": node for channel, node in nodes.items()}}
        else:
            nets = {"DGND": "GND", "AGND": "GND", "VREF": "5V", "VDD": "5V", "DIN": "MOSI5", "DOUT": "MISO5"}
            nets |= {"CLK": "SCK5", "CS": f"CS{layout.select('converters', chip)}"}
            nets |= {f"CH{channel}": node for channel, node in nodes.items()}
        self._add("U", layout.converter, nets, name.split(" ")[0])

    def _dacs(self):
        layout = self.layout
        for chip, name in enumerate(layout.dacs):
            nets = {"VCC": "5V", "GND": "GND", "SCL": "SCL5", "SDA": "SDA5", "LDAC": "GND"}
            for channel, pin in enumerate(_DAC_PINS):
                if 4 * chip + channel < layout.sources:
                    nets[pin] = layout.source_name(4 * chip + channel)
            self._add("U", "mcp4728", nets, name.split(" ")[0])

    def _decoder(self, number, name):
        layout = self.layout
        bits = 4 if layout.decoder == "74hct154" else 3
        nets = {f"A{n}": f"A{n}" for n in range(bits)}
        nets |= {"VCC": "5V", "GND": "GND"}
        nets |= {"E0": f"E{number}", "E1": "GND"} if bits == 4 else {"E1": f"E{number}", "E2": "GND", "E3": "5V"}
        for output in range(1 << bits):
            select = (number << bits) + output
            if select < layout.selects:
                nets[f"Y{output}"] = f"CS{select}"
        self._add("U", layout.decoder, nets, name.split(" ")[0])

    def _buses(self):
        nets = {"1OE": "GND", "1A": "SCK", "1Y": "SCK5", "2OE": "GND", "2A": "MOSI", "2Y": "MOSI5", "GND": "GND"}
        nets |= {"3A": "GND", "3OE": "5V", "4A": "GND", "4OE": "5V", "VCC": "5V"}
        self._extra("74hct125", nets)
        self._add("R", "1k8", {"1": "MISO5", "2": "MISO"})
        self._add("R", "3k3", {"1": "MISO", "2": "GND"})
        nets = {"LV": "3V3", "LV1": "SDA", "LV2": "SCL", "GND_L": "GND"}
        nets |= {"HV": "5V", "HV1": "SDA5", "HV2": "SCL5", "GND_H": "GND"}
        self._extra("shifter", nets)
        for net in ("SDA5", "SCL5"):
            self._add("R", "2k2", {"1": "5V", "2": net})

    def _clamps(self):
        """Give each hidden node an op-amp that lifts it to Vmid through a diode, four to a chip."""
        layout = self.layout
        hidden = layout.nodes - layout.layers[-1]
        for first in range(0, hidden, 4):
            nets = {"VDD": "5V", "VSS": "GND"}
            for at, letter in enumerate("ABCD"):
                if first + at < hidden:
                    node = layout.node_name(first + at)
                    nets |= {f"{letter}+": "VMID", f"{letter}-": node, f"OUT{letter}": f"L{first + at}"}
                    self._add("D", "1n4148", {"A": f"L{first + at}", "K": node})
                else:  # a follower of Vmid rests
                    nets |= {f"{letter}+": "VMID", f"{letter}-": f"Z{first + at}", f"OUT{letter}": f"Z{first + at}"}
            self._extra("mcp6004", nets)

    def _nudges(self):
        layout = self.layout
        for k in range(layout.layers[-1]):
            node = layout.node_name(layout.nodes - layout.layers[-1] + k)
            self._add("R", "22k", {"1": layout.source_name(layout.nudge(k)), "2": node})

    def _vmid(self):
        self._add("R", "10k", {"1": "5V", "2": "VMID"})
        self._add("R", "10k", {"1": "VMID", "2": "GND"})
        self._add("C", "10u", {"1": "VMID", "2": "GND"})
