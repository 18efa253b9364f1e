"""The machine code of the kernels is that of thumb.S, for each model and core.

As a program, assemble it anew: `make generated`. Needs GNU's assembler for Arm (apt: binutils-arm-none-eabi).
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from support.machine_code import data_lines
from support.places import RUNTIME
from support.surroundings import IN_CI

CORES = {"thumb6": ("ARMv6-M", "cortex-m0"), "thumb7": ("ARMv7-M", "cortex-m3"), "thumb7e": ("ARMv7E-M", "cortex-m4")}
"""{module: (architecture, the core that it is assembled for)}"""
SOURCES = {
    "crossbar": ("crossbar", ()),
    "hopfield": ("hopfield", ("EIGHT=0",)),
    "hopfield8": ("hopfield", ("EIGHT=1",)),
}
"""{model's package: (package of its thumb.S, symbols to define)}"""
CHECK = "\nfrom ...crossbar.kernels.dsp import has_dsp\n\nif not has_dsp():\n    raise ImportError\n"

MODULE = '''"""Machine code for {architecture}, assembled from {package}/kernels/thumb.S by `make generated`."""

import micropython
{check}

@micropython.asm_thumb
def run(r0, r1, r2, r3):
    """Do a verb, as thumb.S says: r0 features, r1 table, r2 verb, r3 label or phase."""
{lines}
'''


def tools():
    """Return the paths of the assembler, the linker and objcopy, or None without them."""
    found = [shutil.which(f"arm-none-eabi-{tool}") for tool in ("as", "ld", "objcopy")]
    return found if all(found) else None


def assembled(model, core):
    """Return a model's thumb.S in machine code for a core."""
    assembler, linker, copier = tools()
    package, symbols = SOURCES[model]
    architecture = list(CORES).index(core)
    symbols = [f"V7={int(architecture > 0)}", f"DSP={int(architecture > 1)}", *symbols]
    with tempfile.TemporaryDirectory(prefix="eqprop-assembled-") as work:
        parts, program, code = (Path(work) / f"thumb.{suffix}" for suffix in ("o", "elf", "bin"))
        kernels = RUNTIME / f"eqprop/{package}/kernels"
        source = ["--fatal-warnings", "-I", kernels, "-o", parts, kernels / "thumb.S"]
        options = [f"--defsym={symbol}" for symbol in symbols]
        subprocess.run([assembler, f"-mcpu={CORES[core][1]}", *options, *source], check=True)
        # Linked because a label that is missing is an error only then
        subprocess.run([linker, "-Ttext=0", "-e0", "-o", program, parts], check=True)
        subprocess.run([copier, "-O", "binary", "-j", ".text", program, code], check=True)
        return code.read_bytes()


def place(model, core):
    """Return the path of a core's module."""
    return RUNTIME / f"eqprop/{model}/kernels/{core}.py"


def module(model, core):
    """Return the text of a core's module."""
    lines = data_lines(assembled(model, core))
    check = CHECK if core == "thumb7e" else ""
    return MODULE.format(architecture=CORES[core][0], package=SOURCES[model][0], check=check, lines=lines)


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("model", SOURCES)
def test_the_machine_code_is_the_sources(model, core):
    """Catches: a source that was changed alone, code that was."""
    if not tools():
        (pytest.fail if IN_CI else pytest.skip)("needs an assembler for Arm: install binutils-arm-none-eabi (apt)")
    text = place(model, core).read_text()
    assert text == module(model, core), f"{model}'s {core}.py is not what thumb.S makes: run `make generated`"


if __name__ == "__main__":
    for each in SOURCES:
        for name in CORES:
            place(each, name).write_text(module(each, name))
