"""The analog solver against ngspice, and against what ngspice once found: golden/spice.json.

`make spice` writes that file again, with the ngspice that is installed.
"""

import json
from pathlib import Path

import numpy as np
import pytest

import eqprop
from eqprop_host import datasets
from eqprop_sim.analog import Circuit, ConvergenceError, Diode, Nodal, PhysicsError, settle
from eqprop_sim.analog.circuits import exponential, netlist, spice
from eqprop_sim.analog.circuits.circuit import initial_steps
from eqprop_sim.analog.circuits.ideal import EXACT, drive
from eqprop_sim.analog.learning import across
from eqprop_sim.emulator.compiled_network import Network
from support.surroundings import IN_CI

GOLDEN = Path(__file__).parent / "golden" / "spice.json"
SHARP = Diode(saturation_a=1e-12, ideality=1e-4)
"""Moves by 0.01 mV where its current changes tenfold and so lets hidden nodes move under a nudge."""


def plain(layers, seed):
    """Return a circuit of random conductances, without amplifiers, of a plan's initial distribution."""
    plan = eqprop.plan(layers, "resistive")
    circuit = Circuit.from_plan(plan, seed=seed, g_on=1e-4)
    return Circuit(circuit.g, circuit.low[1:], circuit.high[1:], bias_v=[1.0, 0.05])


def trained(layers, seed):
    """Return the amplified circuit of conductances that the runtime learnt from 1000 digits."""
    data = datasets.prepare(datasets.load("digits"), seed)
    network = Network(layers, seed, model="resistive")
    for n in range(1000):
        network.learn(data.train_x[n], data.train_y[n])
    steps = [network.conductances(c) for c in range(network.crossbar_count)]
    return Circuit.from_plan(network.plan, g_on=1e-4, steps=steps)


CIRCUITS = {
    "4-4-2": lambda: plain("4-4-2", 1),
    "128-32-10": lambda: plain("128-32-10", 2),
    "64-32-10 trained, amplified": lambda: trained("64-32-10", 0),
    "64-32-16-10 trained, amplified": lambda: trained("64-32-16-10", 1),
}
DIODES = {"sharp": Diode(), "silicon": Diode(1e-12, 1.0)}


def inputs(circuit):
    """Return features -1..1 that any language can make again: x[i] = ((37 i + 11) mod 255 - 127) / 127."""
    return np.array([((37 * i + 11) % 255 - 127) / 127 for i in range(circuit.layers[0])])


@pytest.fixture(scope="module")
def ngspice():
    """Without ngspice a test fails in CI and is skipped elsewhere."""
    try:
        return spice.ngspice()
    except spice.Unavailable as error:
        reason = str(error)
    if IN_CI:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def solved(circuit, diode, nudge=0.0):
    nodal = Nodal(circuit)
    v, report = exponential.settle(nodal, nodal.source(inputs(circuit)[None], nudge), diode)
    assert report.residual_relative <= 1e-11
    return [None, *(each[0] for each in nodal.layers(v)[1:])]


def assert_agree(ours, theirs, percent):
    full = max(np.abs(v).max() for v in theirs[1:])
    for a, b in zip(ours[1:], theirs[1:], strict=True):
        assert np.abs(a - b).max() <= percent / 100 * full


@pytest.mark.parametrize("diode", DIODES)
@pytest.mark.parametrize("name", CIRCUITS)
def test_voltages_are_those_that_ngspice_found(name, diode):
    """Catches a diode's law, an amplifier or a bias pair that is not what the netlist says, without ngspice."""
    golden = json.loads(GOLDEN.read_text())[name][diode]
    assert_agree(solved(CIRCUITS[name](), DIODES[diode]), [None, *map(np.array, golden)], 0.001)


@pytest.mark.parametrize("name", CIRCUITS)
def test_voltages_are_those_of_ngspice(name, ngspice):
    """Catches golden data that no ngspice would find."""
    circuit = CIRCUITS[name]()
    for diode in DIODES.values():
        theirs = spice.operating_point(circuit, inputs(circuit), diode=diode)
        assert_agree(solved(circuit, diode), theirs, 0.001)
        folded = spice.operating_point(circuit, inputs(circuit), diode=diode, folded=True)
        assert_agree(folded, theirs, 0.001)


