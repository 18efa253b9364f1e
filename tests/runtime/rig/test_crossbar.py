"""`RigCrossbar` on simulated chips: the contract's laws, what it reads and writes, power cuts, faults; it learns."""

import random
import subprocess
from dataclasses import replace

import numpy as np
import pytest

import eqprop
from eqprop.crossbar import FREE, MINUS, PLUS
from eqprop.rig.calibration import Calibration
from eqprop.rig.planning import OHM_STEPS, RigPlan
from eqprop_host.errors import BoardError
from eqprop_host.training.run import RunConfig, train
from eqprop_sim.rig.assembly import assemble
from eqprop_sim.rig.bench import PERFECT, Spread
from support.boards.faulty_line import Line, connect
from support.places import PROGRAMS, RUNTIME

XOR = [(bytes((a & 255, b & 255)), int(a != b)) for a in (-127, 127) for b in (-127, 127)]
QUIET = Spread(noise=0)


def nudged(crossbar, x, label):
    """Take a crossbar through all phases of a sample; return the loss."""
    crossbar.settle(x)
    loss = crossbar.set_nudge(label)
    crossbar.nudge(PLUS)
    crossbar.nudge(MINUS)
    return loss


def steps(crossbar):
    """Return all conductances as one array."""
    return np.concatenate([np.array(crossbar.conductances(c)) for c in range(len(crossbar.plan.shapes))]).astype(int)


@pytest.mark.parametrize(("converter", "code"), [("ads1115", 6.25), ("mcp3208", 122.07), ("ads8688", 7.8125)])
def test_it_reads_what_the_circuit_has(converter, code):
    """Within a code of the converter, in each phase. Catches a node on another channel, a voltage of another unit."""
    bench, crossbar = assemble("2-4-2", 1, PERFECT, converter)
    x, label = XOR[1]
    crossbar.settle(x)
    crossbar.set_nudge(label)
    for phase in (PLUS, MINUS):
        crossbar.nudge(phase)
        volts = 1e5 * np.array(bench.settled())
        assert np.abs(np.array(crossbar._v[phase]) - volts).max() <= code
        shown = np.concatenate([crossbar.voltages(layer, phase) for layer in (1, 2)])
        assert np.abs(shown - np.clip(volts, -32767, 32767)).max() <= code


def test_a_nudge_is_nortons_current():
    """80 uS times the error, beside a conductance that is always there. Catches another resistor, sign or factor."""
    bench, crossbar = assemble("2-4-2", 1, PERFECT)
    x, label = XOR[0]
    crossbar.settle(x)
    free = np.array(bench.settled())
    crossbar.set_nudge(label)
    target = np.where(np.arange(2) == label, 0.2, 0.0)
    error = target - free[4:]
    error[(error < 0) == (np.arange(2) == label)] = 0
    crossbar.nudge(PLUS)
    into = list(bench._into)
    crossbar.settle(x)
    assert np.array(into)[4:] - np.array(bench._into)[4:] == pytest.approx(8e-5 * error, abs=8e-8)


def measured_loss(crossbar, x, label):
    """Return half the squared error as the learner sees it, by the mean of readings, volts squared."""
    crossbar.settle(x)
    output = np.array(crossbar._v[FREE][-crossbar.classes :], float)
    for _ in range(15):
        crossbar.settle(x)
        output += crossbar._v[FREE][-crossbar.classes :]
    target = np.where(np.arange(crossbar.classes) == label, crossbar.plan.targets[0], 0)
    error = target - output / 16
    error[(error < 0) == (np.arange(crossbar.classes) == label)] = 0
    return (error**2).sum() / 2e10


