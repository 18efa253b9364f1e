"""The assembler's tier on every emulated Cortex-M core: CPython's bits, nothing allocated, bad input refused."""

import re
import runpy
import shutil
import subprocess
from array import array

import pytest

import eqprop
from eqprop_sim.emulated_board import qemu
from support.places import PROGRAMS, RUNTIME
from support.references.refusals import REFUSALS
from support.surroundings import obtained

# One crossbar; hidden layers of one node, of two and of odd sizes; products that are shifted and ones that are not
SIZES = ["64-32-10", "300-5-2", "3-40-2", "2-2", "1-1-1", "13-7", "9-20-5", "6-4-5-2", "3-1-1-2", "4-9-5-7-3-6"]
SHAPES = [f"{model}:{sizes}" for model in ("resistive", "hopfield") for sizes in SIZES]
SHAPES += ["hopfield:5-70-3", "hopfield:3-2-80-2"]
SAMPLES, LR_HALVING_SAMPLES, SEED = 60, 20, 5


@pytest.fixture(scope="module")
def reference():
    """Return what programs/learning/training.py reports on CPython with plain kernels, for all shapes."""
    report = runpy.run_path(str(PROGRAMS / "learning/training.py"))["report"]
    return [line for layers in SHAPES for line in report(eqprop.Network, layers, SAMPLES, LR_HALVING_SAMPLES, SEED)]


def run(board, program, *arguments):
    """Run one of tests/programs on a board; return the lines that it prints."""
    argv, environment = board.command(PROGRAMS / program, *arguments, path=[RUNTIME], heap_bytes=512 * 1024)
    result = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=300)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout.splitlines()


@pytest.mark.parametrize("tier", ["thumb", "viper"])
def test_every_core_gives_the_same_bits(reference, cortex_board, tier):
    """Conductances, losses, answers and outputs of 60 samples, at three learning rates.

    Catches: an instruction that the core has not; a limit, a shift or a sum that is wrong in either form of a kernel;
    a row, a node or an input too many or too few.
    """
    assert run(cortex_board, "learning/training.py", tier, SAMPLES, LR_HALVING_SAMPLES, SEED, *SHAPES) == reference


def test_the_assembler_is_in_use_from_the_start(cortex_board):
    assert run(cortex_board, "faults/refusals.py")[0] == "thumb"


def test_nothing_is_allocated(cortex_board):
    """With the heap locked. Catches: a kernel that returns an address, which makes a big integer."""
    printed = run(cortex_board, "cost/allocation.py", "thumb", *SHAPES)
    assert printed == [f"{layers} {layers.split('-')[-1]}" for layers in SHAPES]


def test_what_it_must_not_touch_is_refused(cortex_board):
    """Catches: a kernel that reads past a short buffer, or takes a number for an address."""
    _, *refusals = run(cortex_board, "faults/refusals.py", "thumb")
    assert refusals == REFUSALS


@pytest.mark.parametrize("tier", ["thumb", "viper"])
def test_nothing_is_written_outside_the_arrays(cortex_board, tier):
    """With guards around each. Catches: a total for the bias rows; a list, a row or a copy that is one too long."""
    expected = []
    for layers in SHAPES:
        model, _, sizes = layers.rpartition(":")
        network = eqprop.Network(sizes, 1, 2, model or None)
        x = array("b", [100 - 30 * (i % 7) for i in range(network.layers[0])])
        for label in range(network.layers[-1]):
            network.learn(x, label)
        expected.append(f"{layers} {network.crc()}")
    assert run(cortex_board, "cost/guards.py", tier, *SHAPES) == expected


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m3"])
def test_no_more_instructions_than_c(core, tmp_path):
    """300 samples learnt by a network, interpreter and all, and by the same steps in C at -O2: the same bits.

    Catches: what makes a verb or a kernel slower than a compiler's.
    """
    compiler = shutil.which("arm-none-eabi-gcc")
    if not compiler:
        pytest.skip("needs a C compiler for Arm: install gcc-arm-none-eabi (apt)")
    program, code = tmp_path / "step.elf", tmp_path / "step.bin"
    options = [f"-mcpu={core}", "-mthumb", "-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-nostdlib"]
    link = ["-Wl,-Ttext=0,-e,learn", "-o", program, PROGRAMS / "cost/step.c", "-lgcc"]
    subprocess.run([compiler, *options, *link], check=True)
    subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", "-j", ".text", program, code], check=True)
    symbols = subprocess.run(["arm-none-eabi-nm", program], check=True, capture_output=True, text=True).stdout
    (offset,) = re.findall(r"^(\w+) T learn$", symbols, re.MULTILINE)
    board = obtained(qemu.obtain, core)
    lines = run(board, "cost/compiled.py", code, int(offset, 16), "64-32-10", 300)
    (assembler, crc), (compiled, compiled_crc) = ([int(word) for word in line.split()] for line in lines)
    assert crc == compiled_crc
    assert assembler <= compiled


@pytest.mark.parametrize(
    ("core", "tier", "most"),
    [("cortex-m0", "thumb", 3.3e6), ("cortex-m3", "thumb", 2.4e6), ("cortex-m0", "viper", 3.8e6)],
)
def test_a_network_is_built_in_few_instructions(core, tier, most):
    """64-32-10, on a heap of 512 KB: at most a tenth of a second on a Pico.

    Catches: a draw on big integers, sums of conductances in bytecode, arrays that a generator fills item by item, a
    count of all free bytes.
    """
    in_use, line = run(obtained(qemu.obtain, core), "cost/building.py", tier, "64-32-10")
    layers, instructions, crc = line.split()
    assert (in_use, layers, int(crc)) == (tier, "64-32-10", eqprop.Network("64-32-10").crc())
    assert 1.0e6 < int(instructions) <= most


@pytest.mark.parametrize("tier", ["thumb", "viper"])
@pytest.mark.parametrize("network", ["8-8-4", "hopfield:8-8-4", "differential:8-8-4"])
def test_a_full_heap_slows_no_sample_down(tier, network):
    """Catches a function on the way whose frame is taken from the heap: finding room there takes up to 20,000 more."""
    before, later = run(obtained(qemu.obtain, "cortex-m3"), "cost/frames.py", tier, network)
    assert before == later
