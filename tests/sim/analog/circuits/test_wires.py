"""Line resistance against badcrossbar, and the whole network with it."""

import logging
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop_sim.analog import Nodal, PhysicsError, WiredCrossbar, Wires, drive, settle
from eqprop_sim.analog.circuits.ideal import EXACT, Settings
from eqprop_sim.analog.circuits.wired import Wired
from eqprop_sim.analog.circuits.wires import flat, unflat
from support.references.random_circuits import random_circuit


@pytest.fixture(scope="module")
def badcrossbar():
    """The package, which logs and warns at import: it finds no cairo, with which it would draw."""
    with warnings.catch_warnings(record=True):  # it sets filters of its own
        package = pytest.importorskip("badcrossbar")
    logging.getLogger().setLevel(logging.WARNING)
    return package


@pytest.mark.slow
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


@given(st.integers(0, 2**32 - 1), st.sampled_from([(0.0, 300.0), (300.0, 0.0), (200.0, 100.0)]))
def test_the_iteration_ends_where_kirchhoffs_law_holds_at_every_crossing(seed, ohms):
    """Against the sparse system of all line nodes, each sample with its own diodes: to 1e-6 of the signal.

    Catches a ladder with a segment too many, a correcting current of the wrong sign, an amplifier left out.
    """
    circuit = random_circuit((3, 5, 4, 2), seed, gains=[2.0, 3.0], offsets=True, g_max=1e-4)
    random = np.random.default_rng(seed)
    x, nudge = random.uniform(-1, 1, (3, 3)), random.uniform(-1e-5, 1e-5, (3, 2))
    nodal = Nodal(circuit, Wires(*ohms))
    wired = Wired(circuit.copy(), Wires(*ohms), 1e-10)
    wired.follow(circuit.g)
    free = wired.settle(x, settings=Settings(20))
    for found, pushed, source in (
        (free, None, nodal.source(x)),
        (wired.settle(x, nudge, free, Settings(20)), nudge, nodal.source(x, nudge)),
    ):
        expected = nodal.layers(nodal.settle(source))
        for v, right in zip(found[1:], expected[1:], strict=True):
            assert np.abs(v - right).max() <= 1e-6 * max(1.0, np.abs(right).max()), pushed


def test_the_rows_of_a_feature_lie_side_by_side():
    """Catches all + rows before all - rows, whose currents then meet only at the far end of the bit line."""
    g = np.arange(2 * 3 * 2, dtype=float).reshape(2, 3, 2)
    assert flat(g, 0)[:, 0].tolist() == [0, 6, 2, 8, 4, 10] and (unflat(flat(g, 0), 0) == g).all()
    # Features that equal conductances should cancel: along the line, what is left of them
    pairs = np.full((2, 60, 1), 5e-4)
    signs = np.array([1.0, -1.0])
    left = [
        abs(WiredCrossbar(rows, Wires(0.0, 1.0)).currents(volts).columns[0])
        for rows, volts in (
            (flat(pairs, 0), np.tile(signs, 60)),
            (np.concatenate(list(pairs)), np.repeat(signs, 60)),
        )
    ]
    assert left[0] < left[1] / 20


@pytest.mark.parametrize("ohms", [(-1.0, 0.0), (0.0, float("nan"))])
def test_lines_of_negative_resistance_are_refused(ohms):
    with pytest.raises(PhysicsError, match="ohm: .* is not in 0..1e"):
        Wires(*ohms)
