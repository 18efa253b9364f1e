"""The laws of the differential network, on random small networks run by the plain kernels.

`FloatDifferential` states the circuit in floating point. Every test names a mutation of the runtime that it catches.
"""

import random
from unittest import mock

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from eqprop.crossbar import FREE, MINUS, PLUS
from eqprop.differential import dynamics
from eqprop.differential.kernels import plain as kernels
from eqprop.differential.plain import PlainCrossbar
from eqprop.differential.planning import D_MAX, Plan
from eqprop.fixed import CURRENT_MAX, U_MAX, V_MAX
from eqprop.network import zeros
from support.references.checked_integers import CheckedArray
from support.references.exact_circuit import features
from support.references.float_differential import FloatDifferential

FEW = settings(max_examples=40)
SEEDS = st.integers(0, 2**32 - 1)
SHAPES = st.lists(st.integers(1, 7), min_size=2, max_size=5).map(tuple)
STYLES = st.sampled_from(("initial", "uniform", "middle", "extremes", "highest", "lowest"))


def build(layers, seed, style="initial", allocate=zeros, sweeps=None):
    """Return a crossbar with conductances in a style, inputs driven, and the generator of its randomness."""
    rng = random.Random(seed)
    crossbar = PlainCrossbar(Plan(layers), allocate, seed)
    low, high = crossbar.plan.g_min, crossbar.plan.g_max
    choose = {
        "uniform": lambda: rng.randint(low, high),
        "middle": lambda: rng.randint(high // 4, 3 * high // 4),
        "extremes": lambda: rng.choice((low, high)),
        "highest": lambda: high,
        "lowest": lambda: low,
    }.get(style)
    for g in crossbar.circuit.g if choose else ():
        for i in range(len(g)):
            g[i] = choose()
    crossbar.refresh()
    if sweeps:
        crossbar.circuit = crossbar.circuit._replace(sweeps=sweeps)
    dynamics.drive(crossbar.circuit, features(rng, layers[0]))
    return crossbar, rng


def rounding(crossbar, c, j, volt):
    """Return how far from its best voltage, `volt` codes, relaxing may leave a node, in codes.

    1/2 for the rounding of v; 1 for the floor of the current's shift; 2**scale / total for each product's floor below,
    2**-back of it above, and 1 for that shift's; 2**-13 of the voltage for the reciprocal.
    """
    circuit = crossbar.circuit
    shape = circuit.shape[c]
    floors = (shape[1] or circuit.active[0]) + shape[2] / 2 ** shape[4] + 2
    return 1.6 + floors * 2.0 ** circuit.scales[c] / circuit.total[c][j] * 1.01 + (abs(volt) + 8) / 2**13


@given(SHAPES, SEEDS, STYLES)
def test_settling_never_raises_the_dissipated_power(layers, seed, style):
    """No relaxation of a layer raises the power by more than total * rounding**2 of each of its nodes.

    Catches: `>> back` dropped from `relax`, a pair's difference the other way round, `low` and `high` exchanged.
    """
    crossbar, rng = build(layers, seed, style)
    circuit = crossbar.circuit
    for c, v in enumerate(circuit.free):
        for j in range(crossbar.plan.nodes[c]):
            v[j] = rng.randint(circuit.low[c][j], circuit.high[c][j])
    reference = FloatDifferential(crossbar)
    relax = dynamics.relax
    watched = []

    def watch(*arguments):
        c = next(c for c, v in enumerate(circuit.free) if v is arguments[-1])
        before = reference.power(reference.volts(circuit.free))
        relax(*arguments)
        allowed = sum(
            circuit.total[c][j] * (rounding(crossbar, c, j, circuit.free[c][j]) / 2.0 ** reference.sums[c]) ** 2
            for j in range(crossbar.plan.nodes[c])
        )
        after = reference.power(reference.volts(circuit.free))
        assert after - before <= allowed * 1.001 + 1e-9 * abs(before)
        watched.append(c)

    with mock.patch.object(dynamics, "relax", watch):
        dynamics.relax_layers(circuit, 0)
        dynamics.relax_layers(circuit, 1)
    assert sorted(watched) == list(range(len(layers) - 1))


@given(SHAPES, SEEDS, STYLES)
def test_currents_at_rest_obey_kirchhoff(layers, seed, style):
    """At rest every node is where the currents into it cancel, or at the limit that this is beyond.

    Catches: a total that leaves out one device of the pairs, a bias row that is not driven, a wrong back shift.
    """
    crossbar, _ = build(layers, seed, style)
    circuit = crossbar.circuit
    dynamics.settle(circuit)
    for _ in range(300):
        before = [list(v) for v in circuit.free]
        dynamics.relax_layers(circuit, 0)
        dynamics.relax_layers(circuit, 1)
        if before == [list(v) for v in circuit.free]:
            break
    reference = FloatDifferential(crossbar)
    v = reference.volts(circuit.free)
    conductance, current = reference.system(reference.sources)
    best = v + (current - conductance @ v) / np.diag(conductance)
    at = 0
    for c, nodes in enumerate(crossbar.plan.nodes):
        scale = 2.0 ** reference.sums[c]
        for j in range(nodes):
            low, high = circuit.low[c][j], circuit.high[c][j]
            wanted = min(max(best[at] * scale, low), high)
            assert abs(circuit.free[c][j] - wanted) <= rounding(crossbar, c, j, wanted)
            at += 1


def lesson(layers, seed):
    """Return (crossbar, its FloatDifferential, float voltages at rest, label): settled long, and nudged.

    The same nodes are held in both, so that rounding has switched no diode.
    """
    crossbar, rng = build(layers, seed, "middle", sweeps=60)
    label = rng.randrange(layers[-1])
    circuit = crossbar.circuit
    dynamics.settle(circuit)
    assume(crossbar.set_nudge(label) and max(map(abs, list(circuit.outputs))) < V_MAX)
    crossbar.nudge(PLUS)
    crossbar.nudge(MINUS)
    reference = FloatDifferential(crossbar)
    v = reference.equilibrium(reference.sources)
    held = [
        not low < u < high
        for c, nodes in enumerate(crossbar.plan.nodes)
        for u, low, high in zip(list(circuit.free[c])[:nodes], circuit.low[c], circuit.high[c], strict=True)
    ]
    assume((reference.held(v) == held).all())
    return crossbar, reference, v, label


def targets(crossbar, reference, label):
    right, wrong = crossbar.plan.targets
    wanted = [right if k == label else wrong for k in range(crossbar.classes)]
    return np.array(wanted) / 2.0 ** reference.sums[-1]


@FEW
@given(SHAPES, SEEDS)
def test_the_response_is_the_limit_of_two_real_states(layers, seed):
    """The displacement by a current equals half the difference of the states with it and with its opposite.

    In float as the currents vanish; in integers to within 1 % of the layer's largest displacement and six units, each
    layer in its own. Catches: `down` and `lift` exchanged, a held node that moves, an odd output's current not negated.
    """
    crossbar, reference, v, _ = lesson(layers, seed)
    circuit = crossbar.circuit
    currents = np.array(list(circuit.currents), float) * 2.0 ** (circuit.scales[-1] - reference.sums[-1])
    response = reference.response(v, currents)
    small = 1e-6
    states = [reference.equilibrium(reference.sources, sign * small * reference.into(currents)) for sign in (1, -1)]
    assume(all((reference.held(state) == reference.held(v)).all() for state in states))
    assert np.allclose((states[0] - states[1]) / (2 * small), response, rtol=1e-4, atol=1e-6 * np.abs(response).max())
    at = 0
    for c, nodes in enumerate(crossbar.plan.nodes):
        wanted = response[at : at + nodes] * 2.0 ** (reference.sums[c] + reference.units[c])
        assume(np.abs(wanted).max() < 8000)
        found = np.array(list(circuit.displaced[c])[:nodes])
        above = np.abs(response[at:]).max() * 2.0 ** (reference.sums[-1])  # what rounding above is worth here
        share = np.abs(wanted).max() * 6 / max(above, 6)
        assert np.abs(found - wanted).max() <= 0.01 * np.abs(wanted).max() + 6 + share
        at += nodes


@FEW
@given(SHAPES, SEEDS)
def test_update_is_the_gradient_of_the_loss(layers, seed):
    """The integer update, times 2**rate, is -4 beta d loss / d g in its crossbar's unit.

    d loss / d g by central differences of the float reference; the loss is half the squared errors of the classes'
    outputs, in the rows' volts. Compared crossbar by crossbar in the Euclidean norm. Catches: any sign in
    `update_driven` or `update_between`, `>> drop` or `>> gain` there, the inputs' power left out of the rate.
    """
    crossbar, reference, v, label = lesson(layers, seed)
    circuit, plan = crossbar.circuit, crossbar.plan
    wanted = targets(crossbar, reference, label)
    assume((np.abs(reference.errors(v, wanted, label)) > 0).any())
    largest = [max(map(abs, list(circuit.displaced[c])[:n])) for c, n in enumerate(plan.nodes)]
    assume(min(largest) > 60 and max(largest) < 8000)
    before = [g.copy() for g in reference.crossings]
    power = sum(u * u for u in circuit.inputs) >> 14
    for c in range(len(plan.shapes)):
        slope = reference.finite_difference(reference.sources, wanted, label, c)
        assume(not np.isnan(slope).any())
        unit = reference.sums[c] + reference.units[c] + (reference.sums[c - 1] if c else 0)
        expected = -4 * plan.beta * slope * 2.0**unit
        rate = next(r for r in range(1, 25) if np.abs(expected).max() / 2**r < plan.g_max / 5)
        rate = max(rate, 2 + power.bit_length()) if c == 0 else rate
        for other in range(len(plan.shapes)):
            crossbar.set_rate_shift(other, 24 if other != c else rate - (power.bit_length() if c == 0 else 0))
        kept = [bytes(g) for g in circuit.g]
        crossbar.program()
        change = (FloatDifferential(crossbar).crossings[c] - before[c]) * 2.0**rate
        for other, data in enumerate(kept):
            crossbar.restore(other, 0, data)
        crossbar.refresh()
        tolerance = 0.02 + 8 / min(largest[max(c - 1, 0) :])
        off = np.linalg.norm(change - expected)
        assert off <= tolerance * np.linalg.norm(expected) + 2.0**rate * np.sqrt(change.size)


@FEW
@given(SHAPES, SEEDS)
def test_a_step_goes_down_the_loss(layers, seed):
    """Small steps on one sample lower its loss, unless it is there by rounding only.

    Catches: errors of the wrong sign, a nudge into both nodes of a class.
    """
    crossbar, rng = build(layers, seed)
    circuit = crossbar.circuit
    x = bytes(u & 255 for u in features(rng, layers[0]))
    label = rng.randrange(layers[-1])
    crossbar.settle(x)
    first = crossbar.set_nudge(label)
    assume(any(u for u in circuit.inputs[:-1]) and first > 200000)
    crossbar.nudge(PLUS)
    assume(
        any(any(list(d)[:n]) for d, n in zip(circuit.displaced, crossbar.plan.nodes, strict=True))
    )  # no rail holds all
    loss = first
    for _ in range(20):
        if loss:
            crossbar.nudge(PLUS)
            crossbar.program()
        crossbar.settle(x)
        loss = crossbar.set_nudge(label)
    assert loss < first


@FEW
@given(SHAPES, SEEDS, STYLES)
def test_conductances_and_totals_stay_true_while_training(layers, seed, style):
    """After any training every conductance is within g_min..g_max and every total is the sum of its conductances.

    Catches: an update that is not limited, one that adds the unlimited change to a total, one that leaves one out.
    """
    crossbar, rng = build(layers, seed, style)
    plan = crossbar.plan
    for _ in range(6):
        crossbar.settle(bytes(u & 255 for u in features(rng, layers[0])))
        crossbar.set_nudge(rng.randrange(layers[-1]))
        crossbar.nudge(PLUS)
        for c in range(len(plan.shapes)):
            crossbar.set_rate_shift(c, rng.randint(1, 24))
        crossbar.program()
        assert all(plan.g_min <= g <= plan.g_max for array in crossbar.circuit.g for g in array)
        kept = [list(total) for total in crossbar.circuit.total]
        crossbar.refresh()
        assert kept == [list(total) for total in crossbar.circuit.total]


def torment(layers, seed, style):
    """Run every kernel on the worst there is: voltages and displacements that no settling gives, extreme rates."""
    crossbar, rng = build(layers, seed, style, CheckedArray)
    circuit, plan = crossbar.circuit, crossbar.plan
    for choose in (max, min, lambda *ends: rng.choice(ends), lambda *ends: rng.choice((*ends, 0, 1, -1))):
        dynamics.drive(circuit, [rng.choice((-128, U_MAX)) for _ in range(layers[0])])
        crossbar.settle(bytes(rng.choice((128, U_MAX)) for _ in range(layers[0])))
        crossbar.set_nudge(rng.randrange(layers[-1]))
        crossbar.nudge(PLUS)
        for c, nodes in enumerate(plan.nodes):
            for j in range(nodes):
                circuit.free[c][j] = choose(circuit.low[c][j], circuit.high[c][j])
                circuit.displaced[c][j] = choose(-8191, 8191)
        dynamics.relax_layers(circuit, 0)
        dynamics.relax_layers(circuit, 1)
        for k in range(layers[-1]):
            circuit.currents[k] = rng.choice((1, -1)) * CURRENT_MAX
            circuit.outputs[k] = choose(-V_MAX, V_MAX)
        for c in range(len(plan.nodes)):
            dynamics.respond_layer(circuit, c)
            assert all(abs(d) <= D_MAX for d in list(circuit.displaced[c]))
        crossbar.set_nudge(rng.randrange(layers[-1]))
        for c in range(len(plan.shapes)):
            crossbar.set_rate_shift(c, rng.choice((1, plan.rate_shifts[c], 24)))
        crossbar.program()


@FEW
@given(SHAPES, SEEDS, STYLES)
def test_nothing_exceeds_31_bits(layers, seed, style):
    """Nothing that the kernels compute leaves -2**30..2**30 - 1, nor anything they store its array's type.

    Catches: a product shift one lower in `Plan`, `respond` without its limits, a drop below the gain.
    """
    torment(layers, seed, style)


@pytest.mark.parametrize("style", ["extremes", "highest", "lowest"])
@pytest.mark.parametrize("layers", [(784, 3, 10), (4, 2, 200), (1, 150, 1), (2, 9, 9, 9, 9, 9, 2), (300, 2)])
def test_nothing_exceeds_31_bits_in_large_networks(layers, style):
    """As the test above, where sums have many terms. Catches: a shift that does not count a pair, or the bias row."""
    torment(layers, 0, style)


@given(st.lists(st.integers(-V_MAX, V_MAX), min_size=2, max_size=12).filter(lambda v: len(v) % 2 == 0))
def test_an_output_is_the_difference_of_two_nodes(v):
    """Limited to 16 bits. Catches: nodes k and k + classes instead of 2k and 2k + 1, a limit left out."""
    outputs = [0] * (len(v) // 2)
    kernels.compare(v, outputs)
    assert outputs == [max(-V_MAX, min(a - b, V_MAX)) for a, b in zip(v[::2], v[1::2], strict=True)]


def test_the_first_of_the_highest_classes_is_the_answer():
    """Catches: the number of a node in place of a class's."""
    crossbar, _ = build((3, 4, 5), 1)
    crossbar.settle(bytes((1, 2, 3)))
    outputs = list(crossbar.voltages(2, FREE))
    assert len(outputs) == 5
    assert crossbar.settle(bytes((1, 2, 3))) == outputs.index(max(outputs))


@given(st.integers(1, 24), st.lists(st.integers(-U_MAX, U_MAX), min_size=1, max_size=40))
def test_the_inputs_power_slows_the_driven_rate(rate_shift, x):
    """A device at full scale changes by u * d >> (rate_shift + bits(power >> 14)), 24 at most, c being none.

    Catches: power summed over the active list's number, the bias left out, a rate beyond 24.
    """
    rows = len(x) + 1
    inputs = [*x, U_MAX]
    active = [0] * (rows + 1)
    listed = [i for i in range(rows) if inputs[i]]
    active[: len(listed) + 1] = [len(listed), *listed]
    g, total = [16000] * (2 * rows), [32000 * rows]
    kernels.update_driven(g, inputs, active, 10, rate_shift, (1, 32767), [8191], [0], total)
    rate = min(24, rate_shift + (sum(u * u for u in inputs) >> 14).bit_length())
    change = max(1, min(16000 + ((U_MAX * 8191 + (1 << rate - 1)) >> rate), 32767)) - 16000
    assert g[2 * rows - 2] == 16000 + change
    assert total[0] == sum(g)


@given(st.integers(1, 4), st.integers(1, 4), SEEDS)
def test_every_pair_between_two_layers_changes_by_the_formula(nodes, columns, seed):
    """`update_between` by its docstring. Catches: a sign of either product, `drop` where `drop - gain` belongs."""
    rng = random.Random(seed)
    gain = rng.randint(1, 4)
    drop = rng.randint(gain, 9)
    rate = rng.randint(8, 24)
    d, v = (
        [rng.randint(-D_MAX, D_MAX) for _ in range(nodes)] + [0],
        [rng.randint(-V_MAX, V_MAX) for _ in range(nodes + 1)],
    )
    d_above, v_above = ([rng.randint(-most, most) for _ in range(columns)] for most in (D_MAX, V_MAX))
    before = [rng.randint(1, 32767) for _ in range(2 * (nodes + 1) * columns)]
    g, below, above = list(before), [0] * nodes, [0] * columns
    kernels.update_between(g, gain, drop, rate, (1, 32767), d, v, below, d_above, v_above, above)
    for j in range(nodes + 1):
        for k in range(columns):
            x = v[j] * d_above[k] + (d[j] >> drop) * v_above[k]
            c = -((d[j] >> drop - gain) * v[j]) - ((d_above[k] * v_above[k]) >> gain)
            for sign in (1, -1):
                at = 2 * (j * columns + k) + (sign < 0)
                assert g[at] == max(1, min(before[at] + ((c + sign * x + (1 << rate - 1)) >> rate), 32767))
    changes = np.subtract(g, before).reshape(nodes + 1, columns, 2).sum(2)
    assert above == changes.sum(0).tolist()
    assert below == changes[:nodes].sum(1).tolist()
