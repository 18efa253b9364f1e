"""One arithmetic everywhere: CPython, the emulator compiled by numba, and real MicroPython give the same bits."""

import runpy
import subprocess

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

import eqprop
from eqprop_host import datasets
from eqprop_sim.emulator import compiled_network
from eqprop_sim.sample_order import SampleOrder
from support.places import PROGRAMS, RUNTIME
from support.surroundings import TIERS_OF_CORES

SHAPES = ["64-32-10", "2-8-2", "6-4-5-2", "5-3"]
SHAPES = [f"{model}:{layers}" for model in ("hopfield", "resistive") for layers in SHAPES]
SAMPLES, LR_HALVING_SAMPLES, SEED = 200, 60, 5


@pytest.fixture(scope="module")
def reference():
    """Return what programs/learning/training.py reports on CPython with plain kernels: its lines for each shape."""
    report = runpy.run_path(str(PROGRAMS / "learning/training.py"))["report"]
    return {layers: report(eqprop.Network, layers, SAMPLES, LR_HALVING_SAMPLES, SEED) for layers in SHAPES}


def run(micropython, program, *arguments):
    """Run one of tests/programs under real MicroPython; return what it prints."""
    argv, environment = micropython.command(PROGRAMS / program, *arguments, path=[str(RUNTIME)])
    result = subprocess.run(argv, env=environment, input="", capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_training_changes_what_is_compared(reference):
    """Every line differs from the one before it: parity of networks that stand still would prove nothing."""
    for lines in reference.values():
        crcs = [line.split()[1] for n, line in enumerate(lines)]
        assert len(set(crcs)) == len(crcs) == 1 + SAMPLES // 20


@pytest.mark.parametrize("layers", SHAPES)
def test_emulator_gives_the_same_bits(reference, layers):
    """Conductances, losses, answers and outputs of 200 training samples, compiled by numba.

    Catches: a type that wraps or widens otherwise, as int16 totals; a step of `_learn` left out.
    """
    report = runpy.run_path(str(PROGRAMS / "learning/training.py"))["report"]
    assert report(compiled_network.Network, layers, SAMPLES, LR_HALVING_SAMPLES, SEED) == reference[layers]


@pytest.mark.parametrize("tier", ["viper", "plain"])
def test_micropython_gives_the_same_bits(reference, unix_micropython, tier):
    """The same 200 samples under real MicroPython. Catches: arithmetic that depends on the interpreter or the tier."""
    printed = run(unix_micropython, "learning/training.py", tier, SAMPLES, LR_HALVING_SAMPLES, SEED, *SHAPES)
    assert printed.splitlines() == [line for layers in SHAPES for line in reference[layers]]


@pytest.mark.parametrize("tier", ["viper", "plain"])
def test_learning_and_inferring_allocate_nothing(unix_micropython, tier):
    """With MicroPython's heap locked, over a halving of the rates. Catches: a list or a tuple made in any kernel."""
    printed = run(unix_micropython, "cost/allocation.py", tier, *SHAPES)
    assert printed.splitlines() == [f"{layers} {layers.split('-')[-1]}" for layers in SHAPES]


def training(name):
    """Return a function of tests/programs, by the name of its module and its own: "training.report"."""
    module, function = name.split(".")
    return runpy.run_path(str(PROGRAMS / f"learning/{module}.py"))[function]


# As small as they come, and as odd
SIZES = st.lists(st.integers(1, 12), min_size=2, max_size=5).map(lambda sizes: "-".join(map(str, sizes)))
MODELS = st.sampled_from(("resistive:", "hopfield:"))
RANDOM_NETWORKS = st.lists(st.tuples(MODELS, SIZES).map("".join), min_size=4, max_size=4)
RANDOM_SEEDS = st.integers(0, 2**29)
FEW = settings(max_examples=4, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck))


@given(RANDOM_NETWORKS, RANDOM_SEEDS)
@settings(max_examples=20)
@pytest.mark.slow
def test_emulator_gives_the_same_bits_on_random_networks(networks, seed):
    """Shapes, conductances and data at random. Catches what no chosen shape shows."""
    report = training("training.report")
    for layers in networks:
        lines = [report(build, layers, 15, 5, seed) for build in (eqprop.Network, compiled_network.Network)]
        assert lines[0] == lines[1]


def check_random_networks(interpreter, tier, networks, seed):
    """Train random networks there, and on CPython's plain kernels: they print the same."""
    printed = run(interpreter, "learning/training.py", tier, 15, 5, seed, *networks).splitlines()
    report = training("training.report")
    assert printed == [line for layers in networks for line in report(eqprop.Network, layers, 15, 5, seed)]


@FEW
@pytest.mark.parametrize("tier", ["viper", "plain"])
@given(networks=RANDOM_NETWORKS, seed=RANDOM_SEEDS)
def test_micropython_gives_the_same_bits_on_random_networks(unix_micropython, tier, networks, seed):
    """The same under real MicroPython. Catches a tier's slip in a shape that nobody thought of."""
    check_random_networks(unix_micropython, tier, networks, seed)


@FEW
@pytest.mark.parametrize(("emulated_board", "tier"), TIERS_OF_CORES, indirect=["emulated_board"])
@given(networks=RANDOM_NETWORKS, seed=RANDOM_SEEDS)
@example(networks=["hopfield:10-17-1", "hopfield:3-9-8-1"], seed=7)  # lines in eights, and one node above them
def test_every_core_gives_the_same_bits_on_random_networks(emulated_board, tier, networks, seed):
    """The same on every emulated core."""
    check_random_networks(emulated_board, tier, networks, seed)


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A file of 500 training samples of the digits, and the conductances' CRC that CPython's plain kernels come to."""
    data = datasets.prepare(datasets.load("digits"), seed=0)
    order = SampleOrder.shuffled(len(data.train_y), 0).epoch(0)[:500]
    rows = b"".join(data.train_x[n].tobytes() + bytes([data.train_y[n]]) for n in order)
    file = tmp_path_factory.mktemp("digits") / "digits.bin"
    file.write_bytes(rows)
    return file, training("digits.train")(eqprop.Network("64-32-10", 0, 200), rows)


def test_emulator_learns_the_digits_to_the_same_bits(digits):
    file, crc = digits
    assert training("digits.train")(compiled_network.Network("64-32-10", 0, 200), file.read_bytes()) == crc


@pytest.mark.parametrize("tier", ["viper", "plain"])
def test_micropython_learns_the_digits_to_the_same_bits(unix_micropython, digits, tier):
    file, crc = digits
    assert run(unix_micropython, "learning/digits.py", tier, file) == f"{crc}\n"


MACHINE_CODE_OF_CORES = [each for each in TIERS_OF_CORES if each[1] != "plain"]


@pytest.mark.parametrize(("emulated_board", "tier"), MACHINE_CODE_OF_CORES, indirect=["emulated_board"])
def test_every_core_learns_the_digits_to_the_same_bits(emulated_board, digits, tier):
    file, crc = digits
    assert run(emulated_board, "learning/digits.py", tier, file) == f"{crc}\n"
