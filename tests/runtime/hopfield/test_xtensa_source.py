"""The machine code of the tier xtensa is that of hopfield/kernels/xtensa.S.

As a program, assemble it anew: `make generated`. Needs GNU's assembler for Xtensa (apt: binutils-xtensa-lx106).
"""

import pytest

from support import machine_code
from support.places import RUNTIME
from support.surroundings import IN_CI

KERNELS = RUNTIME / "eqprop/hopfield/kernels"
PREFIX = "xtensa-lx106-elf"
ARGUMENTS = {
    "run": (4, "Do a verb, as xtensa.S says: a2 features, a3 table, a4 verb, a5 label or phase."),
    "enter": (4, "Write a4 to word a3 of the table a2, and to its last word, a5, what leaves the sum of all as it is."),
    "ask": (1, "Do the verb of a call's list, a2, as `...crossbar.calls` says."),
    "scatter": (2, "As `plain.scatter`: a2 devices, a3 stream."),
    "total": (2, "Return the sum of the a3 weights at a2 modulo 2**16."),
}
"""{function: (arguments, docstring)}"""

ABOUT = """The Hopfield network's machine code for windowed Xtensa, assembled from xtensa.S by `make generated`.

ESP32, S2 and S3. MicroPython for them has no assembler: `eqprop deploy` makes it viper code, which they run.
"""


def module():
    """Return the text of the module."""
    codes = machine_code.assembled(PREFIX, KERNELS / "xtensa.S", ["--no-target-align", "-I", KERNELS], ["--no-relax"])
    # Each ends before the room for what mpy-cross begins the next with
    return machine_code.module(
        ABOUT, "xtensa", 2, ARGUMENTS, {name: code.rstrip(b"\0") for name, code in codes.items()}
    )


def test_the_machine_code_is_the_sources():
    """Catches: a source that was changed alone, code that was."""
    if not machine_code.tools(PREFIX):
        (pytest.fail if IN_CI else pytest.skip)("needs an assembler for Xtensa: install gcc-xtensa-lx106 (apt)")
    assert (KERNELS / "xtensa.py").read_text() == module(), "xtensa.py is not xtensa.S's: run `make generated`"


if __name__ == "__main__":
    (KERNELS / "xtensa.py").write_text(module())
