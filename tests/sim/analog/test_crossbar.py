"""The analog crossbar behind the runtime's contract: the fixed-point circuit's twin, and what its hardware does."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eqprop
from eqprop.crossbar import FREE
from eqprop.fixed import G_MAX, U_MAX
from eqprop_host import datasets
from eqprop_sim.analog import PhysicsError, Wires
from eqprop_sim.analog.crossbar import AnalogNetwork, Hardware
from eqprop_sim.analog.devices.devices import Device
from eqprop_sim.analog.devices.presets import PRESETS
from eqprop_sim.analog.periphery import Converter, Periphery
from eqprop_sim.emulator import compiled_network
from eqprop_sim.sample_order import SampleOrder

IDEAL = Hardware(Device(on_off=1e12))


def infer(network, x):
    """Return (class, voltages of every layer in the free phase) of features x, bytes."""
    answer = network.infer(x)
    return answer, [np.array(network.crossbar.voltages(layer, FREE)) for layer in range(1, len(network.layers))]


def bounds(circuit, plan, codes):
    """Return for each layer what rounding may come to in the runtime's sweeps, as `AnalogCrossbar.settle` states it."""
    count = len(plan.layers) - 1
    own: list = [None]
    for layer in range(1, count + 1):
        n = plan.layers[layer]
        terms = plan.rows[layer - 1] + (plan.layers[layer + 1] if layer < count else 0) + 2
        total = 1 / circuit.inverse[layer] / (IDEAL.device.g_on / G_MAX)
        own.append(1.5 + terms * 2.0 ** plan.scales[layer - 1] / total + (np.abs(codes[layer - 1][:n]) + 8) / 2**13)
    error = [None, *(np.zeros(n) for n in plan.layers[1:])]
    for _ in range(plan.sweeps):
        for parity in (1, 2):
            for layer in range(parity, count + 1, 2):
                error[layer] = own[layer].copy()
                if layer > 1:
                    error[layer] += error[layer - 1] @ circuit.forward[layer - 1]
                if layer < count:
                    error[layer] += error[layer + 1] @ circuit.backward[layer]
    return error[1:]


@given(st.lists(st.integers(1, 9), min_size=2, max_size=5), st.integers(0, 2**32 - 1))
def test_codes_are_the_runtimes_but_for_rounding(layers, seed):
    """Catches any difference of scale, sign, bias, diode or amplifier between the physics and the board's integers."""
    rng = random.Random(seed)
    analog, board = AnalogNetwork.on(IDEAL)(layers), eqprop.Network(layers, model="resistive")
    plan = board.plan
    for c, (rows, columns) in enumerate(plan.shapes):
        top = rng.choice((2 * plan.g_min, plan.g_max))
        steps = np.array([rng.randint(plan.g_min, min(top, plan.g_max)) for _ in range(rows * columns)], "<u2")
        for network in (analog, board):
            network.restore(c, 0, steps.tobytes())
    for network in (analog, board):
        network.resume_at(0)
    x = bytes(rng.randint(-U_MAX, U_MAX) & 255 for _ in range(layers[0]))
    (_, ours), (_, boards) = infer(analog, x), infer(board, x)
    allowed = bounds(analog.crossbar.circuit, plan, boards)
    for a, b, limit in zip(ours, boards, allowed, strict=True):
        assert (np.abs(a[: len(limit)].astype(int) - b[: len(limit)]) <= limit + 0.5).all()
        assert (a[len(limit) :] == b[len(limit) :]).all()


def test_initial_conductances_are_the_runtimes():
    assert AnalogNetwork.on(IDEAL)("6-5-4-3", 7).crc() == eqprop.Network("6-5-4-3", 7, model="resistive").crc()


@pytest.fixture(scope="module")
def digits():
    return datasets.prepare(datasets.load("digits"), seed=0)


@pytest.mark.parametrize("layers", ["64-32-10", "64-32-16-10"])
def test_a_sample_changes_the_conductances_as_on_the_board(layers, digits):
    """Catches a rate, a nudge or an update of another scale than the plan's, in any crossbar.

    With a weak nudge: the board limits how much a node may differ between the nudged phases, physics does not.
    """
    for seed in range(4):
        analog, board = AnalogNetwork.on(IDEAL)(layers, seed), eqprop.Network(layers, seed, model="resistive")
        before = [np.array(board.conductances(c), int) for c in range(board.crossbar_count)]
        analog.plan.beta //= 4
        board.crossbar.circuit = board.crossbar.circuit._replace(beta=analog.plan.beta)
        for network in (analog, board):
            for c, rate in enumerate(board.plan.rate_shifts):
                network.crossbar.set_rate_shift(c, rate - (4 if c else 6))
            network.learn(digits.train_x[seed].tobytes(), int(digits.train_y[seed]))
        for c, old in enumerate(before):
            ours, theirs = (np.array(network.conductances(c), int) - old for network in (analog, board))
            assert np.abs(theirs).max() > 50
            assert 0.9 <= ours @ theirs / (theirs @ theirs) <= 1.1 and np.corrcoef(ours, theirs)[0, 1] > 0.95


def learnt(network, data, samples):
    """Return the test error in percent after so many samples."""
    for n in SampleOrder.shuffled(len(data.train_y), 0).epoch(0)[:samples]:
        network.learn(data.train_x[n].tobytes(), int(data.train_y[n]))
    wrong = [infer(network, x.tobytes())[0] != y for x, y in zip(data.test_x, data.test_y, strict=True)]
    return 100 * np.mean(wrong)


def test_the_runtimes_learner_learns_on_it(digits):
    """The learner that runs on boards, unchanged; on a perfect chip as well as on the emulated crossbar."""
    chip = learnt(AnalogNetwork.on(IDEAL)("64-32-10"), digits, 1437)
    board = learnt(compiled_network.Network("64-32-10"), digits, 1437)
    assert chip <= 15 and abs(chip - board) <= 5


