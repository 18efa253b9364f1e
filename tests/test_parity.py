"""One arithmetic everywhere: CPython, the emulator compiled by numba, and real MicroPython give the same bits."""

import runpy
import subprocess
from pathlib import Path

import pytest

import eqprop
from eqprop_sim import emulator

RUNTIME = Path(eqprop.__file__).parent.parent
PROGRAMS = Path(__file__).parent / "programs"
SHAPES = ["64-32-10", "2-8-2", "6-4-5-2", "5-3"]
SAMPLES, HALVE_EVERY = 200, 60


@pytest.fixture(scope="module")
def reference():
    """Return what programs/training.py reports on CPython with plain kernels: its lines for each shape."""
    report = runpy.run_path(str(PROGRAMS / "training.py"))["report"]
    return {layers: report(eqprop.Network, layers, SAMPLES, HALVE_EVERY) for layers in SHAPES}


def run(micropython, program, *arguments):
    """Run one of tests/programs under real MicroPython; return what it prints."""
    argv, environment = micropython.command(PROGRAMS / program, *arguments, path=[str(RUNTIME)])
    result = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=300)
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
    report = runpy.run_path(str(PROGRAMS / "training.py"))["report"]
    assert report(emulator.Network, layers, SAMPLES, HALVE_EVERY) == reference[layers]


@pytest.mark.parametrize("tier", ["viper", "plain"])
def test_micropython_gives_the_same_bits(reference, unix_micropython, tier):
    """The same 200 samples under real MicroPython. Catches: arithmetic that depends on the interpreter or the tier."""
    printed = run(unix_micropython, "training.py", tier, str(SAMPLES), str(HALVE_EVERY), *SHAPES)
    assert printed.splitlines() == [line for layers in SHAPES for line in reference[layers]]


@pytest.mark.parametrize("tier", ["viper", "plain"])
def test_learning_and_inferring_allocate_nothing(unix_micropython, tier):
    """With MicroPython's heap locked, over a halving of the rates. Catches: a list or a tuple made in any kernel."""
    printed = run(unix_micropython, "allocation.py", tier, *SHAPES)
    assert printed.splitlines() == [f"{layers} {layers.split('-')[-1]}" for layers in SHAPES]
