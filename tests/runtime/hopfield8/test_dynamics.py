"""The laws of the Hopfield network with weights of 8 bits, on random small networks run by the plain kernels.

Every test names a mutation of the runtime that it catches.
"""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import eqprop
from eqprop.crossbar import FREE, MINUS, PLUS
from eqprop.hopfield.planning import ONE
from eqprop.hopfield8.kernels import plain as kernels
from eqprop.hopfield8.plain import PlainCrossbar
from eqprop.hopfield8.planning import Plan
from eqprop.network import zeros
from eqprop.xorshift import Xorshift32
from support.extremes import torment
from support.references.checked_integers import CheckedArray
from support.references.float_hopfield import FloatHopfield

FEW = settings(max_examples=40)
SEEDS = st.integers(0, 2**32 - 1)
SHAPES = st.lists(st.integers(1, 9), min_size=2, max_size=5).map(tuple)
STYLES = st.sampled_from(("initial", "any", "highest", "lowest", "corners"))


def build(layers, seed, style="initial", allocate=zeros):
    """Return a crossbar with weights in a style, random features, and the generator that made both."""
    rng = random.Random(seed)
    crossbar = PlainCrossbar(Plan(layers), allocate, seed)
    values = {"any": range(-128, 128), "highest": (127,), "lowest": (-128,), "corners": (-128, 127)}
    for w in crossbar.circuit.w if style != "initial" else ():
        for i in range(len(w)):
            w[i] = rng.choice(values[style])
    crossbar.refresh()
    return crossbar, bytes(rng.choice((0, 127, 128, rng.randrange(256))) for _ in range(layers[0])), rng


def nudged(crossbar, x, label):
    """Settle all phases."""
    crossbar.settle(x)
    crossbar.set_nudge(label)
    crossbar.nudge(PLUS)
    crossbar.nudge(MINUS)


@FEW
@given(SHAPES, SEEDS)
def test_states_are_those_of_the_reference(layers, seed):
    """Free and nudged, to the rounding that adds up. Catches: a shift that does not fit a weight's bits."""
    crossbar, x, rng = build(layers, seed)
    label = rng.randrange(layers[-1])
    nudged(crossbar, x, label)
    plan = crossbar.plan
    reference = FloatHopfield.of(crossbar)
    signed = np.array([max(v - 256 if v > 127 else v, -127) for v in x]) / 128
    wanted = reference.quick(signed, label, plan.sweeps)
    gain = np.prod([1 + np.abs(w).sum(1).max() + np.abs(w).sum(0).max() for w in reference.weights])
    floors = max(rows + 2 + above for (rows, _), above in zip(plan.shapes, (*layers[2:], 0), strict=True))
    allowed = 4 * gain * (0.5 + floors * 2.0**-plan.round_shift) / ONE
    for phase, expected in zip((FREE, PLUS, MINUS), wanted, strict=True):
        for c, layer in enumerate(expected):
            found = np.array(crossbar.circuit.phases[phase][c][: layers[c + 1]]) / ONE
            assert np.abs(found - layer).max() <= allowed


def drawn(crossbar):
    """Return a function that makes the next threshold of a rate_shift, by the library's own generator."""
    stream = Xorshift32(0)
    stream.low, stream.high = 1, 0
    for c, word in enumerate(crossbar.circuit.sums):
        if c <= len(crossbar.circuit.w):
            stream.low ^= word & 0xFFFF
            stream.high ^= word >> 16 & 0xFFFF
            for _ in range(4):
                stream.next()
    return lambda rate_shift: stream.next() << 8 >> (24 - rate_shift)


@given(SHAPES | st.just((80, 3, 2)), STYLES, SEEDS)
def test_update_is_its_formula(layers, style, seed):
    """Every weight, from the states of both nudged phases and the thresholds of `eqprop.xorshift`.

    Catches: any sign or product of an update kernel, a threshold that is drawn twice or not for a row, or too large.
    """
    crossbar, x, rng = build(layers, seed, style)
    nudged(crossbar, x, rng.randrange(layers[-1]))
    circuit = crossbar.circuit
    plus, minus = ([np.array(layer, int) for layer in circuit.phases[phase]] for phase in (PLUS, MINUS))
    before = [np.array(w, int) for w in circuit.w]
    shifts = [rng.randint(1, 24) for _ in before]
    for c, rate_shift in enumerate(shifts):
        crossbar.set_rate_shift(c, rate_shift)
    power = sum(int(v) ** 2 for v in circuit.inputs)
    shifts[0] = min(24, shifts[0] + max(0, power.bit_length() - 19))
    threshold = drawn(crossbar)
    crossbar.program()
    for c, old in enumerate(before):
        d, m = (plus[c] - minus[c])[: layers[c + 1]], ((plus[c] + minus[c]) >> 1)[: layers[c + 1]]
        if c:
            change = np.outer(plus[c - 1] + minus[c - 1] >> 1, d) + np.outer(plus[c - 1] - minus[c - 1], m) >> 5
            rows = range(len(change))
        else:
            inputs = np.array(circuit.inputs, int)
            change, rows = np.outer(inputs, d), np.flatnonzero(inputs)
        for row in rows:
            change[row] = change[row] + threshold(shifts[c]) >> shifts[c]
        assert list(circuit.w[c]) == list(np.clip(old + change.ravel(), -128, 127))
        assert circuit.sums[c] == sum(circuit.w[c]) & 0xFFFF


