"""The laws of the Hopfield network, on random small networks run by the plain kernels.

`FloatHopfield` states the energy in floating point. Every test names a mutation of the runtime that it catches.
"""

import random
from unittest import mock

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from eqprop.crossbar import FREE, MINUS, PLUS
from eqprop.crossbar.kernels.plain import load
from eqprop.hopfield import dynamics
from eqprop.hopfield.kernels import plain as kernels
from eqprop.hopfield.plain import PlainCrossbar
from eqprop.hopfield.planning import ONE, STATE_MAX, Plan
from eqprop.network import zeros
from eqprop_host import datasets
from eqprop_sim.emulator import compiled_network
from eqprop_sim.sample_order import SampleOrder
from support.extremes import torment
from support.references.checked_integers import CheckedArray
from support.references.float_hopfield import FloatHopfield

FEW = settings(max_examples=40)
SEEDS = st.integers(0, 2**32 - 1)
SHAPES = st.lists(st.integers(1, 9), min_size=2, max_size=5).map(tuple)
STYLES = st.sampled_from(("initial", "small", "large", "highest", "lowest", "corners"))
LARGEST = {"small": 600, "large": 32767}


def build(layers, seed, style="initial", allocate=zeros):
    """Return a crossbar with weights in a style, and random features."""
    rng = random.Random(seed)
    crossbar = PlainCrossbar(Plan(layers), allocate, seed)
    for w in crossbar.circuit.w if style != "initial" else ():
        for i in range(len(w)):
            if style in LARGEST:
                w[i] = rng.randint(-LARGEST[style], LARGEST[style])
            else:
                w[i] = {"highest": 32767, "lowest": -32768, "corners": rng.choice((-32768, 32767))}[style]
    crossbar.refresh()
    return crossbar, bytes(rng.choice((0, 127, 128, rng.randrange(256))) for _ in range(layers[0])), rng


def signed(x):
    """Return features as the circuit takes them."""
    return np.array([max(v - 256 if v > 127 else v, -127) for v in x]) / 128


def states(crossbar, phase):
    """Return the states of all layers in a phase, biases left out, as floats."""
    plan = crossbar.plan
    return [
        np.array([int(v) for v in layer][: plan.layers[c + 1]]) / ONE
        for c, layer in enumerate(crossbar.circuit.phases[phase])
    ]


def rounding(crossbar, c):
    """Return by how much a state of layer c + 1 may miss the minimum: floors of products and sums, half a step."""
    plan = crossbar.plan
    above = plan.layers[c + 2] if c + 2 < len(plan.layers) else 0
    floors = plan.shapes[c][0] + 1 + above * 2.0**-plan.feedback_shift + 1
    return (0.5 + floors * 2.0**-plan.round_shift) / ONE


@given(SHAPES, STYLES, SEEDS)
def test_settling_never_raises_the_energy(layers, style, seed):
    """Relaxing a layer raises E by at most k_l / 2 * rounding**2 for each of its nodes, from any states.

    E is quadratic in a layer, with its minimum, within the rails, where relaxing brings it. Catches: feedback of the
    wrong sign or shift, a row too few, rails exchanged.
    """
    crossbar, x, rng = build(layers, seed, style)
    reference = FloatHopfield.of(crossbar)
    relax, relaxed = dynamics.relax_layer, []

    def watch(circuit, c):
        before = reference.energy(states(crossbar, FREE), signed(x))
        relax(circuit, c)
        allowed = reference.scale[c] / 2 * layers[c + 1] * rounding(crossbar, c) ** 2
        after = reference.energy(states(crossbar, FREE), signed(x))
        assert after - before <= allowed + 1e-9 * max(1, abs(before))
        relaxed.append(c)

    with mock.patch.object(dynamics, "relax_layer", watch):
        crossbar.settle(x)
        for c, free in enumerate(crossbar.circuit.phases[FREE]):
            for j in range(layers[c + 1]):
                free[j] = rng.randint(0 if c + 2 < len(layers) else -STATE_MAX, STATE_MAX)
        for c in rng.sample(range(len(layers) - 1), len(layers) - 1):
            dynamics.relax_layer(crossbar.circuit, c)
    assert set(relaxed) == set(range(len(layers) - 1))


