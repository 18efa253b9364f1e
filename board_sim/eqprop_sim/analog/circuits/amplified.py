"""A Hopfield network of differential pairs and amplifiers as a SPICE netlist, and what ngspice finds for it.

One operating point shows a network at rest, in which a crossbar is driven from both sides at once. A chip uses the
same devices in turn for both; the netlist draws them twice: Rp and Rn carry the sums upwards, Rfp and Rfn, of a
resistance larger by the inverse of the feedback, carry them down to the same virtual grounds.

Nodes: p1_3 and n1_3 are the outputs of node 3 of layer 1, at + and -; g1_3 is its virtual ground, a1_3 the output of
its amplifier before the rails. p0_3 and n0_3 are driven by feature 3, pb and nb by 1.0 for the biases.
"""

import re

import numpy as np

from eqprop.fixed import U_MAX

from ..errors import ConvergenceError, check_finite
from . import spice
from .netlist import OPTIONS

STATE_V = 0.25
"""Volts of a state of 1.0."""

_OPEN_GAIN = 1e7
"""Open-loop gain of an amplifier: its virtual ground is at 0 V within a ten-millionth of its output."""

_VOLTAGE = re.compile(r"^v\((p\d+_\d+)\) = (\S+)", re.MULTILINE)


def write(network, x, nudge=None, title="eqprop hopfield"):
    """Return the netlist of a `hopfield.HopfieldTrainer`'s devices, with features x (n_0,), -1..1, as text.

    nudge: what is added to the outputs' sums, (n_L,). Raises PhysicsError for a feature that is not finite.
    """
    check_finite("x", x)
    layers = network.plan.layers
    lines = [f"* {title}: {'-'.join(map(str, layers))}", OPTIONS]
    lines += [f"Vp0_{i} p0_{i} 0 {STATE_V * v:.17g}" for i, v in enumerate(x)]
    lines += [f"Vn0_{i} n0_{i} 0 {-STATE_V * v:.17g}" for i, v in enumerate(x)]
    # The runtime's bias input has full scale 127 of 128 in the driven crossbar
    for name, volts in (("d", STATE_V * U_MAX / (U_MAX + 1)), ("b", STATE_V)):
        lines += [f"Vp{name} p{name} 0 {volts:.17g}", f"Vn{name} n{name} 0 {-volts:.17g}"]
    for c, g in enumerate(network.conductances):
        for j in range(layers[c + 1]):
            lines += _amplifier(network, c + 1, j)
        names = [f"{c}_{i}" for i in range(layers[c])] + ["b" if c else "d"]
        for sign, other, half in (("p", "n", g[0]), ("n", "p", g[1])):
            for i, j in np.ndindex(half.shape):
                siemens = float(half[i, j])
                if siemens > 0:
                    # The amplifier inverts, so g+ is driven at -
                    lines.append(f"R{sign}{c}_{i}_{j} {other}{names[i]} g{c + 1}_{j} {1 / siemens:.17g}")
                    if c and i < layers[c]:
                        ohm = 1 / (siemens * network.feedback)
                        lines.append(f"Rf{sign}{c}_{i}_{j} {other}{c + 1}_{j} g{c}_{i} {ohm:.17g}")
    if nudge is not None:
        last = len(layers) - 1
        for j, each in enumerate(nudge):
            lines.append(f"In_{j} g{last}_{j} 0 {STATE_V * each / network.ohm:.17g}")
    outputs = [f"p{layer}_{j}" for layer in range(1, len(layers)) for j in range(layers[layer])]
    lines += [".control", "set numdgt=12", "op", *(f"print v({name})" for name in outputs), "quit", ".endc", ".end"]
    return "\n".join(lines) + "\n"


def _amplifier(network, layer, j):
    """Yield the summing amplifier of a node, its rails, and its inverter."""
    node = f"{layer}_{j}"
    rail = STATE_V * network.rail
    low = -rail if layer == len(network.plan.layers) - 1 else 0
    yield f"Eg{node} a{node} 0 0 g{node} {_OPEN_GAIN:.17g}"
    yield f"Rg{node} a{node} g{node} {network.ohm:.17g}"
    yield f"Bp{node} p{node} 0 V=min(max(V(a{node}),{low:.17g}),{rail:.17g})"
    yield f"En{node} n{node} 0 p{node} 0 -1"


def operating_point(network, x, nudge=None):
    """Return ngspice's states of layers 1..L, a list of (n_l,). Raises ConvergenceError if it finds none."""
    said = spice.run(write(network, x, nudge))
    found = dict(_VOLTAGE.findall(said))
    sizes = network.plan.layers[1:]
    if len(found) != sum(sizes):
        words = [line for line in said.splitlines() if "rror" in line or "onverge" in line]
        raise ConvergenceError(f"ngspice finds no operating point: {' '.join(words[:2])}")
    return [np.array([float(found[f"p{c}_{j}"]) for j in range(n)]) / STATE_V for c, n in enumerate(sizes, 1)]
