"""The rig's circuit as a SPICE netlist, and what it settles to by ngspice.

Potentiometers are resistors of R_AB * code / 256 + 75 Ohm, sources are what their codes say, clamps are amplifiers that
lift their node through a diode. Voltages are from ground.
"""

import re

from eqprop.rig.planning import POT_OHM, SERIES_OHM, WIPER_OHM
from eqprop_sim.rig.assembly import assemble

VMID = 2.5
_OPTIONS = ".options gmin=1e-15 reltol=1e-7 abstol=1e-15 vntol=1e-9 itl1=500"
_OPEN_LOOP_GAIN = 1e5  # of a MCP6004: 112 dB are typical (DS21733J)
_VALUES = {"1k21": 1210, "22k": 22000}


def write(description, codes, sources, pot_ohm=None, wiper_ohm=None, title="eqprop rig"):
    """Return the netlist as text: it prints every node's voltage when ngspice -b runs it.

    codes: of all devices' wipers. sources: volts from Vmid of all sources. pot_ohm, wiper_ohm: of all devices; None for
    the nominal ones.
    """
    layout = description.layout
    lines = [f"* {title}", _OPTIONS, ".model 1n4148 d(is=2.5e-9 n=1.75)", f"Vmid VMID 0 {VMID}"]
    for n, volts in enumerate(sources):
        lines.append(f"V{layout.source_name(n)} {layout.source_name(n)} 0 {VMID + volts:.9g}")
    for n, code in enumerate(codes):
        c, _, j = layout.device_ends(n)
        node = layout.node_name(layout.first_node(c + 1) + j)
        ohm = (POT_OHM if pot_ohm is None else pot_ohm[n]) * code / 256
        ohm += WIPER_OHM if wiper_ohm is None else wiper_ohm[n]
        lines.append(f"RP{n} S{n} {node} {ohm:.9g}")
    for component in description.components:
        if component.part in _VALUES:
            lines.append(f"{component.ref} {component.nets['1']} {component.nets['2']} {_VALUES[component.part]}")
        elif component.part == "1n4148":
            lift, node = component.nets["A"], component.nets["K"]
            lines.append(f"E{component.ref} {lift} 0 VMID {node} {_OPEN_LOOP_GAIN:g}")
            lines.append(f"{component.ref} {lift} {node} 1n4148")
    names = [layout.node_name(n) for n in range(layout.nodes)]
    lines += [".control", "set numdgt=12", "op", *(f"print v({name})" for name in names), "quit", ".endc", ".end"]
    return "\n".join(lines) + "\n"


def operating_point(description, text):
    """Return ngspice's voltages from Vmid of all nodes of a netlist. Raises `spice.Unavailable` without ngspice."""
    from eqprop_sim.analog.circuits import spice  # imported here, as the netlist alone needs no library

    found = {name.lower(): float(v) - VMID for name, v in re.findall(r"^v\((\w+)\) = (\S+)", spice.run(text), re.M)}
    layout = description.layout
    return [found[layout.node_name(n).lower()] for n in range(layout.nodes)]


def state(description, bench, title="eqprop rig"):
    """Return the netlist of a simulated rig as it is now, with the resistances of its parts."""
    layout = description.layout
    codes = [bench.pots[chip].codes[wiper] for chip, wiper in map(layout.device, range(layout.devices))]
    sources = [bench.source_volts(n) for n in range(layout.sources)]
    wiper_ohm = [ohm - SERIES_OHM for ohm in bench.end_ohm]
    return write(description, codes, sources, bench.pot_ohm, wiper_ohm, title)


def initial(description, title):
    """Return the netlist of a rig of perfect parts with the initial conductances of seed 0, all features at 127."""
    layout = description.layout
    bench, crossbar = assemble(layout.layers, converter=layout.converter)
    crossbar.settle(bytes([127] * layout.layers[0]))
    return state(description, bench, title)