@pytest.mark.parametrize("seed", range(3))
def test_the_change_is_minus_the_gradient_of_the_measured_loss(seed):
    """Correlation >= 0.99 with finite differences of the loss that the converters read, each device by its wiper.

    Catches a sign, a row pair that is swapped, a node whose voltage is another's.
    """
    bench, crossbar = assemble("2-4-2", seed, Spread(), "ads1115", reads=4)
    assert Calibration(crossbar).run() == []
    x, label = XOR[seed]
    nudged(crossbar, x, label)
    before = steps(crossbar)
    for c in (0, 1):
        crossbar.set_rate_shift(c, 12)
    plan = crossbar.plan
    limits, plan.g_min, plan.g_max = (plan.g_min, plan.g_max), 1, 65535
    for c in (0, 1):
        for i in range(len(crossbar._g[c])):
            crossbar._g[c][i] = 30000
    crossbar.parts.write = lambda n, code: None
    crossbar.program()
    del crossbar.parts.write
    change = steps(crossbar) - 30000
    plan.g_min, plan.g_max = limits
    gradient = []
    for n in range(crossbar.layout.devices):
        code = crossbar.code(n, before[n])
        low, high = max(1, code - max(1, code // 16)), min(256, code + max(1, code // 16))
        losses, siemens = [], []
        for each in (low, high):
            crossbar.parts.write(n, each)
            losses.append(measured_loss(crossbar, x, label))
            siemens.append(1 / (crossbar.end_ohm + crossbar.pot_ohm[n] * each / 256))
        crossbar.parts.write(n, code)
        gradient.append((losses[1] - losses[0]) / (siemens[1] - siemens[0]))
    assert np.corrcoef(change, -np.array(gradient))[0, 1] > 0.99


@pytest.mark.parametrize(
    ("converter", "shadow"), [("ads1115", True), ("mcp3208", True), ("ads8688", True), ("ads1115", False)]
)
def test_it_learns_and_is_kept(converter, shadow, tmp_path):
    """Exclusive-or in 60 epochs, in `eqprop.Network`; saved, and loaded into parts without power for a while."""
    bench, crossbar = assemble("2-4-2", 3, Spread(), converter, shadow=shadow)
    assert Calibration(crossbar).run() == []
    network = eqprop.Network("2-4-2", seed=3, crossbar=crossbar)
    order = random.Random(3)
    for _ in range(60):
        for n in order.sample(range(4), 4):
            network.learn(*XOR[n])
    assert [network.infer(x) for x, _ in XOR] == [label for _, label in XOR]
    network.inspect()
    kept, crc = steps(crossbar), network.crc()
    assert network.save(str(tmp_path))
    bench.power_up()
    if shadow:
        assert [network.infer(x) for x, _ in XOR] != [label for _, label in XOR]
    again = eqprop.load("2-4-2", str(tmp_path), crossbar=crossbar)
    assert again.sample == 240
    assert np.abs(steps(crossbar) - kept).max() <= (0 if shadow else 2) and (not shadow or again.crc() == crc)
    assert [again.infer(x) for x, _ in XOR] == [label for _, label in XOR]


def test_a_free_phase_reads_the_outputs_alone():
    """A conversion of each output, and none of a hidden node. Catches a program that reads what it does not need."""
    bench, crossbar = assemble("2-4-2", 1)
    started = []
    for chip, part in enumerate(bench.converters):
        part._input = lambda channel, chip=chip: started.append((chip, channel)) or 2.5
    crossbar.settle(XOR[0][0])
    assert [each for each in started if each[1] != 3] == [crossbar.layout.node(4), crossbar.layout.node(5)]
    with pytest.raises(ValueError, match="^layer: 1 is not read in the free phase$"):
        crossbar.voltages(1, FREE)
    assert len(crossbar.voltages(2, FREE)) == 2


def test_only_wipers_whose_code_changes_are_written():
    bench, crossbar = assemble("2-4-2", 1)
    nudged(crossbar, *XOR[1])
    codes, before = [code for pot in bench.pots for code in pot.codes], sum(pot.writes for pot in bench.pots)
    crossbar.program()
    now = [code for pot in bench.pots for code in pot.codes]
    changed = sum(a != b for a, b in zip(codes, now, strict=True))
    assert 0 < changed < 36
    assert sum(pot.writes for pot in bench.pots) - before == changed


def test_without_a_shadow_a_wiper_steps_as_much_on_average():
    """Over many programs from the same codes. Catches rounding that is biased, a scale of another part's."""
    bench, crossbar = assemble("2-4-2", 1, QUIET, shadow=False)
    _, exact = assemble("2-4-2", 1, QUIET)
    for each in (crossbar, exact):
        for c in (0, 1):
            each.set_rate_shift(c, 18)
        nudged(each, *XOR[1])
    codes = [list(pot.codes) for pot in bench.pots]
    total = np.zeros(36)
    for _ in range(400):
        crossbar.program()
        for n in range(36):
            chip, wiper = crossbar.layout.device(n)
            total[n] += bench.pots[chip].codes[wiper] - codes[chip][wiper]
            bench.pots[chip].set(wiper, codes[chip][wiper])
    # The same change in steps, by how many steps a code is there
    exact.set_rate_shift(0, 12)
    exact.set_rate_shift(1, 12)
    before = steps(exact)
    exact.plan.g_min, exact.plan.g_max = 1, 65535
    for c in (0, 1):
        for i in range(len(exact._g[c])):
            exact._g[c][i] = 30000
    exact.parts.write = lambda n, code: None
    exact.program()
    wanted = -(steps(exact) - 30000) / 64 * (256 * OHM_STEPS / 50000) / before.astype(float) ** 2
    at_an_end = np.array([code in (1, 256) for pot in codes for code in pot])
    free = ~at_an_end
    assert np.abs(total / 400 - wanted)[free].max() < 0.12
    assert np.corrcoef(total[free], wanted[free])[0, 1] > 0.98


def test_power_cut_between_any_two_frames_is_mended_by_a_refresh():
    """Wipers at half of the scale, sources at another reference. Catches a refresh that trusts what it wrote before."""
    bench, crossbar = assemble("2-4-2", 2, QUIET)
    start = bench.frames
    nudged(crossbar, *XOR[1])
    crossbar.program()
    frames = bench.frames - start
    assert frames > 40
    crossbar.settle(XOR[1][0])
    driven = list(bench._source)
    for cut in range(frames):
        bench, crossbar = assemble("2-4-2", 2, QUIET)
        bench.cut_at = bench.frames + cut
        try:
            nudged(crossbar, *XOR[1])
            crossbar.program()
        except OSError:
            pass  # a converter at its rail, or asked before it was done
        crossbar.refresh()
        for n, g in enumerate(steps(crossbar)):
            chip, wiper = crossbar.layout.device(n)
            assert bench.pots[chip].codes[wiper] == crossbar.code(n, g), cut
        crossbar.settle(XOR[1][0])
        assert bench._source == pytest.approx(driven, abs=0.01), cut


def test_codes_and_steps_are_inverse():
    """A conductance that is restored from a wiper's code gives that code again, for any potentiometer."""
    _, crossbar = assemble("2-4-2", 1)
    for ohm in (38000, 50000, 61000):
        crossbar.pot_ohm[5] = ohm
        for code in range(1, 257):
            g = crossbar.steps(5, code)
            if crossbar.plan.g_min < g < crossbar.plan.g_max:
                assert crossbar.code(5, g) == code


def broken(fault, **how):
    bench, crossbar = assemble("2-4-2", 1, QUIET, **how)
    fault(bench)
    return crossbar


@pytest.mark.parametrize(
    ("fault", "act", "message"),
    [
        (
            lambda bench: bench.pots[4].stuck.add(1),
            lambda crossbar: (crossbar.restore(0, 9, b"\x00\x10"), crossbar.refresh()),
            r"^U5 MCP4251 P1B-P1W \(X1N to H1_1\): wrote \d+, read \d+: check its chip select and supply$",
        ),
        (
            lambda bench: bench.nacks.update({0x61: 1}),
            lambda crossbar: crossbar.refresh(),
            r"^U22 MCP4728: no answer at I2C address 61, check its SDA, SCL and supply$",
        ),
        (
            lambda bench: bench.dead.add("U19"),
            lambda crossbar: crossbar.settle(XOR[0][0]),
            r"^U19 ADS1115: no answer at I2C address 48, check its SDA, SCL, ADDR and supply$",
        ),
        (
            lambda bench: bench.reading_v.__setitem__(5, 2.4),
            lambda crossbar: crossbar.settle(XOR[0][0]),
            r"^U20 ADS1115 AIN2 \(Y1\): reads 32767, its rail: check the node's wiring, Vmid and the supply$",
        ),
    ],
    ids=["stuck", "nack", "dead", "rail"],
)
def test_what_is_broken_is_named_by_chip_and_pin(fault, act, message):
    crossbar = broken(fault)
    with pytest.raises(OSError, match=message):
        act(crossbar)


def test_as_many_bad_devices_as_allowed_are_learnt_around():
    """Catches a refresh that stops at the first: the wipers behind it would keep what they had."""
    bench, crossbar = assemble("2-4-2", 1, QUIET, bad_max=1)
    bench.pots[0].stuck.add(0)
    bench.pots[0].codes[0] = 77
    crossbar.refresh()
    assert crossbar.bad == [0]
    bench.pots[17].stuck.add(1)
    bench.pots[17].codes[1] = 78
    with pytest.raises(OSError, match="^U18 MCP4251 P1B-P1W"):
        crossbar.refresh()
    assert crossbar.bad == [0, 35]


def test_arguments_are_checked():
    _, crossbar = assemble("2-4-2", 1)
    with pytest.raises(ValueError, match="^x: 3 features for 2 inputs$"):
        crossbar.settle(bytes(3))
    with pytest.raises(ValueError, match="^label: 2 is not a whole number in 0..1$"):
        crossbar.set_nudge(2)
    with pytest.raises(ValueError, match="^phase: 0 is not 1 or 2$"):
        crossbar.nudge(FREE)
    with pytest.raises(ValueError, match="^restore: conductance 3 is not in 945..32767$"):
        crossbar.restore(0, 0, b"\x03\x00")
    with pytest.raises(ValueError, match=r"^parts: are laid out for \(2, 4, 2\), the plan is for \(2, 5, 2\)$"):
        type(crossbar)(RigPlan("2-5-2"), crossbar.parts)
    with pytest.raises(ValueError, match=r"^target: 0 is not in 1\.\.32767$"):
        RigPlan("2-4-2", target=0)


def test_a_host_trains_and_logs_it(tmp_path):
    """Through a service, as `eqprop train --log` does. Catches conductances that the host takes for impossible."""

    def build(layers, *given):
        bench, crossbar = assemble(layers, 1, Spread())
        assert Calibration(crossbar).run() == []
        return eqprop.Network(layers, *given, crossbar=crossbar)

    config = RunConfig(data="xor", hidden="4", epochs=6, seed=100)
    with pytest.raises(BoardError, match="model: expected resistive, as the crossbar is, got hopfield"):
        train(config, board=connect(Line(build=build)))
    config = replace(config, model="resistive")
    result = train(config, board=connect(Line(build=build)), log=tmp_path / "run.jsonl")
    assert result.training_samples == 6 * len(result.data.train_y)
    assert result.test_error_percent == 0
    assert len(result.conductance_crc) == 8


@pytest.mark.parametrize(("converter", "printed"), [("ads1115", "1683bb40 2518569"), ("mcp3208", "84f6c19a 1354896")])
def test_learning_allocates_nothing_and_gives_the_same_bits(converter, printed, unix_micropython, cortex_m3):
    """With the heap locked, on 64 and on 32 bits. Catches an iterator in a loop, a number of more than 31 bits."""
    for interpreter in (unix_micropython, cortex_m3):
        argv, environment = interpreter.command(
            PROGRAMS / "learning/rig.py", converter, heap_bytes=256 * 1024, path=[RUNTIME]
        )
        done = subprocess.run(argv, env=environment, input="", capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert done.stdout == printed + "\n"
