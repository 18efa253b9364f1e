"""One arithmetic everywhere, for the differential network: every tier, interpreter and core gives the same bits."""

import runpy
import subprocess

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import eqprop
from eqprop_sim.emulator import compiled_network
from support.places import PROGRAMS, RUNTIME
from support.surroundings import TIERS_OF_CORES

# With groups of four nodes and what is left of them; the shifts that ARMv7-M has loops of its own for, and others
SHAPES = [f"differential:{layers}" for layers in ("64-32-10", "6-4-5-2", "5-3", "9-41-7-6-3", "3-70-2")]
SAMPLES, LR_HALVING_SAMPLES, SEED = 60, 25, 5


def report(layers, samples=SAMPLES, halving=LR_HALVING_SAMPLES, seed=SEED, network=eqprop.Network):
    """Return what programs/learning/training.py prints on CPython with plain kernels, or with `network`."""
    return runpy.run_path(str(PROGRAMS / "learning/training.py"))["report"](network, layers, samples, halving, seed)


@pytest.fixture(scope="module")
def reference():
    return [line for layers in SHAPES for line in report(layers)]


def run(micropython, program, *arguments):
    """Run one of tests/programs under real MicroPython; return its lines."""
    # With room to compile two models' assembler from its source; boards get it compiled
    argv, environment = micropython.command(PROGRAMS / program, *arguments, path=[str(RUNTIME)], heap_bytes=500000)
    result = subprocess.run(argv, env=environment, input="", capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def test_emulator_gives_the_same_bits(reference):
    """Catches: a type that wraps or widens otherwise, a step of `_learn` left out."""
    assert [line for layers in SHAPES for line in report(layers, network=compiled_network.Network)] == reference
    assert len({line.split()[1] for line in reference}) == len(reference)


@pytest.mark.parametrize("tier", ["viper", "plain"])
def test_micropython_gives_the_same_bits(reference, unix_micropython, tier):
    """Catches: arithmetic that depends on the interpreter or the tier, 64-bit words that are not cut."""
    assert run(unix_micropython, "learning/training.py", tier, SAMPLES, LR_HALVING_SAMPLES, SEED, *SHAPES) == reference


@pytest.mark.parametrize("tier", ["viper", "plain"])
def test_learning_and_inferring_allocate_nothing(unix_micropython, tier):
    """With MicroPython's heap locked. Catches: a list or a tuple made in any kernel."""
    printed = run(unix_micropython, "cost/allocation.py", tier, *SHAPES[:3])
    assert printed == [f"{layers} {layers.split('-')[-1]}" for layers in SHAPES[:3]]


@pytest.mark.parametrize(("emulated_board", "tier"), TIERS_OF_CORES, indirect=["emulated_board"])
def test_every_core_gives_the_same_bits(emulated_board, reference, tier):
    """Catches: a slip in one core's loops, a rate below 15 that ARMv7-M's pairs cannot hold."""
    assert run(emulated_board, "learning/training.py", tier, SAMPLES, LR_HALVING_SAMPLES, SEED, *SHAPES) == reference


RANDOM_NETWORKS = st.lists(
    st.lists(st.integers(1, 12), min_size=2, max_size=5).map(lambda sizes: "differential:" + "-".join(map(str, sizes))),
    min_size=4,
    max_size=4,
)


@settings(max_examples=4, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
@pytest.mark.parametrize(
    ("emulated_board", "tier"), [("cortex-m0", "thumb"), ("cortex-m3", "thumb")], indirect=["emulated_board"]
)
@given(networks=RANDOM_NETWORKS, seed=st.integers(0, 2**29))
def test_the_assembler_gives_the_same_bits_on_random_networks(emulated_board, tier, networks, seed):
    """Catches: a slip in a shape that nobody thought of."""
    expected = [line for layers in networks for line in report(layers, 15, 5, seed)]
    assert run(emulated_board, "learning/training.py", tier, 15, 5, seed, *networks) == expected