@given(SHAPES, STYLES, SEEDS, st.sampled_from((PLUS, MINUS)))
def test_a_nudge_relaxes_the_energy_whose_minimum_the_free_state_is(layers, style, seed, phase):
    """E - sum of k_l r_l . s_l -+ error . s_L falls with each layer, from the outputs down.

    r_l is the free state's own sum less what its neighbours bring, so the free state is at rest in this energy.
    Catches: a sign lost on the way down, a displacement of the wrong phase.
    """
    crossbar, x, rng = build(layers, seed, style)
    crossbar.settle(x)
    crossbar.set_nudge(rng.randrange(layers[-1]))
    crossbar.nudge(phase)
    plan, circuit = crossbar.plan, crossbar.circuit
    reference = FloatHopfield.of(crossbar)
    unit = 1 << (12 + plan.round_shift)
    free, nudged = states(crossbar, FREE), states(crossbar, phase)
    errors = np.array([int(e) for e in circuit.errors]) / ONE * (1 if phase == PLUS else -1)
    rests = []
    for c in range(len(free) - 1):
        rests.append(np.array([int(v) for v in circuit.current[c]]) / unit - reference.sums(free, signed(x), c))
    rests.append(free[-1] - reference.sums(free, signed(x), len(free) - 1) + errors)

    def energy(found):
        pulls = sum(reference.scale[c] * rest @ found[c] for c, rest in enumerate(rests))
        return reference.energy(found, signed(x)) - pulls

    at = [s.copy() for s in free]
    for c in range(len(free) - 1, -1, -1):
        before = energy(at)
        at[c] = nudged[c]
        # The sum of products is floored once, and then shifted
        allowed = reference.scale[c] / 2 * layers[c + 1] * (2 * rounding(crossbar, c)) ** 2
        assert energy(at) - before <= allowed + 1e-9 * max(1, abs(before))


@settings(max_examples=15)
@given(st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple), SEEDS)
def test_equilibrium_propagation_is_the_gradient_in_float(layers, seed):
    """Centred EqProp equals central differences of the loss to 1e-3, where no node meets a rail meanwhile.

    The theory that the integer rule stands on, checked on the reference alone. Catches: a wrong k_l or sign there.
    """
    reference, x, label = FloatHopfield.of(build(layers, seed, "small")[0]), *lesson(layers, seed)
    free = reference.equilibrium(x)
    errors, beta = reference.errors(free[-1], label), 1e-4
    plus, minus = (reference.equilibrium(x, sign * beta * errors) for sign in (1, -1))
    for found in (plus, minus):
        assume(all(((a == 0) == (b == 0)).all() for a, b in zip(free, found, strict=True)))
    for c, estimate in enumerate(reference.contrast(plus, minus, x, beta)):
        slope = reference.slope(x, label, c)
        assert np.abs(estimate - slope).max() <= 1e-3 * np.abs(slope).max() + 1e-6


def lesson(layers, seed):
    """Return random features and a label, for the reference."""
    rng = random.Random(seed + 1)
    return np.array([rng.uniform(-1, 1) for _ in range(layers[0])]), rng.randrange(layers[-1])


@FEW
@given(SHAPES, SEEDS)
def test_states_are_those_of_the_reference(layers, seed):
    """Free and nudged states, to the rounding that adds up over layers and sweeps.

    Catches: any step of the dynamics left out or added, a bias row of another voltage, a wrong shift.
    """
    crossbar, x, rng = build(layers, seed)
    label = rng.randrange(layers[-1])
    crossbar.settle(x)
    crossbar.set_nudge(label)
    crossbar.nudge(PLUS)
    crossbar.nudge(MINUS)
    reference = FloatHopfield.of(crossbar)
    wanted = reference.quick(signed(x), label, crossbar.plan.sweeps)
    gain = np.prod([1 + np.abs(w).sum(1).max() + np.abs(w).sum(0).max() for w in reference.weights])
    allowed = 4 * gain * max(rounding(crossbar, c) for c in range(len(layers) - 1))
    for phase, expected in zip((FREE, PLUS, MINUS), wanted, strict=True):
        for found, layer in zip(states(crossbar, phase), expected, strict=True):
            assert np.abs(found - layer).max() <= allowed


