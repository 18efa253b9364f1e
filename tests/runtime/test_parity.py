"""One arithmetic everywhere: CPython, the emulator compiled by numba, and real MicroPython give the same bits."""

import runpy
from array import array

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import eqprop
from eqprop_host import datasets
from eqprop_sim.emulator import compiled_network
from eqprop_sim.sample_order import SampleOrder
from support.places import PROGRAMS
from support.surroundings import MODELS_OF_ASSEMBLERS, TIERS_OF_CORES
from support.tier_runs import printed, reported

# One crossbar; hidden layers of one node, of two and of odd sizes; lines in eights, in fours and what is left of them,
# with one node above; products and rates with each kind of shift
SIZES = ["64-32-10", "300-5-2", "3-40-2", "2-2", "1-1-1", "13-7", "9-20-5", "6-4-5-2", "3-1-1-2", "4-9-5-7-3-6"]
SIZES += ["9-17-5", "6-16-6-4", "3-15-11-2"]  # RISC-V: sixteen nodes, one more and one fewer; five above, likewise
SIZES_OF_MODELS = {
    "resistive": SIZES,
    "hopfield": [*SIZES, "5-70-3", "3-2-80-2", "10-17-1", "3-9-8-1"],
    "hopfield8": ["64-32-10", "6-4-5-2", "5-3", "10-17-1", "3-9-8-1", "1-1-1", "4-9-5-7-3-6", "5-70-3"],
    "differential": ["64-32-10", "6-4-5-2", "5-3", "9-41-7-6-3", "3-70-2"],
}
SHAPES = [f"{model}:{layers}" for model, sizes in SIZES_OF_MODELS.items() for layers in sizes]
# Changes of more than 16 bits, and by more than 16 bits
TRAINED = [*SHAPES, "resistive:9-8-4@2", "resistive:9-8-4@17", "hopfield:9-8-4@2"]
MACHINE_CODE_OF_CORES = [each for each in TIERS_OF_CORES if each[1] != "plain"]
LARGE = ("64-32-10", "300-5-2")  # takes an emulated core long without a compiled tier
SAMPLES = 60
RUN = (SAMPLES, 20, 5)  # samples, those until the rates are halved, seed


@pytest.fixture(scope="module")
def reference():
    """The reports of all shapes by plain kernels on CPython."""
    return {layers: reported(layers, *RUN) for layers in TRAINED}


def of_tier(tier, networks):
    """Return those of the networks whose model has the tier."""
    return [layers for layers in networks if layers.split(":")[0] in MODELS_OF_ASSEMBLERS.get(tier, SIZES_OF_MODELS)]


def test_training_changes_what_is_compared(reference):
    """Every line differs from the one before it: parity of networks that stand still would prove nothing."""
    with_a_choice = {layers: lines for layers, lines in reference.items() if not layers.endswith("-1")}
    for lines in with_a_choice.values():
        crcs = [line.split()[1] for line in lines]
        assert len(set(crcs)) == len(crcs) == 1 + SAMPLES // 20


@pytest.mark.parametrize(
    "layers",
    # Each number of layers is compiled for itself, which takes seconds
    [
        pytest.param(layers, marks=[pytest.mark.slow] if layers.startswith(("differential", "hopfield8")) else [])
        for layers in TRAINED
        if layers.count("-") < 4
    ],
)
def test_emulator_gives_the_same_bits(reference, layers):
    """Conductances, losses, answers and outputs of 60 training samples at three learning rates, compiled by numba.

    Catches: a type that wraps or widens otherwise, as int16 totals; a step of `_learn` left out.
    """
    assert reported(layers, *RUN, compiled_network.Network) == reference[layers]


@pytest.mark.parametrize("tier", ["viper", "plain"])
def test_micropython_gives_the_same_bits(reference, unix_micropython, tier):
    """The same under real MicroPython.

    Catches: arithmetic that depends on the interpreter or the tier, 64-bit words that are not cut.
    """
    assert printed(unix_micropython, "learning/training.py", tier, *RUN, *TRAINED) == [
        line for lines in reference.values() for line in lines
    ]


def test_a_port_without_a_threshold_for_garbage_gives_the_same_bits(unix_micropython):
    """The samd port has none. Catches: a runtime that cannot be imported there."""
    network = eqprop.Network("4-3-2")
    network.learn(bytes((90, 0, 90, 0)), 1)
    assert printed(unix_micropython, "faults/threshold.py") == [str(network.crc())]


