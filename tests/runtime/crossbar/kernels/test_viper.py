"""The runtime for every processor MicroPython has an emitter for, by every cross compiler from the oldest version on.

A compiler that prints anything has failed: on Xtensa, for one, it says "bccz out of range", writes a wrong jump, and
ends as if all were well.
"""

import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

import eqprop
from eqprop_sim.emulated_board import qemu
from support.cross_compilers import VERSIONS, compiled, complaints, obtain
from support.places import PROGRAMS
from support.surroundings import obtained

pytestmark = pytest.mark.slow

RUNTIME = Path(eqprop.__file__).parent
VIPER = (
    "features/kernels/viper.py",
    "crossbar/kernels/viper.py",
    "extras/nearest_viper.py",
    "hopfield/kernels/viper.py",
    "hopfield8/kernels/viper.py",
    "protocol/bytes_viper.py",
)
THUMB = ("armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp")
ARCHITECTURES = (*THUMB, "xtensa", "xtensawin", "rv32imc", "x64")
ASSEMBLED = {"rv32.py": ("rv32imc", "1.25"), "xtensa.py": ("xtensawin", "1.28")}
"""{module: (its architecture, the oldest version that has its assembler)}"""
COMPILERS_OF_CORES = [*(("xtensawin", version) for version in VERSIONS), ("rv32", VERSIONS[-1])]
SHAPES = tuple(
    f"{model}:{sizes}" for model in ("hopfield", "hopfield8", "resistive") for sizes in ("64-32-10", "6-4-5-2", "13-7")
)
SAMPLES, LR_HALVING_SAMPLES, SEED = 20, 10, 5


@pytest.mark.parametrize("version", VERSIONS)
def test_every_compiler_takes_the_runtime(version, tmp_path):
    """Catches: a branch longer than an ARMv6-M or an Xtensa has, and what one emitter or version cannot compile."""
    compiler = obtained(obtain, version)
    result = tmp_path / "module.mpy"
    said = {}
    for architecture in ARCHITECTURES:
        if (version, architecture) == ("1.23.0", "rv32imc"):
            continue  # it has come with 1.24
        for name in VIPER:
            said[architecture, name] = complaints(compiler, architecture, RUNTIME / name, result)
            # Older compilers emit longer code for RISC-V; `eqprop deploy` uses the newest. No board is an x64
            assert result.stat().st_size < 24 * 1024 or version != VERSIONS[-1] or architecture == "x64"
    for source in RUNTIME.rglob("*.py"):
        if source.name in ASSEMBLED:
            architecture, oldest = ASSEMBLED[source.name]
            if version >= oldest:
                said[architecture, source] = complaints(compiler, architecture, source, result)
            continue
        said["armv6m", source.name] = complaints(compiler, "armv6m", source, result)
    for architecture in THUMB:
        for source in RUNTIME.glob("*/kernels/thumb*.py"):
            said[architecture, source] = complaints(compiler, architecture, source, result)
    assert {where: line for where, line in said.items() if line} == {}


def test_what_does_not_compile_is_noticed(tmp_path):
    """Catches: a compiler whose complaint goes unread."""
    source = tmp_path / "power.py"
    source.write_text("@micropython.viper\ndef power(p: int):\n    return -p\n")
    assert "ViperTypeError" in compiled("armv6m", source, tmp_path / "power.mpy")


def test_a_jump_that_does_not_reach_is_noticed(tmp_path):
    """On Xtensa a conditional branch reaches 2 KB; such a compiler writes the file and ends with 0."""
    compiler = obtained(obtain, VERSIONS[0])
    body = "        s += s * 3 + i\n" * 200
    source = tmp_path / "long.py"
    source.write_text(f"@micropython.viper\ndef long(i: int, s: int) -> int:\n    while i:\n{body}    return s\n")
    assert "out of range" in complaints(compiler, "xtensawin", source, tmp_path / "long.mpy")
    assert (tmp_path / "long.mpy").exists()


@pytest.fixture(scope="module")
def reference():
    """Lines of what becomes of networks, and of what features make of signals, on CPython's plain kernels."""
    train, hear = (runpy.run_path(str(PROGRAMS / f"learning/{name}.py"))["report"] for name in ("training", "features"))
    learnt = [line for layers in SHAPES for line in train(eqprop.Network, layers, SAMPLES, LR_HALVING_SAMPLES, SEED)]
    return learnt, hear()


@pytest.fixture(scope="module")
def right():
    """What has computed right so far, {(core, the compiled modules)}: several compilers make the same."""
    return set()


@pytest.mark.parametrize(("cpu", "version"), COMPILERS_OF_CORES)
def test_what_every_compiler_makes_computes_right(cpu, version, reference, right, tmp_path):
    """On an emulated board. Catches a compiler's bug, such as 1.25.0's stores at constant indices on Xtensa."""
    board = obtained(qemu.obtain, cpu)
    compiler = obtained(obtain, version)
    package = tmp_path / "eqprop"
    shutil.copytree(RUNTIME, package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in VIPER:
        result = (package / name).with_suffix(".mpy")
        # From the same folder, which the module names
        assert complaints(compiler, qemu.CORES[cpu].architecture, RUNTIME / name, result) == ""
        (package / name).unlink()
    made = cpu, *((package / name).with_suffix(".mpy").read_bytes() for name in VIPER)
    if made in right:
        return

    def printed(program, *arguments):
        argv, environment = board.command(PROGRAMS / program, "viper", *arguments, path=[tmp_path])
        done = subprocess.run(argv, env=environment, input="", capture_output=True, text=True, timeout=300)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    learnt, heard = reference
    assert printed("learning/training.py", SAMPLES, LR_HALVING_SAMPLES, SEED, *SHAPES) == learnt
    assert printed("learning/features.py") == heard
    right.add(made)
