"""The circuit's laws, on random small networks run by the plain kernels: what makes it physics, and learning.

`exact_circuit` states the laws and the rounding that the kernels are allowed, `float_circuit` solves the same circuit
in floating point. Every test names a mutation of the runtime that it catches.
"""

import random
from fractions import Fraction
from unittest import mock

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import eqprop
from eqprop.crossbar import FREE, MINUS, PLUS, dynamics
from eqprop.crossbar.kernels.plain import highest, set_nudge
from eqprop.fixed import CURRENT_MAX, TOTAL_MAX, U_MAX, V_MAX
from eqprop.network import zeros
from eqprop.planning import Plan
from support.references.checked_integers import Checked, CheckedArray
from support.references.exact_circuit import SHAPES, STYLES, ExactCircuit, build, features, fill, networks

FEW = settings(max_examples=40)  # the rest as the profile says
SEEDS = st.integers(0, 2**32 - 1)
NUDGE_STEPS = 4  # conductance steps in a unit of beta (`circuit.set_output_nudge`)


def set_base_currents(crossbar, rng):
    """Inject random nudge currents into the outputs: none, of the size of an error, or as large as they come."""
    last = len(crossbar.circuit.g) - 1
    largest = rng.choice((0, 1 << rng.randrange(10, 28), CURRENT_MAX))
    currents = crossbar.circuit.currents
    for k in range(len(currents)):
        currents[k] = rng.randint(-largest, largest)
    dynamics.set_base_currents(crossbar.circuit.rest, currents, 1, crossbar.circuit.base[last])


def sweep(crossbar, v):
    """Relax every layer of phase `v` once."""
    dynamics.relax_layers(crossbar.circuit, v, 0)
    dynamics.relax_layers(crossbar.circuit, v, 1)


def scatter(crossbar, v, choose):
    """Start phase voltages `v` anywhere within the limits: choose(low, high) of each node."""
    exact = ExactCircuit(crossbar)
    for c, j in exact.nodes:
        v[c][j] = choose(*exact.limits(c, j))


def rest(crossbar, v):
    """Sweep until nothing changes any more; return the voltages."""
    for _ in range(1000):
        before = [list(layer) for layer in v]
        sweep(crossbar, v)
        if [list(layer) for layer in v] == before:
            return before
    raise AssertionError("the circuit does not come to rest")


@given(networks())
def test_settling_never_raises_the_dissipated_power(network):
    """No relaxation of a layer raises the power by more than sum of total * rounding**2 over the nodes it rounds.

    A node's part of the power is total * (v - best)**2; its best voltage, clamped to its limits, is what relaxing
    should give, and rounding misses it by at most `ExactCircuit.rounding`; a node at the limit that its best voltage
    lies beyond is exact. Catches: `>> back` dropped from `relax`, or `low` and `high` exchanged there.
    """
    crossbar, rng = network
    exact = ExactCircuit(crossbar)
    v = crossbar.circuit.phases[FREE]
    relax = dynamics.relax
    relaxed = []

    def watch(*arguments):
        c = next(c for c, layer in enumerate(v) if layer is arguments[-1])
        before = exact.power(v)
        relax(*arguments)
        allowed = 0
        for j in range(len(exact.g[c][0])):
            best = exact.best(v, c, j)
            low, high = exact.limits(c, j)
            if v[c][j] != min(max(best, low), high):
                allowed += exact.total(c, j) * (exact.rounding(c, j, best) * (1 << exact.up[c])) ** 2
        assert exact.power(v) - before <= allowed
        relaxed.append(c)

    scatter(crossbar, v, rng.randint)
    set_base_currents(crossbar, rng)
    with mock.patch.object(dynamics, "relax", watch):
        sweep(crossbar, v)
    assert set(relaxed) == set(range(exact.count))