@FEW
@given(st.lists(st.integers(1, 6), min_size=2, max_size=4).map(tuple), SEEDS)
def test_update_follows_the_gradient_of_the_loss(layers, seed):
    """The integer update points where minus the gradient does: a cosine of at least 0.8 in each crossbar.

    Two sweeps and a nudge of full size only approximate the gradient; feedback 2**-3 is what makes that enough. It is,
    if no node reaches or leaves its rail on the way: then the slope is another one.
    Catches: any sign in an update kernel, phases exchanged, an update from the wrong layer's states.
    """
    crossbar, x, rng = build(layers, seed, "small")
    label = rng.randrange(layers[-1])
    reference = FloatHopfield.of(crossbar)
    free = reference.equilibrium(signed(x))
    assume(all((np.abs(reference.sums(free, signed(x), c)) > 0.02).all() for c in range(len(layers) - 1)))
    before = [np.array(w, int) for w in crossbar.circuit.w]
    assert crossbar.settle(x) == int(np.argmax(states(crossbar, FREE)[-1]))
    crossbar.set_nudge(label)
    crossbar.nudge(PLUS)
    crossbar.nudge(MINUS)
    for phase in (FREE, PLUS, MINUS):
        assume(all(((a > 0) == (b > 0)).all() for a, b in zip(states(crossbar, phase)[:-1], free[:-1], strict=True)))
    for c in range(len(before)):
        crossbar.set_rate_shift(c, 1 if c == 0 else 8)
    crossbar.program()
    for c, old in enumerate(before):
        change = (np.array(crossbar.circuit.w[c], int) - old).reshape(crossbar.plan.shapes[c]).T.ravel()
        slope = reference.slope(signed(x), label, c).ravel()
        size = np.linalg.norm(change) * np.linalg.norm(slope)
        if np.abs(change).max() > 100 and np.abs(np.array(crossbar.circuit.w[c])).max() < 32767:
            assert change @ slope >= 0.8 * size


@given(SHAPES | st.just((80, 3, 2)), STYLES, SEEDS)
def test_update_is_its_formula(layers, style, seed):
    """Every weight, from the states of both nudged phases, also after a bright sample.

    Catches: any sign or product of an update kernel, a bright sample that changes the weights as any other.
    """
    crossbar, x, rng = build(layers, seed, style)
    crossbar.settle(x)
    crossbar.set_nudge(rng.randrange(layers[-1]))
    crossbar.nudge(PLUS)
    crossbar.nudge(MINUS)
    circuit = crossbar.circuit
    plus, minus = ([np.array(layer, int) for layer in circuit.phases[phase]] for phase in (PLUS, MINUS))
    before = [np.array(w, int) for w in circuit.w]
    shifts = [rng.randint(1, 17) for _ in before]
    for c, rate_shift in enumerate(shifts):
        crossbar.set_rate_shift(c, rate_shift)
    crossbar.program()
    shifts[0] += kernels.excess(circuit.inputs, circuit.active, 19)
    for c, old in enumerate(before):
        d, m = (plus[c] - minus[c])[: layers[c + 1]], ((plus[c] + minus[c]) >> 1)[: layers[c + 1]]
        if c:
            change = np.outer(plus[c - 1] + minus[c - 1] >> 1, d) + np.outer(plus[c - 1] - minus[c - 1], m)
        else:
            change = np.outer(np.array(circuit.inputs, int), d)
        change = change + (1 << (shifts[c] - 1)) >> shifts[c]
        assert list(circuit.w[c]) == list(np.clip(old + change.ravel(), -32768, 32767))


def test_a_sample_learnt_often_is_learnt():
    """Catches: a rate that does not learn, or that diverges."""
    crossbar, x, _ = build((9, 8, 7, 3), 1)
    losses = []
    for _ in range(60):
        crossbar.settle(x)
        losses.append(crossbar.set_nudge(2))
        crossbar.nudge(PLUS)
        crossbar.nudge(MINUS)
        crossbar.program()
    assert crossbar.settle(x) == 2
    assert losses[-1] * 50 < losses[0]


