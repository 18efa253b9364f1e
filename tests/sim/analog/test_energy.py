"""Settling time and energy: against textbook circuits, and in the direction physics says."""

import numpy as np
import pytest

from eqprop_sim.analog import Circuit, ConvergenceError, PhysicsError, drive, energy, settle
from eqprop_sim.analog.circuits.ideal import EXACT
from eqprop_sim.analog.circuits.transient import settling_time
from eqprop_sim.analog.crossbar import AnalogNetwork, Hardware
from eqprop_sim.analog.devices.devices import Device
from support.references.random_circuits import random_circuit


def divider(g=1e-4):
    """Return one output node between a row pair and a bias pair: its total conductance is 4 g."""
    return Circuit([np.full((2, 2, 1), g) * np.array([[[2.0], [1.0]], [[0.5], [0.5]]])], [-np.inf], [np.inf])


def test_one_node_settles_as_an_rc_circuit():
    """Catches a time constant of another conductance than the node's total, or a tolerance that is not absolute."""
    circuit = divider()
    rest = settle(circuit, drive(circuit, np.ones((1, 1))), settings=EXACT)[-1][0, 0]
    for capacitance, tolerance in ((1e-12, 1e-2), (5e-12, 1e-3)):
        expected = capacitance / 4e-4 * np.log(rest / tolerance)
        found = settling_time(circuit, np.ones((1, 1)), capacitance, tolerance)
        assert found[0] == pytest.approx(expected, rel=0.05)


def test_a_network_settles_sooner_with_less_capacitance_or_more_conductance():
    x = np.random.default_rng(0).uniform(-1, 1, (4, 5))
    slow, faster = (settling_time(random_circuit((5, 6, 4, 3), 0, g_max=g), x, 1e-12, 1e-4) for g in (1e-5, 1e-4))
    assert np.allclose(slow, 10 * faster, rtol=0.02)
    assert np.allclose(settling_time(random_circuit((5, 6, 4, 3), 0, g_max=1e-5), x, 3e-12, 1e-4), 3 * slow, rtol=0.02)


def test_the_transient_ends_where_the_operating_point_is():
    """Catches an equation of motion that comes to rest elsewhere: it would never be within so little."""
    circuit = random_circuit((5, 6, 4, 3), 1, gains=[2.0, 4.0], offsets=True, g_max=1e-4)
    x = np.random.default_rng(0).uniform(-1, 1, (3, 5))
    assert (settling_time(circuit, x, 1e-12, 1e-9) > settling_time(circuit, x, 1e-12, 1e-4)).all()


@pytest.mark.parametrize("values, name", [((0.0, 1e-3), "capacitance_f"), ((1e-12, -1.0), "tolerance_v")])
def test_what_cannot_be_is_named(values, name):
    with pytest.raises(PhysicsError, match=name):
        settling_time(divider(), np.ones((1, 1)), *values)


def test_a_circuit_that_takes_for_ever_is_an_error(monkeypatch):
    from eqprop_sim.analog.circuits import transient

    monkeypatch.setattr(transient, "_STEPS", 5)
    with pytest.raises(ConvergenceError, match="sample 0 has not settled after"):
        settling_time(divider(), np.ones((1, 1)), 1e-12, 1e-6)


def test_power_is_the_sum_over_all_devices():
    circuit = random_circuit((3, 4, 2), 0, gains=[2.0], offsets=True)
    x = np.random.default_rng(0).uniform(-1, 1, (2, 3))
    v = settle(circuit, drive(circuit, x), settings=EXACT)
    for n, watts in enumerate(energy.power(circuit, x, v)):
        total = 0.0
        for i, u in enumerate(np.append(x[n], circuit.bias_v[0])):
            for j in range(4):
                total += circuit.g[0][0, i, j] * (u - v[1][n, j]) ** 2 + circuit.g[0][1, i, j] * (-u - v[1][n, j]) ** 2
        rows = [*circuit.rows(1, v[1])[n], circuit.bias_v[1], -circuit.bias_v[1]]
        for i, row in enumerate(rows):
            for k in range(2):
                total += circuit.g[1][i, k] * (row - v[2][n, k]) ** 2
        assert watts == pytest.approx(total)


def ledger(device, constants=energy.Constants(), drive_v=1.0):  # noqa: B008
    network = AnalogNetwork.on(Hardware(device, drive_v=drive_v))("6-5-3", 1)
    x = np.random.default_rng(0).integers(-127, 128, (5, 6)).astype(np.int8)
    for row in x:
        network.learn(row.tobytes(), 1)
    return energy.measure(network.crossbar, x, np.array([0, 1, 2, 0, 1]), network.sample, constants)


def test_energy_scales_as_physics_says():
    """Catches watts counted as joules: energy is power by settling time, and power and speed both go with g."""
    plain = ledger(Device())
    assert ledger(Device(g_on=1e-3)).inference_conductances_j == pytest.approx(plain.inference_conductances_j, rel=0.02)
    assert ledger(Device(g_on=1e-3)).settle_s == pytest.approx(plain.settle_s / 10, rel=0.02)
    assert ledger(Device(), drive_v=2.0).inference_conductances_j == pytest.approx(
        4 * plain.inference_conductances_j, rel=0.02
    )
    slow = ledger(Device(), energy.Constants(node_capacitance_f=2e-12))
    assert slow.inference_conductances_j == pytest.approx(2 * plain.inference_conductances_j)
    assert ledger(Device(pulse_v=2.0)).training_pulses_j == pytest.approx(4 * plain.training_pulses_j)


def test_a_training_sample_costs_its_phases_conversions_and_pulses():
    found, constants = ledger(Device()), energy.Constants()
    assert found.training_conductances_j > 2.5 * found.inference_conductances_j
    assert found.inference_converters_j == pytest.approx(12 * constants.dac_j + 3 * constants.adc_j)
    assert found.training_converters_j == pytest.approx(18 * constants.dac_j + 19 * constants.adc_j)
    assert found.nudged_share == pytest.approx(1)
    assert found.digital_training_j == pytest.approx(3 * found.digital_inference_j)
    assert found.digital_inference_j == pytest.approx(45 * 2 * 0.3e-9) and found.training_pulses_j > 0
    assert found.to_dict()["energy_joule_per_training_sample"] == found.training_j > found.inference_j


def test_a_sample_without_loss_costs_its_free_phase_alone(monkeypatch):
    """As the learner works, so is it counted: on the chip and on the microcontroller."""
    network = AnalogNetwork("6-5-3")
    monkeypatch.setattr(network.plan, "targets", (-32767, 32767))
    found = energy.measure(network.crossbar, np.ones((2, 6), np.int8), np.array([0, 1]), 0)
    assert found.nudged_share == 0 and found.training_j == found.inference_j > 0
    assert found.digital_training_j == found.digital_inference_j


def test_measuring_changes_nothing():
    network = AnalogNetwork("6-5-3")
    before = network.crc()
    energy.measure(network.crossbar, np.ones((2, 6), np.int8), np.array([0, 1]), 0)
    assert network.crc() == before


def test_constants_that_cannot_be_are_named():
    with pytest.raises(PhysicsError, match="adc_j: -1.0 is not"):
        energy.Constants(adc_j=-1.0)