@given(networks())
def test_equilibrium_is_the_same_from_any_start(network):
    """From the lowest, the highest and random voltages the circuit comes to rest within the rounding of one point.

    Two points of rest differ at a node by what its neighbours' differences bring, and twice its rounding
    (`ExactCircuit.spread`). Relaxing is monotone, so every other start ends between the lowest and the highest.
    Catches: a node left as it is when it would move by few steps, a bias row overwritten.
    """
    crossbar, rng = network
    set_base_currents(crossbar, rng)
    exact = ExactCircuit(crossbar)
    v = crossbar.circuit.phases[FREE]
    found = []
    for choose in (min, max, rng.randint, lambda *limits: rng.choice(limits)):
        scatter(crossbar, v, choose)
        found.append(rest(crossbar, v))
    errors = []
    for c, j in exact.nodes:
        low, high = exact.limits(c, j)
        best = min(max(exact.best(found[0], c, j), low), high)
        errors.append(2 * exact.rounding(c, j, best))
    for (c, j), allowed in exact.spread(errors).items():
        bottom, top = found[0][c][j], found[1][c][j]
        assert top - bottom <= allowed
        assert all(bottom <= other[c][j] <= top for other in found[2:])


@given(networks())
def test_currents_at_rest_obey_kirchhoff(network):
    """The net current into a free node is zero, and into a held node it pushes against the diode or rail.

    To within total * (half a voltage step, the floors of products and shifts, and 2**-13 of the voltage), as the
    docstrings of `relax`, `multiply` and `invert` state their rounding; from the true voltages of the driven rows.
    Catches: `multiply` taking g[at] + g[at + 1], `sum_between` forgetting the totals below, a wrong reciprocal.
    """
    crossbar, rng = network
    set_base_currents(crossbar, rng)
    exact = ExactCircuit(crossbar)
    v = crossbar.circuit.phases[FREE]
    scatter(crossbar, v, rng.randint)
    rest(crossbar, v)
    for c, j in exact.nodes:
        low, high = exact.limits(c, j)
        net = exact.net(v, c, j)
        best = exact.best(v, c, j, norton=False)
        allowed = exact.total(c, j) * exact.rounding(c, j, best, norton=False) * (1 << exact.up[c])
        assert low <= v[c][j] <= high
        assert v[c][j] == high or net <= allowed
        assert v[c][j] == low or net >= -allowed


@given(networks(sweeps=1))
def test_a_nudge_displaces_the_outputs_to_where_it_brings_them(network):
    """From the free state at rest, all else standing still: to within twice the rounding of a node, and half a step.

    A nudge that would bring an output further than V_MAX may bring it only so far, or to its limit.
    Catches: `shift_outputs` with the other sign, without its shift, or from zero volts instead of the free state.
    """
    crossbar, rng = network
    circuit = crossbar.circuit
    dynamics.settle(circuit)
    rest(crossbar, circuit.phases[FREE])
    last = len(circuit.g) - 1
    largest = rng.choice((1 << rng.randrange(10, 28), CURRENT_MAX))
    for k in range(len(crossbar.circuit.currents)):
        crossbar.circuit.currents[k] = rng.randint(-largest, largest)
    for phase in (PLUS, MINUS):
        dynamics.nudge(circuit, phase)
        exact = ExactCircuit(crossbar)
        v = circuit.phases[phase]
        assert all(list(v[c]) == list(circuit.phases[FREE][c]) for c in range(last))
        for k, start in enumerate(circuit.phases[FREE][last]):
            if abs(start) < V_MAX:
                best = exact.best(v, last, k)
                low, high = exact.limits(last, k)
                allowed = 2 * exact.rounding(last, k, V_MAX) + Fraction(1, 2)
                ends = (min(max(best, start - V_MAX), start + V_MAX), best)
                least, most = sorted(min(max(end, low), high) for end in ends)
                assert least - allowed <= v[last][k] <= most + allowed


class Quiet(Plan):
    """A plan with so little gain that no rail is ever reached: the full scale of every layer is 127 * 2**7."""

    def __init__(self, layers, _model):
        super().__init__(layers)

    def _choose(self):
        super()._choose()
        self.gains = (7,) + (0,) * (len(self.gains) - 1)