@FEW
@given(SHAPES, STYLES, SEEDS)
def test_weights_and_checksums_stay_true_while_training(layers, style, seed):
    """Rates from the coarsest to the finest. Catches: a sum of changes from before the limit of 16 bits."""
    crossbar, _, rng = build(layers, seed, style)
    for _ in range(6):
        crossbar.settle(bytes(rng.randrange(256) for _ in range(layers[0])))
        crossbar.set_nudge(rng.randrange(layers[-1]))
        crossbar.nudge(PLUS)
        crossbar.nudge(MINUS)
        for c in range(len(layers) - 1):
            crossbar.set_rate_shift(c, rng.randint(1, 24))
        crossbar.program()
        for c, w in enumerate(crossbar.circuit.w):
            assert crossbar.circuit.sums[c] == sum(w) & 0xFFFF


@FEW
@given(SHAPES, STYLES, SEEDS)
def test_nothing_exceeds_31_bits(layers, style, seed):
    """Catches: a product shift one lower, a difference without its limit."""
    torment(*build(layers, seed, style, CheckedArray))


@pytest.mark.parametrize("style", ["highest", "lowest", "corners"])
@pytest.mark.parametrize(
    "layers", [(784, 3, 10), (127, 2, 2), (2, 62, 2), (2, 63, 2), (4, 2, 200), (1, 2047), (2, 9, 9, 9, 9, 2)]
)
def test_nothing_exceeds_31_bits_in_large_networks(layers, style):
    """Where sums have many terms, at the edges of a shift, and the widest row, whose changes are summed before a mask.

    Catches: a shift that does not count the terms.
    """
    torment(*build(layers, 0, style, CheckedArray))


def test_initial_weights_are_uniform_and_biases_zero():
    """Catches: a spread of half the width, biases drawn too, a stream that starts anew for each crossbar."""
    crossbar, _, _ = build((64, 32, 10), 3)
    for c, w in enumerate(crossbar.circuit.w):
        rows, columns = crossbar.plan.shapes[c]
        drawn, biases = np.array(w)[:-columns], np.array(w)[-columns:]
        initial = crossbar.plan.initial[c]
        assert not biases.any()
        assert abs(drawn).max() <= initial
        assert abs(drawn.mean()) < initial / 10
        assert abs(drawn.std() / initial - 1 / np.sqrt(3)) < 0.05
    assert list(crossbar.circuit.w[0][:10]) != list(crossbar.circuit.w[1][:10])


@given(st.lists(st.integers(-128, 127), min_size=1, max_size=40), st.integers(10, 24))
def test_a_bright_sample_changes_the_weights_less(features, power_bits):
    """A halving for each bit of power too many. Catches: a bias left out, a power in another unit, a bit off."""
    inputs, active = CheckedArray("b", len(features) + 1), CheckedArray("I", 2 * len(features) + 3)
    inputs[len(features)] = 127
    load(features, inputs, active)
    power = sum(max(v, -127) ** 2 for v in features) + 127**2
    assert kernels.excess(inputs, active, power_bits) == max(power.bit_length() - power_bits, 0)


def test_dense_bright_inputs_are_learnt():
    """Digits inverted, one epoch. Catches: a rate that only suits dark pictures, which ends at chance here."""
    data = datasets.prepare(datasets.load("digits"), seed=0)
    network = compiled_network.Network("64-32-10", 0, model="hopfield")
    order = SampleOrder.shuffled(len(data.train_y), 0).epoch(0)
    for _ in range(3):
        network.learn_all(127 - data.train_x[order], data.train_y[order])
    classes, _ = network.infer_all(127 - data.test_x)
    assert np.mean(classes != data.test_y) < 0.15


def test_a_checksum_shows_any_flipped_bit():
    crossbar, _, _ = build((4, 3, 2), 0)
    w = crossbar.circuit.w[0]
    for i in range(len(w)):
        for bit in range(16):
            kept = w[i]
            w[i] = ((kept ^ 1 << bit) + 32768 & 0xFFFF) - 32768
            assert kernels.checksum(w) != crossbar.circuit.sums[0]
            w[i] = kept