@pytest.mark.parametrize("name", CIRCUITS)
def test_uneven_amplifiers_with_offsets_are_those_of_ngspice(name, ngspice):
    circuit = CIRCUITS[name]()
    random = np.random.default_rng(5)
    for c in range(1, len(circuit.g)):
        circuit.gain[c] *= random.uniform(0.8, 1.2, circuit.layers[c])
        circuit.back[c] *= random.uniform(0.8, 1.2, circuit.layers[c])
        circuit.offset_v[c][:] = random.normal(0, 0.005, circuit.layers[c])
        circuit.low[c] += random.normal(0, 0.005, circuit.layers[c])
        circuit.high[c] += 0.03
    circuit.refresh()
    assert_agree(solved(circuit, Diode()), spice.operating_point(circuit, inputs(circuit)), 0.001)


def equilibria(circuit, nudge, point):
    """Return (free, plus, minus), each [None, layer 1 (1, n_1), ...], of a function of nudge currents."""
    return [[None, *(np.atleast_2d(v) for v in point(current)[1:])] for current in (0 * nudge, nudge, -nudge)]


@pytest.mark.parametrize("name", ["4-4-2", "64-32-10 trained, amplified"])
def test_the_gradient_from_three_points_of_ngspice_is_the_solvers(name, ngspice):
    """Catches a nudge of the wrong sign or place in either, and a gradient of something else than the voltages."""
    circuit = CIRCUITS[name]()
    x = inputs(circuit)
    free = settle(circuit, drive(circuit, x[None]), settings=EXACT)
    beta = 0.5e-4
    nudge = beta * (np.eye(circuit.layers[-1])[1] * 0.03 - free[-1][0])

    def theirs(current):
        return spice.operating_point(circuit, x, nudge=current, diode=SHARP)

    def ours(current):
        return [v if v is None else v[0] for v in settle(circuit, drive(circuit, x[None]), current, settings=EXACT)]

    gradients = []
    for point in (theirs, ours):
        _, plus, minus = equilibria(circuit, nudge, point)
        difference = [None, *(p - m for p, m in zip(plus[1:], minus[1:], strict=True))]
        mean = [None, *((p + m) / 2 for p, m in zip(plus[1:], minus[1:], strict=True))]
        driven = x[:, None] * difference[1] - (difference[1] * mean[1])
        gradients.append([driven, across(circuit, 1, difference, mean)])
    for found, expected in zip(*gradients, strict=True):
        assert np.abs(found - expected).max() <= 0.01 * np.abs(expected).max()


def test_an_operating_point_that_ngspice_does_not_find_is_an_error(ngspice, monkeypatch):
    """Catches voltages made up where there are none: here of a diode without a model."""
    circuit = CIRCUITS["4-4-2"]()
    monkeypatch.setattr(spice, "write", lambda *given: netlist.write(*given).replace(".model d ", ".model other "))
    with pytest.raises(ConvergenceError, match="ngspice finds no operating point: .*d"):
        spice.operating_point(circuit, inputs(circuit))


def test_a_feature_that_is_no_number_gets_into_no_netlist():
    circuit = CIRCUITS["4-4-2"]()
    with pytest.raises(PhysicsError, match=r"x\[2\]: nan is not finite"):
        netlist.write(circuit, np.array([0, 1, np.nan, 0]))


def test_a_device_of_zero_siemens_is_no_resistor():
    circuit = CIRCUITS["4-4-2"]()
    before = netlist.write(circuit, inputs(circuit)).count("\nR")
    circuit.g[0][0, 1, 2] = 0
    circuit.refresh()
    assert netlist.write(circuit, inputs(circuit)).count("\nR") == before - 1


def test_newton_that_stops_early_names_the_node():
    """Catches a solver that returns what it has when its iterations are up."""
    circuit = CIRCUITS["4-4-2"]()
    nodal = Nodal(circuit)
    with pytest.raises(ConvergenceError, match=r"layer \d, node \d: .* A do not cancel after 1 iterations"):
        exponential.settle(nodal, nodal.source(inputs(circuit)[None]), Diode(), iterations=1)


def test_initial_conductances_are_the_runtimes():
    network = eqprop.Network("5-4-3", seed=9, model="resistive")
    for c, steps in enumerate(initial_steps(network.plan, 9)):
        assert list(network.conductances(c)) == steps.tolist()


def golden():
    """Return the text of golden/spice.json: for each circuit and diode every layer's voltages."""
    found = {}
    for name, make in CIRCUITS.items():
        circuit = make()
        points = {key: spice.operating_point(circuit, inputs(circuit), diode=d)[1:] for key, d in DIODES.items()}
        found[name] = {key: [[float(f"{v:.10g}") for v in layer] for layer in p] for key, p in points.items()}
    return json.dumps(found, indent=None, separators=(",", ":")).replace("]],", "]],\n").replace('":{', '":{\n') + "\n"


if __name__ == "__main__":
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(golden())