@given(networks(plan=Quiet))
def test_voltages_stay_within_the_driven_rows(network):
    """Without nudge no voltage leaves the range of its neighbours, nor any that of the driven rows, in their volts.

    To within the rounding of one node, or of all of them added up. Networks whose conductances all pull one way bring
    the first layer to the very edge. Catches: totals that leave out the crossbar above, `>> back` dropped.
    """
    crossbar, _ = network
    dynamics.settle(crossbar.circuit)
    exact = ExactCircuit(crossbar)
    v = crossbar.circuit.phases[FREE]
    rest(crossbar, v)
    assert not any(abs(x) == V_MAX for layer in v for x in layer)
    errors = []
    for c, j in exact.nodes:
        volts = [x for _, x in exact.neighbours(v, c, j)]
        rounding = exact.rounding(c, j, exact.best(v, c, j, norton=False), norton=False)
        errors.append(rounding)
        allowed = rounding * (1 << exact.up[c])
        assert min(volts) - allowed <= v[c][j] << exact.up[c] <= max(volts) + allowed
    for (c, j), allowed in exact.spread(errors).items():
        assert abs(v[c][j]) <= (U_MAX << exact.sums[c]) + allowed


def lesson(layers, seed):
    """Return (crossbar, its FloatCircuit, sources, targets, label, beta): tightly settled, conductances of middle size.

    beta: in the plan's unit, but so small that few diodes switch when it nudges.
    """
    rng = random.Random(seed)
    crossbar = build(eqprop.plan(layers, "resistive"), sweeps=60)
    high = crossbar.plan.g_max
    for g in crossbar.circuit.g:
        for i in range(len(g)):
            g[i] = rng.randint(high // 4, 3 * high // 4)
    crossbar.refresh()
    dynamics.drive(crossbar.circuit, features(rng, layers[0]))
    exact = ExactCircuit(crossbar)
    reference, sources = exact.in_float()
    label = rng.randrange(layers[-1])
    right, other = crossbar.plan.targets
    targets = np.array([right if k == label else other for k in range(layers[-1])]) / 2.0 ** exact.sums[-1]
    return crossbar, reference, sources, targets, label, crossbar.plan.beta // 4


def phases(reference, sources, targets, label, beta):
    """Return the free, plus and minus voltages of the reference; assume that the same nodes are held in all."""
    free = reference.equilibrium(sources)
    nudge = beta * reference.errors(free, targets, label)
    found = [free, reference.equilibrium(sources, nudge), reference.equilibrium(sources, -nudge)]
    assume(all((reference.held(v) == reference.held(free)).all() for v in found))
    return found


@FEW
@given(SHAPES, SEEDS)
def test_equilibrium_propagation_is_the_gradient_in_float(layers, seed):
    """Centred EqProp equals central differences of the loss to 1e-5, where no diode changes its state meanwhile.

    The theory that the integer rule stands on, checked on the reference alone: between two switchings of a diode the
    circuit is linear, so the centred estimate is exact for any beta; the differences' own error is of second order.
    Catches: a wrong sign or factor in `FloatCircuit.equilibrium_propagation`.
    """
    _, reference, sources, targets, label, beta = lesson(layers, seed)
    beta *= NUDGE_STEPS
    phases(reference, sources, targets, label, beta)
    for c, estimate in enumerate(reference.equilibrium_propagation(sources, targets, label, beta)):
        slope = reference.finite_difference(sources, targets, label, c)
        assume(not np.isnan(slope).any())
        assert np.abs(estimate - slope).max() <= 1e-5 * np.abs(slope).max() + 1e-12


@FEW
@given(SHAPES, SEEDS)
def test_update_is_the_gradient_of_the_loss(layers, seed):
    """The integer update, times 2**rate_shift, is -2 beta d loss / d g in its crossbar's unit, beta in steps.

    d loss / d g by central differences of the float reference, the loss half the squared errors in the rows' volts, of
    the right output below its target and the others above theirs;
    unit: 2**S_1 for the driven crossbar, 4**S of the layer below for the others. Compared crossbar by crossbar in the
    Euclidean norm, to within 1 % and six voltage steps in the largest voltage change across a device. Rates are as
    fine as leaves every conductance within its limits.
    Catches: any sign in `update_driven` or `update_between`, `>> gain` there, `contrast` without its `>> 1`,
    `set_nudge` with output - target, phases exchanged.
    """
    crossbar, reference, sources, targets, label, beta = lesson(layers, seed)
    _, plus, minus = phases(reference, sources, targets, label, beta * NUDGE_STEPS)
    crossbar.circuit = crossbar.circuit._replace(beta=beta)
    dynamics.settle(crossbar.circuit)
    crossbar.set_nudge(label)
    crossbar.nudge(PLUS)
    crossbar.nudge(MINUS)
    before = ExactCircuit(crossbar)
    expected, tolerances, rates = [], [], []
    for c in range(before.count):
        below = before.sums[c - 1] if c else 0
        slope = reference.finite_difference(sources, targets, label, c)
        assume(not np.isnan(slope).any())
        expected.append(-2 * NUDGE_STEPS * beta * slope * 2.0 ** (2 * below if c else before.sums[0]))
        moved = reference.across(plus, sources, c) - reference.across(minus, sources, c)
        largest = np.abs(moved).max() * 2.0 ** (below if c else before.sums[0])
        assume(largest < 7900)  # clear of the limit of a voltage change
        tolerances.append(0.01 + 6 / max(largest, 1e-9))
        rates.append(next(r for r in range(1, 25) if np.abs(expected[c]).max() / 2**r < crossbar.plan.g_max / 5))
    program(crossbar, rates)
    after = ExactCircuit(crossbar)
    for c, rate_shift in enumerate(rates):
        change = (np.array(after.g[c]) - np.array(before.g[c])) * 2.0**rate_shift
        rounding = 2.0**rate_shift * np.sqrt(change.size)
        off = np.linalg.norm(change - expected[c])
        assert off <= tolerances[c] * np.linalg.norm(expected[c]) + rounding


@FEW
@given(networks())
def test_conductances_and_totals_stay_true_while_training(network):
    """After any training every conductance is within g_min..g_max and every total is the sum of its conductances.

    Rates from the finest to the coarsest, features and labels at random. Catches: an update that is not limited, one
    that adds the unlimited change to the total, one that leaves a total out.
    """
    crossbar, rng = network
    plan = crossbar.plan
    for _ in range(6):
        crossbar.settle(bytes(u & 255 for u in features(rng, plan.layers[0])))
        crossbar.set_nudge(rng.randrange(plan.layers[-1]))
        crossbar.nudge(PLUS)
        crossbar.nudge(MINUS)
        program(crossbar, [rng.randint(1, 24) for _ in plan.shapes])
        exact = ExactCircuit(crossbar)
        assert all(plan.g_min <= g <= plan.g_max for array in crossbar.circuit.g for g in array)
        for c, j in exact.nodes:
            assert crossbar.circuit.total[c][j] == exact.total(c, j)
            error = crossbar.circuit.reciprocal[c][j] / 2.0 ** (14 + crossbar.circuit.shift[c][j] + plan.scales[c])
            assert abs(error * exact.total(c, j) - 1) < 2**-13


class CheckedNetwork(eqprop.Network):
    """A network whose every number is checked to fit 31 bits, and its array."""

    allocate = staticmethod(CheckedArray)

    def __init__(self, layers, seed=0):
        super().__init__(layers, seed, model="resistive")


def program(crossbar, rates):
    """Let every conductance change, at these rates."""
    for c, rate_shift in enumerate(rates):
        crossbar.set_rate_shift(c, rate_shift)
    crossbar.program()


def torment(network, rng, style):
    """Run every kernel of a network on the worst there is, conductances in a style."""
    crossbar, plan = network.crossbar, network.plan
    circuit = crossbar.circuit
    x = [rng.choice((-128, U_MAX)) for _ in range(plan.layers[0])]
    fill(crossbar, style, rng, x)
    network.learn(bytes(u & 255 for u in x), rng.randrange(plan.layers[-1]))
    fill(crossbar, style, rng, x)

    def corner(low, high):
        return rng.choice((low, high))

    def between(low, high):
        return rng.choice((low, low // 2, high // 2, high))

    # Voltages that no settling gives: the kernels' bounds hold for these as well.
    for plus, minus in ((max, min), (min, max), (max, max), (corner, corner), (between, between)):
        dynamics.drive(circuit, x)
        for phase, choose in ((FREE, minus), (PLUS, plus), (MINUS, minus)):
            for c, layer in enumerate(circuit.phases[phase]):
                for j in range(plan.layers[c + 1]):
                    layer[j] = choose(circuit.low[c][j], circuit.high[c][j])
        crossbar.set_nudge(rng.randrange(plan.layers[-1]))
        program(crossbar, [rng.choice((1, *plan.rate_shifts[:1], 24)) for _ in plan.shapes])
        for sign in (1, -1):
            for k in range(plan.layers[-1]):
                crossbar.circuit.currents[k] = rng.choice((sign, 1, -1)) * CURRENT_MAX
            crossbar.nudge(PLUS)
            crossbar.nudge(MINUS)
        program(crossbar, [rng.choice((1, 24)) for _ in plan.shapes])


@FEW
@given(SHAPES, st.sampled_from(STYLES), SEEDS)
def test_nothing_exceeds_31_bits(layers, style, seed):
    """Nothing that the kernels compute leaves -2**30..2**30 - 1, nor anything they store its array's type.

    Conductances, features, voltages, nudges and rates at their extremes. Catches: a product shift or g_min one lower
    in `Plan`, `contrast` without its limit, `relax` without its own.
    """
    torment(CheckedNetwork(layers, seed), random.Random(seed), style)


@pytest.mark.parametrize("style", ["aligned", "highest", "lowest"])
@pytest.mark.parametrize("layers", ["784-4-10", "4-2-300", "1-300-1", "2-20-20-20-20-20-2", "500-2"])
def test_nothing_exceeds_31_bits_in_large_networks(layers, style):
    """As the test above, where sums have many terms: wide inputs, hidden layers and outputs, and many layers.

    Catches: a product shift that does not count the terms, a loss that is limited only after it has left 31 bits.
    """
    torment(CheckedNetwork(layers), random.Random(0), style)


VOLTAGES = st.integers(-V_MAX, V_MAX) | st.sampled_from((-V_MAX, V_MAX))


@given(st.integers(0, 3), st.sampled_from((1, 1000, 16383)), st.lists(VOLTAGES, min_size=1, max_size=40), SEEDS)
@example(0, 1, [V_MAX] * 40, 0)  # beyond the greatest loss
def test_nudge_currents_and_loss_saturate(shift, beta, output, seed):
    """`set_nudge` by its formulas, at the limits of 31 bits: as large a beta, as many outputs as bring it there.

    Catches: an output pulled back that is beyond its target, the limit of the currents left out, a loss that is
    limited only after it has left 31 bits.
    """
    rng = random.Random(seed)
    output = output * rng.choice((1, 20))
    targets = (rng.choice((-V_MAX, V_MAX)), rng.randint(-V_MAX, V_MAX))
    label = rng.randrange(len(output))
    currents, voltages = CheckedArray("i", len(output)), CheckedArray("h", len(output))
    for k, v in enumerate(output):
        voltages[k] = v
    loss = set_nudge(voltages, targets, label, beta, shift, currents)
    errors = [max(targets[0] - v, 0) if k == label else min(targets[1] - v, 0) for k, v in enumerate(output)]
    assert list(currents) == [max(-CURRENT_MAX, min(beta * e >> shift, CURRENT_MAX)) for e in errors]
    assert loss == min(sum((e >> 4) ** 2 for e in errors), TOTAL_MAX)


@given(st.lists(st.integers(-V_MAX, V_MAX) | st.integers(-1, 1), min_size=1))
def test_answer_is_the_first_of_the_highest(output):
    """Ties included; what lies behind the nodes is no output. Catches: `>=` for `>`, a loop over the whole array."""
    assert highest([*output, V_MAX], len(output)) == output.index(max(output))


@pytest.mark.parametrize(("left", "right"), [(2**29, 2**29), (-(2**30), -1)])
def test_checked_integers_refuse_what_exceeds_31_bits(left, right):
    """The checked integer itself: on either side of an operator, at either end of the range."""
    for a, b in ((Checked(left), right), (left, Checked(right))):
        with pytest.raises(OverflowError, match="exceeds 31 bits"):
            a + b
        assert isinstance(a - b, Checked)
    with pytest.raises(OverflowError, match="is not in"):
        CheckedArray("h", 1)[0] = 32768


def test_zeroed_arrays_are_what_they_say():
    """The runtime's own arrays start at zero, at their full length."""
    assert list(zeros("h", 3)) == [0, 0, 0]