def test_it_learns_on_real_devices_and_counts_what_that_takes(digits):
    hardware = Hardware(
        PRESETS["ecram"], Periphery(Converter(8), Converter(12, noise_v=1e-5), diode_offset_v=0.002), rounding="mixed"
    )
    network = AnalogNetwork.on(hardware)("64-32-10")
    assert learnt(network, digits, 700) <= 40
    assert network.crossbar.settles == 3 * 700 + len(digits.test_y)
    assert sum(int(d.pulses.sum()) for d in network.crossbar.devices) > 1000


def test_perfect_lines_change_nothing_and_resistive_ones_do(digits):
    x = digits.train_x[0].tobytes()
    outputs = [
        infer(AnalogNetwork.on(Hardware(IDEAL.device, wires=wires))("64-8-10"), x)[1][-1].astype(int)
        for wires in (None, Wires(), Wires(50.0, 50.0))
    ]
    # Two sweeps come to within a few codes of the exact solution
    assert np.abs(outputs[1] - outputs[0]).max() <= 40 < np.abs(outputs[2] - outputs[0]).max()


def test_what_is_restored_is_programmed_by_refresh():
    network = AnalogNetwork.on(IDEAL)("3-4-2")
    before = network.conductances(1).copy()
    network.restore(1, 2, np.array([9000, 8000], "<u2").tobytes())
    network.resume_at(0)
    after = network.conductances(1)
    assert after[2:4].tolist() == [9000, 8000]
    assert (np.delete(after, [2, 3]) == np.delete(before, [2, 3])).all()


def test_blind_programming_misses_and_verified_programming_hits():
    def missed(verify):
        network = AnalogNetwork.on(Hardware(Device(levels=200, dw_min_dtod=0.3), verify=verify))("8-6-4", 1)
        ideal = eqprop.Network("8-6-4", 1, model="resistive")
        return np.abs(network.conductances(0).astype(int) - np.array(ideal.conductances(0), int)).mean()

    assert missed(0) > 3 * missed(5)


@pytest.mark.parametrize(
    "start, data, message",
    [
        (0, b"123", "restore: 3 bytes at 0 of 12 devices"),
        (11, bytes([0, 64] * 2), "restore: 4 bytes at 11 of 12 devices"),
        (-1, bytes([0, 64]), "restore: 2 bytes at -1 of 12"),
        (0, bytes([0, 0]), r"restore: conductance 0 is not in \d+..32767"),
    ],
)
def test_what_does_not_fit_is_not_restored(start, data, message):
    network = AnalogNetwork.on(IDEAL)("3-4-2")
    before = network.crc()
    with pytest.raises(ValueError, match=message):
        network.restore(1, start, data)
    network.resume_at(0)
    assert network.crc() == before


@pytest.mark.parametrize("fields", [{"drive_v": 0.0}, {"verify": -1}, {"verify": 0.5}])
def test_hardware_that_cannot_be_is_refused(fields):
    with pytest.raises(PhysicsError, match=next(iter(fields))):
        Hardware(**fields)


def test_the_same_seed_is_the_same_chip():
    hardware = Hardware(PRESETS["rram"], Periphery(amplifier_offset_v=0.01))
    crcs = []
    for seed in (0, 0, 1):
        network = AnalogNetwork.on(hardware)("6-5-3", seed)
        for n in range(20):
            network.learn(bytes([n, 50, 200, 7, 90, 13]), n % 3)
        crcs.append(network.crc())
    assert crcs[0] == crcs[1] != crcs[2]


def test_the_verbs_refuse_what_a_boards_do():
    """Catches a check that the chip lacks, or one that speaks otherwise: the board's own crossbar is the oracle."""
    chip, board = (network("3-4-2", model="resistive").crossbar for network in (AnalogNetwork, eqprop.Network))
    wrong = [
        ("settle", 5),
        ("settle", b"12"),
        ("settle", b"1234"),
        ("set_nudge", 2),
        ("set_nudge", -1),
        ("nudge", FREE),
    ]
    for verb, *arguments in [*wrong, ("set_rate_shift", 0, 0), ("set_rate_shift", 1, 25)]:
        said = []
        for crossbar in (chip, board):
            with pytest.raises((TypeError, ValueError)) as caught:
                getattr(crossbar, verb)(*arguments)
            said.append((caught.type, str(caught.value)))
        assert said[0] == said[1], verb


def test_outputs_beyond_their_targets_are_let_be():
    """As on a board: no loss, no current. Catches two-sided errors, and a loss of errors that are let be."""
    network = AnalogNetwork.on(IDEAL)("4-3")
    crossbar, (right, other) = network.crossbar, network.plan.targets
    network.infer(bytes(4))
    crossbar.voltages(1, FREE)[:] = right + 1, other, other - 1
    assert crossbar.set_nudge(0) == 0 and not any(crossbar.currents)
    crossbar.voltages(1, FREE)[:] = right - 64, other + 32, other - 1
    assert crossbar.set_nudge(0) == 4**2 + 2**2
    assert crossbar.currents[0] > 0 > crossbar.currents[1] and crossbar.currents[2] == 0


def test_a_sample_without_loss_changes_nothing_and_settles_once(monkeypatch):
    """The learner leaves out the nudged phases. Catches a loss that is none, or devices that move without a nudge."""
    network = AnalogNetwork.on(IDEAL)("4-3")
    monkeypatch.setattr(network.plan, "targets", (-32767, 32767))
    before = network.crc()
    network.learn(bytes([9, 8, 7, 6]), 1)
    assert (network.loss, network.crossbar.settles, network.sample) == (0, 1, 1) and network.crc() == before
