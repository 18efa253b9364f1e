"""The assembler on RISC-V: in use, nothing allocated, bad input refused; the same as viper code.

`tests/runtime/test_parity.py` compares its bits, with guards around the arrays.
"""

import os
import shutil

import pytest

from eqprop_host.deploy import bundle
from eqprop_host.deploy.retagging import as_viper, without_probe
from eqprop_host.errors import BoardError
from eqprop_sim.emulated_board import qemu
from eqprop_sim.toolchain import installation, micropython_source
from support.places import ROOT, RUNTIME
from support.references.refusals import REFUSALS
from support.surroundings import MODELS_OF_RV32, obtained
from support.tier_runs import printed, reported

# One crossbar; one node; sixteen nodes, one more and one fewer; five above, one more and one fewer
SIZES = ["2-2", "1-1-1", "9-17-5", "6-16-6-4", "3-15-11-2"]
SHAPES = [f"{model}:{sizes}" for model in MODELS_OF_RV32 for sizes in SIZES]
RUN = (30, 10, 5)  # samples, those until the rates are halved, seed
KERNELS = ("crossbar/kernels/rv32.py", "hopfield/kernels/rv32.py")


@pytest.fixture(scope="module")
def rv32():
    """The emulated board with a RISC-V core."""
    return obtained(qemu.obtain, "rv32")


@pytest.fixture(scope="module")
def reference():
    """The reports of all shapes by plain kernels on CPython."""
    return [line for layers in SHAPES for line in reported(layers, *RUN)]


def test_what_it_must_not_touch_is_refused(rv32):
    """Catches: a kernel that reads past a short buffer, or takes a number for an address; another tier at the start."""
    tier, *refusals = printed(rv32, "faults/refusals.py")
    assert (tier, refusals) == ("rv32", REFUSALS)


def test_nothing_is_allocated(rv32):
    """With the heap locked. Catches: a kernel that returns an address, which makes a big integer."""
    expected = [f"{layers} {layers.split('-')[-1]}" for layers in SHAPES]
    assert printed(rv32, "cost/allocation.py", "rv32", *SHAPES) == expected


def deployed(folder):
    """Put the runtime in a folder, with RISC-V's kernels as `eqprop deploy` compiles them."""
    package = folder / "eqprop"
    shutil.copytree(RUNTIME / "eqprop", package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in KERNELS:
        source, result = package / name, (package / name).with_suffix(".mpy")
        source.write_text(without_probe(source.read_text()))
        bundle.compile_module(name, source, result, "rv32imc")
        result.write_bytes(as_viper(name, result.read_bytes()))
        source.unlink()
    return folder


def test_as_viper_code_it_gives_the_same_bits_and_refuses_the_same(reference, rv32, tmp_path):
    """Catches: arguments that are taken for addresses, a register that the caller needs, a result that is no object."""
    path = deployed(tmp_path)
    training = ("learning/training.py", "rv32", *RUN, *SHAPES)
    assert printed(rv32, *training, path=path) == reference
    assert printed(rv32, "faults/refusals.py", "rv32", path=path) == ["rv32", *REFUSALS]


@pytest.mark.skipif("EQPROP_BOARDS" not in os.environ, reason="builds firmware: `make boards`")
def test_as_viper_code_it_needs_no_assembler(reference, rv32, tmp_path):
    """On firmware like an ESP32-C3's, which has none: the same bits; what is not viper code is not in use there."""
    with installation.lock():
        source = micropython_source.obtain()
    firmware = shutil.copytree(ROOT / "board_sim/eqprop_sim/firmware", tmp_path / "firmware")
    settings = firmware / "riscv/core.h"
    with_assembler = settings.read_text()
    settings.write_text(with_assembler.replace("MICROPY_EMIT_INLINE_RV32 (1)", "MICROPY_EMIT_INLINE_RV32 (0)"))
    assert settings.read_text() != with_assembler
    words = [f"MICROPYTHON={source}", "FAMILY=riscv", "CPU=rv32", f"BUILD={tmp_path / 'build'}"]
    installation.make(firmware / "emulated", *words)
    board = qemu.EmulatedBoard("rv32", tmp_path / "build" / "firmware.elf")
    training = ("learning/training.py", "rv32", *RUN, *SHAPES)
    assert printed(board, *training, path=deployed(tmp_path)) == reference
    assert printed(board, "faults/refusals.py") == ["viper", *REFUSALS]
    for name in KERNELS:  # as mpy-cross makes them: refused, not run as bytecode
        result = (tmp_path / "eqprop" / name).with_suffix(".mpy")
        bundle.compile_module(name, RUNTIME / "eqprop" / name, result, "rv32imc")
    assert printed(board, "faults/refusals.py", path=tmp_path) == ["viper", *REFUSALS]


def test_other_code_is_not_taken_for_viper_code(tmp_path):
    """Catches: a module whose functions would be called in a way that they do not expect."""
    modules = {
        "none": "def f():\n    pass\n",
        "viper": "@micropython.viper\ndef f():\n    pass\n",
        "constant": "x = 2**70\n",
    }
    for name, text in modules.items():
        source, result = tmp_path / f"{name}.py", tmp_path / f"{name}.mpy"
        source.write_text(text)
        bundle.compile_module(name, source, result, "rv32imc")
        with pytest.raises(BoardError, match=f"{name}: expected"):
            as_viper(name, result.read_bytes())