@pytest.mark.parametrize(("emulated_board", "tier"), TIERS_OF_CORES, indirect=["emulated_board"])
def test_every_core_gives_the_same_bits(emulated_board, reference, tier):
    """The same on every emulated core.

    Catches: an instruction that the core has not; a limit, a shift or a sum that is wrong in either form of a kernel;
    a row, a node or an input too many or too few.
    """
    shapes = of_tier(tier, TRAINED) if tier != "plain" else [layers for layers in TRAINED if not layers.endswith(LARGE)]
    expected = [line for layers in shapes for line in reference[layers]]
    assert printed(emulated_board, "learning/training.py", tier, *RUN, *shapes) == expected


@pytest.mark.parametrize("tier", ["viper", "plain"])
def test_learning_and_inferring_allocate_nothing(unix_micropython, tier):
    """With MicroPython's heap locked, over a halving of the rates. Catches: a list or a tuple made in any kernel."""
    assert printed(unix_micropython, "cost/allocation.py", tier, *SHAPES) == [
        f"{layers} {layers.split('-')[-1]}" for layers in SHAPES
    ]


@pytest.mark.parametrize(("emulated_board", "tier"), MACHINE_CODE_OF_CORES, indirect=["emulated_board"])
def test_nothing_is_written_outside_the_arrays(emulated_board, tier):
    """With guards around each.

    Catches: a total for the bias rows; a list, a row, a copy or a random state that is one too long.
    """
    expected, shapes = [], of_tier(tier, SHAPES)
    for layers in shapes:
        model, sizes = layers.split(":")
        network = eqprop.Network(sizes, 1, 2, model)
        x = array("b", [100 - 30 * (i % 7) for i in range(network.layers[0])])
        for label in range(network.layers[-1]):
            network.learn(x, label)
        expected.append(f"{layers} {network.crc()}")
    assert printed(emulated_board, "cost/guards.py", tier, *shapes) == expected


def training(name):
    """Return a function of tests/programs, by the name of its module and its own: "training.report"."""
    module, function = name.split(".")
    return runpy.run_path(str(PROGRAMS / f"learning/{module}.py"))[function]


def random_networks(most_layers):
    """Return a strategy for two networks of each model, as small as they come and as odd."""
    sizes = st.lists(st.integers(1, 12), min_size=2, max_size=most_layers).map(lambda sizes: "-".join(map(str, sizes)))
    return st.tuples(*(sizes.map(f"{model}:".__add__) for model in SIZES_OF_MODELS for _ in range(2)))


RANDOM_NETWORKS = random_networks(5)
RANDOM_SEEDS = st.integers(0, 2**29)
FEW = settings(max_examples=2, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))


@given(random_networks(4), RANDOM_SEEDS)
@settings(max_examples=20)
@pytest.mark.slow
def test_emulator_gives_the_same_bits_on_random_networks(networks, seed):
    """Shapes, conductances and data at random. Catches what no chosen shape shows."""
    for layers in networks:
        assert reported(layers, 15, 5, seed, compiled_network.Network) == reported(layers, 15, 5, seed)


def check_random_networks(interpreter, tier, networks, seed):
    """Train random networks there, and on CPython's plain kernels: they print the same."""
    networks = of_tier(tier, networks)
    expected = [line for layers in networks for line in reported(layers, 15, 5, seed)]
    assert printed(interpreter, "learning/training.py", tier, 15, 5, seed, *networks) == expected


@FEW
@pytest.mark.parametrize("tier", ["viper", "plain"])
@given(networks=RANDOM_NETWORKS, seed=RANDOM_SEEDS)
def test_micropython_gives_the_same_bits_on_random_networks(unix_micropython, tier, networks, seed):
    """The same under real MicroPython. Catches a tier's slip in a shape that nobody thought of."""
    check_random_networks(unix_micropython, tier, networks, seed)


@FEW
@pytest.mark.parametrize(("emulated_board", "tier"), TIERS_OF_CORES, indirect=["emulated_board"])
@given(networks=RANDOM_NETWORKS, seed=RANDOM_SEEDS)
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
    assert printed(unix_micropython, "learning/digits.py", tier, file) == [str(crc)]


@pytest.mark.parametrize(("emulated_board", "tier"), MACHINE_CODE_OF_CORES, indirect=["emulated_board"])
def test_every_core_learns_the_digits_to_the_same_bits(emulated_board, digits, tier):
    file, crc = digits
    assert printed(emulated_board, "learning/digits.py", tier, file) == [str(crc)]
