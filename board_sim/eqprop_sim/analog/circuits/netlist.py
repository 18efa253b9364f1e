"""The circuit as a SPICE netlist: every device a resistor, every diode a diode, for any SPICE simulator.

Nodes: p3 and n3 are the rows that feature 3 drives at + and -; p0b and so on are the bias pairs; v2_5 is node 5 of
layer 2, and r2_5 is the row that its amplifier drives. Upper layers come first, driven sources last; devices are
grouped by node.
"""

import numpy as np

from ..errors import check_finite
from .exponential import Diode

OPTIONS = ".options gmin=1e-15 reltol=1e-6 abstol=1e-15 vntol=1e-9 itl1=500"


def write(circuit, x, *, nudge=None, diode=Diode(), folded=False, title="eqprop"):  # noqa: B008 (frozen)
    """Return the netlist of `circuit` with features x (n_0,), -1..1, and nudge currents (n_L,), amperes, as text.

    It ends with commands for ngspice -b: the operating point, and every node's voltage. folded: crossbar 0 and its
    sources as one Norton source and one resistor at each node of layer 1. Devices of 0 S are left out.
    Raises PhysicsError for a feature that is not finite.
    """
    check_finite("x", x)
    lines = [f"* {title}: {'-'.join(map(str, circuit.layers))}", OPTIONS]
    lines.append(f".model d d(is={diode.saturation_a:.17g} n={diode.ideality:.17g} tnom={_celsius(diode):.17g})")
    lines.append(f".temp {_celsius(diode):.17g}")
    for c in range(1, len(circuit.g)):
        lines += _crossbar(circuit, c)
    for layer in range(1, len(circuit.layers)):
        lines += _diodes(circuit, layer)
    if nudge is not None:
        last = len(circuit.layers) - 1
        lines += [f"I{last}_{k} 0 v{last}_{k} {current:.17g}" for k, current in enumerate(nudge)]
    lines += _folded(circuit, x) if folded else _driven(circuit, x)
    names = [f"v{layer}_{j}" for layer in range(1, len(circuit.layers)) for j in range(circuit.layers[layer])]
    lines += [".control", "set numdgt=12", "op", *(f"print v({name})" for name in names), "quit", ".endc", ".end"]
    return "\n".join(lines) + "\n"


def _celsius(diode):
    return diode.temperature_k - 273.15


def _driven(circuit, x):
    """Yield the devices of crossbar 0 and its sources."""
    volts = np.append(circuit.drive_v * np.asarray(x, float), circuit.bias_v[0])
    names = [*(str(i) for i in range(len(volts) - 1)), "0b"]
    for j in range(circuit.layers[1]):
        for name, pair in zip(names, circuit.g[0][:, :, j].T.astype(float), strict=True):
            for sign, g in zip("pn", pair, strict=True):
                if g > 0:
                    yield f"R{sign}{name}_{j} {sign}{name} v1_{j} {1 / g:.17g}"
    for name, v in zip(names, volts, strict=True):
        yield f"Vp{name} p{name} 0 {v:.17g}"
        yield f"Vn{name} n{name} 0 {-v:.17g}"


def _folded(circuit, x):
    """Yield one current source and one resistor for each node of layer 1 in place of crossbar 0."""
    volts = np.append(circuit.drive_v * np.asarray(x, float), circuit.bias_v[0])
    signed = volts @ (circuit.g[0][0] - circuit.g[0][1]).astype(float)
    total = circuit.g[0].astype(float).sum((0, 1))
    for j in range(circuit.layers[1]):
        yield f"I1n_{j} 0 v1_{j} {signed[j]:.17g}"
        if total[j] > 0:
            yield f"R1n_{j} v1_{j} 0 {1 / total[j]:.17g}"


def _crossbar(circuit, c):
    """Yield the amplifiers, the bias pair and the devices of crossbar c >= 1."""
    gain, back, offset = circuit.gain[c], circuit.back[c], circuit.offset_v[c]
    rows = []
    for i in range(circuit.layers[c]):
        if gain[i] == 1 and back[i] == 1 and offset[i] == 0:
            rows.append(f"v{c}_{i}")
            continue
        rows.append(f"r{c}_{i}")
        yield f"E{c}_{i} e{c}_{i} 0 v{c}_{i} 0 {gain[i]:.17g}"
        yield f"Vs{c}_{i} e{c}_{i} r{c}_{i} {-offset[i]:.17g}"  # senses the row's current, and adds the offset
        yield f"F{c}_{i} v{c}_{i} 0 Vs{c}_{i} {back[i]:.17g}"
    for sign, v in zip("pn", (circuit.bias_v[c], -circuit.bias_v[c]), strict=True):
        rows.append(f"{sign}{c}b")
        yield f"V{sign}{c}b {sign}{c}b 0 {v:.17g}"
    for k in range(circuit.layers[c + 1]):
        for i, (row, g) in enumerate(zip(rows, circuit.g[c][:, k].astype(float), strict=True)):
            if g > 0:
                yield f"R{c}_{i}_{k} {row} v{c + 1}_{k} {1 / g:.17g}"


def _diodes(circuit, layer):
    """Yield a diode for each finite limit of a layer's nodes, and the source that it leads to."""
    for name, limits in (("l", circuit.low[layer]), ("h", circuit.high[layer])):
        for j, limit in enumerate(limits):
            if not np.isfinite(limit):
                continue
            end = "0"
            if limit:
                end = f"{name}{layer}_{j}"
                yield f"V{end} {end} 0 {limit:.17g}"
            node = f"v{layer}_{j}"
            yield f"D{name}{layer}_{j} {end} {node} d" if name == "l" else f"D{name}{layer}_{j} {node} {end} d"
