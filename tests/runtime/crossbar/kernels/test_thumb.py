"""The assembler on every emulated Cortex-M core: in use, nothing allocated, bad input refused, few instructions."""

import pytest

import eqprop
from eqprop_sim.emulated_board import qemu
from support import compiled_c
from support.references.refusals import REFUSALS
from support.surroundings import obtained
from support.tier_runs import printed

SHAPES = ["resistive:64-32-10", "resistive:6-4-5-2", "hopfield:64-32-10", "hopfield:3-1-1-2"]
SHAPES += ["hopfield8:6-4-5-2", "differential:6-4-5-2"]
HEAP_BYTES = 512 * 1024  # on which instructions depend


def test_the_assembler_is_in_use_from_the_start(cortex_board):
    assert printed(cortex_board, "faults/refusals.py")[0] == "thumb"


def test_nothing_is_allocated(cortex_board):
    """With the heap locked. Catches: a kernel that returns an address, which makes a big integer."""
    expected = [f"{layers} {layers.split('-')[-1]}" for layers in SHAPES]
    assert printed(cortex_board, "cost/allocation.py", "thumb", *SHAPES) == expected


def test_what_it_must_not_touch_is_refused(cortex_board):
    """Catches: a kernel that reads past a short buffer, or takes a number for an address."""
    _, *refusals = printed(cortex_board, "faults/refusals.py", "thumb")
    assert refusals == REFUSALS


@pytest.mark.parametrize(
    ("core", "model"),
    [
        *(
            ("cortex-m0", "resistive"),
            ("cortex-m3", "resistive"),
            ("cortex-m3", "hopfield"),
            ("cortex-m4", "resistive"),
            ("cortex-m4", "hopfield"),
        ),
        *(("rv32", "resistive"), ("rv32", "hopfield")),
    ],
)
def test_no_more_instructions_than_c(core, model):
    """100 samples learnt by a network, by its kernel alone, and by the best C of the same steps: the same bits.

    Catches: what makes a verb, a kernel or the interpreter's part slower than a compiler's code and its call.
    """
    if not compiled_c.compiler(core):
        pytest.skip("needs a C compiler: install gcc-arm-none-eabi or gcc-riscv64-unknown-elf (apt)")
    measured = compiled_c.counted(core, ["-O2"], model, "64-32-10", 100)
    (network, crc), (kernel, kernel_crc), (compiled, compiled_crc), (call, _) = measured
    assert crc == kernel_crc == compiled_crc
    assert kernel < compiled and kernel < network
    assert 0 < call < 100 * 500
    assert network <= compiled + call


@pytest.mark.parametrize(
    ("core", "tier", "most"),
    [("cortex-m0", "thumb", 1.4e6), ("cortex-m3", "thumb", 1.04e6), ("cortex-m0", "viper", 1.8e6)],
)
def test_a_network_is_built_in_few_instructions(core, tier, most):
    """64-32-10, on a heap of 512 KB: at most a tenth of a second on a Pico.

    Catches: a draw on big integers, sums of conductances in bytecode, arrays that a generator fills item by item, those
    that no kernel reads, a count of all free bytes.
    """
    in_use, line = printed(obtained(qemu.obtain, core), "cost/building.py", tier, "64-32-10", heap_bytes=HEAP_BYTES)
    layers, instructions, crc = line.split()
    assert (in_use, layers, int(crc)) == (tier, "64-32-10", eqprop.Network("64-32-10").crc())
    assert 0.5e6 < int(instructions) <= most


@pytest.mark.parametrize("tier", ["thumb", "viper"])
@pytest.mark.parametrize("network", ["8-8-4", "hopfield:8-8-4", "differential:8-8-4", "hopfield8:8-8-4"])
def test_a_full_heap_slows_no_sample_down(cortex_m3, tier, network):
    """Catches a function on the way whose frame is taken from the heap: finding room there takes up to 20,000 more."""
    before, later = printed(cortex_m3, "cost/frames.py", tier, network, heap_bytes=HEAP_BYTES)
    assert before == later
