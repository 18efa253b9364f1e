"""The batched solver and EqProp on it, against one linear system with an active set, and against differences of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eqprop
from eqprop_host import datasets
from eqprop_sim.analog import Circuit, ConvergenceError, PhysicsError, Settings, Trainer, drive, settle
from eqprop_sim.analog.circuits.ideal import EXACT
from eqprop_sim.analog.learning import LOSSES, NUDGINGS, features
from eqprop_sim.sample_order import SampleOrder
from support.references.random_circuits import (
    PhaseByPhase,
    as_float_circuit,
    layer_sizes,
    random_circuit,
    scales,
    sources,
)

SEEDS = st.integers(0, 2**32 - 1)
GAINS = st.sampled_from([1.0, 2.0, 4.0])


def reference(circuit, x, nudge=0.0):
    """Return the voltages at rest by layers, (n_l,), for one sample."""
    exact = as_float_circuit(circuit)
    scale = scales(circuit)
    # A current into an output, seen from the driven rows, is as much smaller as the voltages there
    v = exact.equilibrium(sources(circuit, x), nudge / scale[-1])
    return [part * s for part, s in zip(np.split(v, exact.ends[1:-1]), scale[1:], strict=True)]


@given(layer_sizes(), SEEDS, GAINS)
def test_settles_where_one_linear_system_does(layers, seed, gain):
    """Catches a wrong weight or sign anywhere, an amplifier that is not undone on the way back, a diode reversed."""
    circuit = random_circuit(layers, seed, gains=[gain] * (len(layers) - 2))
    random = np.random.default_rng(seed)
    x = random.uniform(-1, 1, (3, layers[0]))
    nudge = random.normal(0, 0.3, (3, layers[-1]))
    free = settle(circuit, drive(circuit, x), settings=EXACT)
    nudged = settle(circuit, drive(circuit, x), nudge, free, EXACT)
    for n in range(3):
        for v, current in ((free, 0.0), (nudged, nudge[n])):
            expected = reference(circuit, x[n], current)
            for layer, volts in enumerate(expected, 1):
                assert np.allclose(v[layer][n], volts, rtol=0, atol=1e-9)


@given(layer_sizes(), SEEDS)
def test_currents_cancel_at_rest_with_offsets_and_uneven_amplifiers(layers, seed):
    """Catches an offset forgotten on one side of an amplifier, and a gain that is applied to the wrong row."""
    random = np.random.default_rng(seed)
    gains = [random.uniform(1, 3, n) for n in layers[1:-1]]
    circuit = random_circuit(layers, seed, gains=gains, offsets=True)
    x = random.uniform(-1, 1, (2, layers[0]))
    v = settle(circuit, drive(circuit, x), settings=EXACT)
    for layer in range(1, len(layers)):
        bias = circuit.bias_v[layer - 1] * np.ones((2, 1))
        if layer == 1:
            rows = np.hstack([x, bias])
            below = np.concatenate([circuit.g[0][0], circuit.g[0][1]])
            rows = np.hstack([rows, -rows])
        else:
            rows = np.hstack([circuit.rows(layer - 1, v[layer - 1]), bias, -bias])
            below = circuit.g[layer - 1]
        into = rows @ below - v[layer] * below.sum(0)
        if layer < len(layers) - 1:
            row, above = circuit.rows(layer, v[layer]), circuit.g[layer][:-2]
            into += circuit.back[layer] * (v[layer + 1] @ above.T - row * above.sum(1))
        free = (v[layer] > circuit.low[layer]) & (v[layer] < circuit.high[layer])
        assert np.abs(into[free]).max(initial=0) < 1e-8


@given(SEEDS, GAINS, st.sampled_from(NUDGINGS), st.sampled_from(LOSSES))
@pytest.mark.slow
def test_a_step_goes_down_the_loss(seed, gain, nudging, loss):
    """Catches any wrong term or factor of the rule, in any crossbar, nudging and loss; the bias rows'; paired outputs.

    The oracle is the difference quotient of the loss over each of a handful of conductances.
    """
    random = np.random.default_rng(seed)
    layers = (3, 4, 3, 4)
    circuit = random_circuit(layers, seed, gains=[gain, gain], rail=10)
    x, labels = random.uniform(-1, 1, (2, 3)), random.integers(0, 2, 2)
    options = {"nudging": nudging, "loss": loss, "paired": True, "temperature_v": 0.3, "targets": (0.4, -0.1)}

    def value():
        v = settle(circuit, drive(circuit, x), settings=EXACT)
        score = v[-1][:, ::2] - v[-1][:, 1::2]
        target = np.eye(2)[labels]
        error = np.where(target, 0.4, -0.1) - score
        if loss == "squared":
            return 0.5 * np.sum(error**2)
        if loss == "squared-hinge":
            return 0.5 * np.sum(np.where(target, np.maximum(error, 0), np.minimum(error, 0)) ** 2)
        return -(0.3**2) * np.log(np.exp(score / 0.3)[target > 0] / np.exp(score / 0.3).sum(1)).sum()

    def held():
        v = settle(circuit, drive(circuit, x), settings=EXACT)
        return [(u <= lo) | (u >= hi) for u, lo, hi in zip(v[1:], circuit.low[1:], circuit.high[1:], strict=True)]

    before = [g.copy() for g in circuit.g]

    def rule(beta):
        trainer = Trainer(
            circuit, beta=beta, eta=[1e-6] * 3, g_min=1e-3, g_max=2.0, free=EXACT, nudged=EXACT, seed=seed, **options
        )
        trainer.step(x, labels)
        changes = [(g - old) / -1e-6 for g, old in zip(circuit.g, before, strict=True)]
        for g, old in zip(circuit.g, before, strict=True):
            g[...] = old
        circuit.refresh()
        return changes

    rules = rule(1e-5)
    if nudging != "centred":  # a one-sided nudge is off in proportion to beta: half of it is off by half as much
        rules = [2 * half - whole for half, whole in zip(rule(5e-6), rules, strict=True)]
    states = held()
    scale = scales(circuit)
    for c, changes in enumerate(rules):
        for _ in range(4):
            at = tuple(int(random.integers(n)) for n in changes.shape)
            losses, same = [], True
            for step in (1e-5, -1e-5):
                circuit.g[c][at] = before[c][at] + step
                circuit.refresh()
                losses.append(value())
                same = same and all((a == b).all() for a, b in zip(states, held(), strict=True))
            circuit.g[c][at] = before[c][at]
            slope = (losses[0] - losses[1]) / 2e-5
            if same:  # no diode switched: no kink within the step
                # The device's voltage is scale[c + 1] times that in the network without amplifiers, and the nudge,
                # a current by an error scale[-1] times as large, is as much smaller seen from the inputs
                expected = slope * (scale[c + 1] / scale[-1]) ** 2
                assert changes[at] == pytest.approx(expected, rel=2e-3, abs=1e-7)


@pytest.mark.slow
@given(layer_sizes(), SEEDS, st.integers(1, 6), st.sampled_from(NUDGINGS), st.sampled_from(LOSSES), st.booleans())
def test_a_step_in_one_call_does_what_phases_settled_one_by_one_do(layers, seed, batch, nudging, loss, paired):
    """Catches a phase, sweep, sign, amplifier, offset or bias pair that the call forgets, and a sample of a batch."""
    random = np.random.default_rng(seed)
    layers = (*layers[:-1], layers[-1] * (2 if paired else 1))
    gains = [random.uniform(1, 3, n) for n in layers[1:-1]]
    circuits = [random_circuit(layers, seed, gains=gains, offsets=True) for _ in range(2)]
    options = {"beta": 0.1, "eta": [0.05] * (len(layers) - 1), "g_min": 0.01, "g_max": 1.0, "targets": (0.3, -0.2)}
    options |= {"nudging": nudging, "loss": loss, "temperature_v": 0.3, "paired": paired, "seed": seed}
    options |= {"free": Settings(3), "nudged": Settings(int(random.integers(4)))}
    ours, theirs = Trainer(circuits[0], **options), PhaseByPhase(circuits[1], **options)
    for _ in range(3):
        x = random.uniform(-1, 1, (batch, layers[0])) * (random.random((batch, layers[0])) < 0.6)
        labels = random.integers(0, ours.classes, batch)
        assert np.allclose(ours.step(x, labels), theirs.step(x, labels), rtol=0, atol=1e-9)
    for found, expected in zip(circuits[0].g, circuits[1].g, strict=True):
        assert np.allclose(found, expected, rtol=0, atol=1e-9)


def test_float32_agrees_with_float64():
    circuit = random_circuit((20, 12, 6), 3, gains=[4.0])
    x = np.random.default_rng(3).uniform(-1, 1, (5, 20))
    narrow = circuit.copy(np.float32)
    for wide, single in zip(
        settle(circuit, drive(circuit, x))[1:], settle(narrow, drive(narrow, x.astype(np.float32)))[1:], strict=True
    ):
        assert single.dtype == np.float32 and np.abs(wide - single).max() < 1e-5


@pytest.mark.slow
def test_digits_are_learnt_in_batches():
    """Catches a rate that depends on the batch, and a plan that is not translated scale for scale."""
    data = datasets.prepare(datasets.load("digits"), seed=0)
    plan = eqprop.plan("64-32-10", "resistive")
    circuit = Circuit.from_plan(plan, seed=0, dtype=np.float32)
    trainer = Trainer.from_plan(circuit, plan)
    x = features(data.train_x).astype(np.float32)
    for epoch in range(3):
        order = SampleOrder.shuffled(len(x), 0).epoch(epoch)
        for start in range(0, len(x), 4):
            part = order[start : start + 4]
            trainer.step(x[part], data.train_y[part])
    wrong = trainer.predict(features(data.test_x).astype(np.float32)) != data.test_y
    assert 100 * wrong.mean() <= 8.0


def test_derived_quantities_follow_the_training():
    """Catches a sum or a difference that drifts away from the conductances it is of."""
    circuit = random_circuit((6, 5, 4), 1, dtype=np.float32)
    trainer = Trainer(circuit, beta=0.1, eta=[0.5, 0.5], g_min=0.01, g_max=1.0)
    random = np.random.default_rng(0)
    for _ in range(50):
        trainer.step(random.uniform(-1, 1, (3, 6)).astype(np.float32), random.integers(0, 4, 3))
    kept = circuit.signed.copy(), circuit.below.copy(), [f.copy() for f in circuit.forward[1:]]
    circuit.refresh()
    assert (kept[0] == circuit.signed).all()
    assert np.allclose(kept[1], circuit.below, rtol=1e-6) and np.allclose(kept[2][0], circuit.forward[1], rtol=1e-6)
    assert min(g.min() for g in circuit.g) >= np.float32(0.01) and max(g.max() for g in circuit.g) <= 1


def broken(change):
    circuit = random_circuit((3, 4, 2), 0)
    change(circuit)
    circuit.refresh()


def crossed(circuit):
    circuit.low[1][2] = 5


def without(circuit):
    circuit.g[1][:, 1] = 0


def trained(**changes):
    options = {"beta": 0.1, "eta": [1, 1], "g_min": 0.01, "g_max": 1.0}
    return Trainer(random_circuit((3, 4, 2), 0), **{**options, **changes})


BAD = {
    "negative": (lambda: broken(lambda c: c.g[1].__setitem__((2, 1), -0.5)), r"crossbar 1, device \[2, 1\]: -0.5 S"),
    "not a number": (lambda: broken(lambda c: c.g[0].__setitem__((1, 2, 3), np.nan)), r"device \[1, 2, 3\]: nan S"),
    "floating": (lambda: broken(without), "layer 2, node 1 floats: its total conductance is 0.0 S"),
    "diodes cross": (lambda: broken(crossed), "layer 1, node 2: limits 5.0 V and 0.6 V cross"),
    "no gain": (lambda: broken(lambda c: c.gain[1].__setitem__(3, 0)), "crossbar 1, row 3: gain 0.0 is not positive"),
    "g_min > g_max": (lambda: trained(g_min=2.0), "g_max: 1.0 is not 2 or more"),
    "g_min 0": (lambda: trained(g_min=0.0), "g_min: 0.0 is not"),
    "beta": (lambda: trained(beta=-1.0), "beta: -1.0 is not"),
    "nudging": (lambda: trained(nudging="up"), "nudging: 'up' is not one of centred, positive"),
    "loss": (lambda: trained(loss="hinge"), "loss: 'hinge' is not one of squared, squared-hinge, cross-entropy"),
    "rates": (lambda: trained(eta=[1]), "eta: 1 rates for 2 crossbars"),
    "features": (lambda: trained().predict(np.zeros((2, 4))), r"x: expected shape \(batch, 3\), got \(2, 4\)"),
    "a batch's features": (lambda: trained().step(np.zeros((2, 4)), [0, 1]), r"shape \(2, 3\), got \(2, 4\)"),
    "a batch's labels": (lambda: trained().step(np.zeros((2, 3)), [0]), r"shape \(1, 3\), got \(2, 3\)"),
    "too few labels": (lambda: trained().nudge([None, np.zeros((2, 2))], [0]), "labels: expected 2, got 1"),
    "odd pairs": (
        lambda: Trainer(random_circuit((3, 4, 3), 0), beta=1, eta=[1, 1], g_min=1, g_max=2, paired=True),
        "3",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_is_named(case):
    make, message = BAD[case]
    with pytest.raises(PhysicsError, match=message):
        make()


@pytest.mark.parametrize(("label", "error"), [(-1, IndexError), (2, IndexError), (0.7, TypeError)])
def test_a_label_without_an_output_changes_nothing(label, error):
    trainer = trained()
    before = [g.copy() for g in trainer.circuit.g]
    with pytest.raises(error, match="labels: expected" if error is IndexError else "Cannot cast"):
        trainer.step(np.ones((2, 3)), [0, label])
    assert all((g == old).all() for g, old in zip(trainer.circuit.g, before, strict=True))


def test_an_empty_batch_changes_nothing():
    trainer = trained()
    before = [g.copy() for g in trainer.circuit.g]
    assert trainer.step(np.ones((0, 3)), []).shape == (0, 2)
    assert all((g == old).all() for g, old in zip(trainer.circuit.g, before, strict=True))


def test_a_settle_that_does_not_come_to_rest_names_the_node():
    circuit = random_circuit((3, 6, 5, 4), 0)
    with pytest.raises(ConvergenceError, match=r"layer \d, node \d still moves by .* V after 3 sweeps"):
        settle(circuit, drive(circuit, np.ones((1, 3))), settings=Settings(3, 1e-12))
