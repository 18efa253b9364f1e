"""Line resistance against badcrossbar, and the whole network with it."""

import logging
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop_sim.analog import Nodal, PhysicsError, WiredCrossbar, Wires, drive, settle
from eqprop_sim.analog.circuits.ideal import EXACT
from support.references.random_circuits import random_circuit


@pytest.fixture(scope="module")
def badcrossbar():
    """The package, which logs and warns at import: it finds no cairo, with which it would draw."""
    with warnings.catch_warnings(record=True):  # it sets filters of its own
        package = pytest.importorskip("badcrossbar")
    logging.getLogger().setLevel(logging.WARNING)
    return package


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (5, 16), (64, 64)])
@pytest.mark.parametrize("ohms", [(1.0, 2.0), (50.0, 0.0), (0.0, 50.0), (0.3, 20.0)])
def test_currents_are_badcrossbars(badcrossbar, shape, ohms):
    """Catches a segment too many or too few, lines swapped, a line read at its other end."""
    random = np.random.default_rng(shape[0] * 100 + shape[1])
    g, volts = random.uniform(1e-6, 1e-4, shape), random.uniform(-1, 1, (shape[0], 1))
    theirs = badcrossbar.compute(volts, 1 / g, r_i_word_line=ohms[0], r_i_bit_line=ohms[1]).currents
    crossbar = WiredCrossbar(g, Wires(*ohms))
    ours = crossbar.currents(volts[:, 0])
    assert np.allclose(ours.columns, theirs.output[0], rtol=1e-6, atol=0)
    assert np.allclose(ours.devices, theirs.device, rtol=1e-6, atol=0)
    ends = crossbar.ends @ np.append(volts[:, 0], np.zeros(shape[1]))
    assert np.allclose(ends, np.append(ours.rows, -ours.columns), rtol=1e-9)


@given(st.integers(0, 2**32 - 1))
def test_perfect_lines_are_the_limit_of_resistive_ones(seed):
    """Catches a network with wires whose crossbars are joined otherwise than the network without."""
    circuit = random_circuit((3, 4, 5, 2), seed, gains=[2.0, 3.0], offsets=True)
    x = np.random.default_rng(seed).uniform(-1, 1, (2, 3))
    exact = settle(circuit, drive(circuit, x), settings=EXACT)[1:]
    for wires, tolerance in ((None, 1e-9), (Wires(), 1e-9), (Wires(1e-7, 1e-7), 1e-4)):
        nodal = Nodal(circuit, wires)
        for v, expected in zip(nodal.layers(nodal.settle(nodal.source(x)))[1:], exact, strict=True):
            assert np.abs(v - expected).max() < tolerance


def test_resistive_lines_weaken_the_signal():
    """Catches a sign of the lines' resistance, and one of the two that has no effect."""
    circuit = random_circuit((8, 6, 3), 0, g_max=1e-3)
    for g in circuit.g:
        g[...] = g.mean()
    circuit.g[0][0] *= 2  # all inputs push the same way
    circuit.refresh()
    x = np.ones((1, 8))

    def output(wires):
        nodal = Nodal(circuit, wires)
        return nodal.layers(nodal.settle(nodal.source(x)))[-1]

    best, words, bits = output(None), output(Wires(100.0, 0.0)), output(Wires(0.0, 100.0))
    assert (words < best).all() and (bits < best).all() and (best > 0).all()


@pytest.mark.parametrize("ohms", [(-1.0, 0.0), (0.0, float("nan"))])
def test_lines_of_negative_resistance_are_refused(ohms):
    with pytest.raises(PhysicsError, match="ohm: .* is not in 0..1e"):
        Wires(*ohms)