def test_rounding_is_right_on_average():
    """The mean of 3,000 changes of a weight is what it would be without rounding, to five standard errors.

    Catches: a threshold whose mean is not half a step, the same threshold for every sample.
    """
    crossbar, x, _ = build((3, 4, 2), 5, "any")
    nudged(crossbar, x, 1)
    circuit = crossbar.circuit
    inputs, delta = np.array(circuit.inputs, int), np.array(circuit.phases[PLUS][0], int)[:4]
    delta -= np.array(circuit.phases[MINUS][0], int)[:4]
    crossbar.set_rate_shift(0, 21)
    wanted = np.outer(inputs, delta).ravel() / 2.0**21
    assert 0.01 < np.abs(wanted).max() < 1
    before, total = list(circuit.w[0]), np.zeros(len(wanted))
    for loss in range(3000):
        circuit.sums[2] = loss
        crossbar.program()
        total += np.array(circuit.w[0], int) - before
        for c, w in enumerate(circuit.w):
            crossbar.restore(c, 0, bytes(v & 255 for v in (before if c == 0 else list(w))))
        crossbar.refresh()
    chance = np.abs(wanted) % 1
    assert (np.abs(total / 3000 - wanted) <= 5 * np.sqrt(chance * (1 - chance) / 3000) + 2.0**-15).all()


@FEW
@given(SHAPES, SEEDS)
def test_a_threshold_has_all_its_range(layers, seed):
    """Below 2**rate_shift, and in its upper half half the time. Catches: bits lost on the way."""
    crossbar, _, rng = build(layers, seed)
    sums = crossbar.circuit.sums
    for c in range(len(layers)):
        sums[c] = rng.randrange(2**16)
    rate_shift = rng.randint(1, 24)
    kernels.seed(sums)
    found = [kernels.threshold(sums, rate_shift) >> (rate_shift - 1) for _ in range(200)]
    assert set(found) == {0, 1} and 50 < sum(found) < 150


@FEW
@given(SHAPES, STYLES, SEEDS)
def test_nothing_exceeds_31_bits(layers, style, seed):
    """Catches: a threshold or a product that does not leave room for the other."""
    torment(*build(layers, seed, style, CheckedArray))


@pytest.mark.parametrize("style", ["highest", "lowest", "corners"])
@pytest.mark.parametrize("layers", [(784, 3, 10), (4, 2, 200), (2, 9, 9, 9, 9, 2)])
def test_nothing_exceeds_31_bits_in_large_networks(layers, style):
    """Where sums have many terms."""
    torment(*build(layers, 0, style, CheckedArray))


def test_a_network_has_weights_of_8_bits():
    """As asked for, with biases of zero. Catches: a draw that is floored, which makes most nodes inhibitory."""
    network = eqprop.Network("64-32-10", 3, model="hopfield", bits=8)
    assert (network.model, network.g_min, network.g_max) == ("hopfield8", -128, 127)
    assert sum(len(bytes(network.conductances(c))) for c in range(2)) == 2410
    for c in range(2):
        drawn, biases = np.split(np.array(network.conductances(c)), [-network.layers[c + 1]])
        assert not biases.any()
        assert abs(drawn).max() <= network.plan.initial[c]
    wide = eqprop.Network("300-60-2", 3, bits=8)
    drawn = np.array(wide.conductances(0))[:-60]
    assert wide.plan.initial[0] == abs(drawn).max() and abs(drawn.mean()) < 0.25


@pytest.mark.parametrize(("model", "bits"), [("resistive", 8), ("differential", 8), ("hopfield", 4), (None, 32)])
def test_other_bits_are_refused(model, bits):
    """One line that says which there are."""
    words = f"^bits: expected 16, or 8 of hopfield, got {bits} of {model or 'hopfield'}$"
    for make in (eqprop.Network, eqprop.plan):
        with pytest.raises(ValueError, match=words):
            make("4-3-2", model=model, bits=bits)


def test_conductances_that_do_not_fit_are_refused():
    """Catches: a byte behind the last weight, or one taken for two."""
    network = eqprop.Network("4-3-2", 1, bits=8)
    with pytest.raises(ValueError, match="^restore: 3 bytes at 6 of 8 devices$"):
        network.restore(1, 6, bytes(3))
    network.restore(1, 5, bytes((128, 255, 127)))
    assert list(network.conductances(1))[5:] == [-128, -1, 127]
