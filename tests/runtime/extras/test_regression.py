"""Networks that learn numbers: the error's gradient, what they refuse, and that all interpreters agree."""

import itertools
import runpy
import subprocess
from array import array

import numpy as np
import pytest

import eqprop
from eqprop.crossbar import FREE
from eqprop.fixed import CURRENT_MAX
from eqprop_sim.emulator import compiled_network
from support.places import PROGRAMS, RUNTIME

PROGRAM = PROGRAMS / "learning/regressing.py"


MODELS = ("resistive", "hopfield", "differential")


def reported(build, models):
    """What networks of this type make of programs/learning/regressing.py."""
    program = runpy.run_path(str(PROGRAM))
    made = itertools.product(models, program["SHAPES"])
    return [line for model, layers in made for line in program["report"](build, layers, model)]


@pytest.fixture(scope="module", params=[("resistive", "hopfield"), ("differential",)], ids="-".join)
def models(request):
    """Models whose code a small board's heap can compile in one go."""
    return request.param


@pytest.fixture(scope="module")
def reference(models):
    """What CPython's plain kernels make of it."""
    return reported(eqprop.Network, models)


@pytest.mark.slow
def test_the_emulator_learns_the_same(reference, models):
    assert reported(compiled_network.Network, models) == reference


def printed(interpreter, tier, models):
    argv, environment = interpreter.command(PROGRAM, tier, *models, path=[str(RUNTIME)])
    done = subprocess.run(argv, env=environment, input="", capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.mark.parametrize("tier", ["viper", "plain"])
def test_micropython_learns_the_same_and_allocates_nothing(tier, reference, models, unix_micropython):
    """Catches: a current that no tier's nudge reads, a big integer on the heap."""
    assert printed(unix_micropython, tier, models) == reference


def test_boards_learn_the_same_and_allocate_nothing(emulated_board, reference, models):
    """Catches: a product beyond the small integers of a 32-bit board, machine code with currents of its own."""
    tier = "thumb" if emulated_board.cpu.startswith("cortex") else "viper"
    assert printed(emulated_board, tier, models) == reference


def regressing(layers, seed=0, halving=0, build=eqprop.Network, model="resistive"):
    network = build(layers, seed, halving, model)
    network.regress()
    return network


def test_the_displacement_is_the_error_on_either_side():
    """Of a hopfield network's outputs. Catches: one side alone, a sign, a displacement beyond the proven bounds."""
    network = regressing("3-4-2", 1, model="hopfield")
    network.predict(bytes((90, 30, 200)))
    circuit = network.crossbar.circuit
    for outputs in ([200, -700], [16383, -16383]):
        circuit.phases[FREE][1][:] = array("h", outputs)
        for targets in ((8 * outputs[0] & 0x7FFF, -3), (-32768, 32767), (32767, -32768)):
            loss = network.regression.set_nudge(array("i", targets))
            errors = [(target >> 3) - v for target, v in zip(targets, outputs, strict=True)]
            assert list(circuit.errors) == [max(-16383, min(16383, error)) for error in errors]
            assert loss == sum((error >> 4) ** 2 for error in errors)


@pytest.mark.parametrize("model", ["resistive", "differential"])
def test_the_nudge_is_the_error_on_either_side(model):
    """The current pulls to the target's voltage, an eighth of it, in proportion. Catches: one side alone, a sign."""
    network = regressing("3-4-2", 1, model=model)
    network.predict(bytes((90, 30, 200)))
    plan, currents = network.plan, network.crossbar.circuit.currents
    outputs = [int(v) for v in network.outputs]
    for targets in ((8 * outputs[0], 8 * outputs[1] + 640), (-9000, 12001), (32767, -32768)):
        loss = network.regression.set_nudge(array("i", targets))
        errors = [(target >> 3) - v for target, v in zip(targets, outputs, strict=True)]
        wanted = [(plan.beta * error) >> (plan.scales[-1] - 2) for error in errors]
        assert list(currents) == [max(-CURRENT_MAX, min(CURRENT_MAX, current)) for current in wanted]
        assert loss == sum((error >> 4) ** 2 for error in errors)


LEFT = {"resistive": 0.4, "hopfield": 0.15, "differential": 0.4}  # of the best linear map's error, by the median


@pytest.mark.parametrize("model", MODELS)
def test_it_learns_a_function_that_is_not_linear(model):
    """Two outputs of three features; of three seeds, one may get stuck, as differential networks of few nodes do.

    Catches: learning that stands still or runs away, a prediction of other units.
    """
    random = np.random.default_rng(0)
    x = random.integers(-127, 128, (600, 3)).astype(np.int8)
    u = x / 127
    t = np.stack([u[:, 0] * u[:, 1] - 0.3 * u[:, 2], np.abs(u[:, 2]) - 0.5], axis=1)
    target = np.round(30000 * t).astype(np.int16)
    found = []
    for seed in range(3):
        network = regressing("3-24-2", seed, 8 * 500, compiled_network.Network, model)
        for epoch in range(20):
            order = np.random.default_rng(epoch).permutation(500)
            network.learn_all(x[order], target[order])
        errors = np.array([np.array(network.predict(row), float) for row in x[500:]]) - target[500:]
        found.append(np.sqrt(np.mean(errors**2)))
    ones = np.c_[u, np.ones(600)]
    linear = target[500:] - ones[500:] @ np.linalg.lstsq(ones[:500], target[:500])[0]
    assert np.median(found) < LEFT[model] * np.sqrt(np.mean(linear**2))


@pytest.mark.parametrize("model", MODELS)
def test_steps_learn_what_learn_learns(model):
    """Catches a phase left out."""
    network, twin = regressing("3-4-2", model=model), regressing("3-4-2", model=model)
    for n in range(10):
        x, target = bytes((n, 9 * n, 255 - n)), (900 * n, -700 * n)
        for _ in network.learn_steps(x, target):
            pass
        twin.learn(x, target)
        assert (network.crc(), network.sample, network.loss) == (twin.crc(), n + 1, twin.loss)


@pytest.mark.parametrize("model", MODELS)
def test_a_checkpoint_keeps_that_numbers_are_learnt(model, tmp_path):
    """Catches a board that learns classes after a reset."""
    network = regressing("3-4-1", 2, model=model)
    for n in range(10):
        network.learn(bytes((n, 9 * n, 255 - n)), 3000 * n)
    assert network.save(str(tmp_path), force=True)
    again = eqprop.load("3-4-1", str(tmp_path))
    for each in (network, again):
        each.learn(bytes((5, 6, 7)), -32768)
    assert (again.crc(), again.sample) == (network.crc(), 11)
    assert list(again.predict(bytes(3))) == list(network.predict(bytes(3)))


RANGE = "is not a whole number in -32768..32767"


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        ((1, 40000), ValueError, f"target: 40000 {RANGE}"),
        ((-32769, 1), ValueError, f"target: -32769 {RANGE}"),
        ((1.5, 1), ValueError, f"target: 1.5 {RANGE}"),
        ((1,), ValueError, "target: 1 numbers for 2 outputs"),
        ((1, 2, 3), ValueError, "target: 3 numbers for 2 outputs"),
        (1, TypeError, "target: expected 2 int16, got int"),
        (None, TypeError, "target: expected 2 int16, got NoneType"),
        (b"ab", TypeError, "target: expected 2 int16, got bytes"),
        ("ab", TypeError, "target: expected 2 int16, got str"),
    ],
)
def test_a_target_that_is_none_is_refused_by_value(target, error, message):
    """And nothing is learnt. Catches: a number that wraps, a label taken for a number."""
    network = regressing("3-4-2")
    before = network.crc()
    with pytest.raises(error, match=f"^{message}$"):
        network.learn(bytes((9, 9, 9)), target)
    assert (network.sample, network.crc()) == (0, before)


def test_classes_and_numbers_are_not_mixed():
    """In one line each. Catches: a network that learns both."""
    network = eqprop.Network("3-4-2")
    with pytest.raises(ValueError, match="^predict: call regress first$"):
        network.predict(bytes(3))
    with pytest.raises(ValueError, match="^label: .* is not a whole number in 0..1$"):
        network.learn(bytes(3), array("h", [1, 2]))
    network.learn(bytes((9, 9, 9)), 1)
    with pytest.raises(ValueError, match="^regress: the network has learnt classes, or remembers them$"):
        network.regress()
    with pytest.raises(ValueError, match="^remember: the network learns numbers, not classes$"):
        regressing("3-4-2").remember(1000)
    remembers = eqprop.Network("3-4-2")
    remembers.remember(1000)
    with pytest.raises(ValueError, match="^regress: the network has learnt classes, or remembers them$"):
        remembers.regress()
