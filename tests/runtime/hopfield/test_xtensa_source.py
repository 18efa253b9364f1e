"""The machine code of the tier xtensa is that of hopfield/kernels/xtensa.S.

As a program, assemble it anew: `make generated`. Needs GNU's assembler for Xtensa (apt: binutils-xtensa-lx106).
"""

import pytest

from support.machine_code import assembled, data_lines, tools
from support.places import RUNTIME
from support.surroundings import IN_CI

KERNELS = RUNTIME / "eqprop/hopfield/kernels"
PREFIX = "xtensa-lx106-elf"
ARGUMENTS = {
    "run": (4, "Do a verb, as xtensa.S says: a2 features, a3 table, a4 verb, a5 label or phase."),
    "enter": (4, "Write a4 to word a3 of the table a2, and to its last word, a5, what leaves the sum of all as it is."),
    "scatter": (2, "As `plain.scatter`: a2 devices, a3 stream."),
    "total": (2, "Return the sum of the a3 weights at a2 modulo 2**16."),
}
"""{function: (arguments, docstring)}"""

MODULE = '''"""The Hopfield network's machine code for windowed Xtensa, assembled from xtensa.S by `make generated`.

ESP32, S2 and S3. MicroPython for them has no assembler: `eqprop deploy` makes it viper code, which they run.
"""

import micropython

from ..native import MachineCrossbar

exec("@micropython.asm_xtensa\\ndef none():\\n    pass", {{}})  # else what mpy-cross compiled would run as bytecode

{functions}

class XtensaCrossbar(MachineCrossbar):
    """The crossbar by assembler."""

    tier = "xtensa"
{members}
'''
FUNCTION = '''
@micropython.asm_xtensa
def {name}({arguments}):
    """{text}"""
{lines}

'''


def module():
    """Return the text of the module."""
    functions = []
    codes = assembled(PREFIX, KERNELS / "xtensa.S", ["--no-target-align", "-I", KERNELS], ["--no-relax"])
    for name, code in codes.items():  # which ends before the room for what mpy-cross begins the next with
        count, text = ARGUMENTS[name]
        arguments = ", ".join(f"a{2 + n}" for n in range(count))
        functions.append(
            FUNCTION.format(name=name, arguments=arguments, text=text, lines=data_lines(code.rstrip(b"\0")))
        )
    members = "\n".join(f"    {name} = staticmethod({name})" for name in codes)
    return MODULE.format(functions="".join(functions).rstrip("\n") + "\n", members=members)


def test_the_machine_code_is_the_sources():
    """Catches: a source that was changed alone, code that was."""
    if not tools(PREFIX):
        (pytest.fail if IN_CI else pytest.skip)("needs an assembler for Xtensa: install gcc-xtensa-lx106 (apt)")
    assert (KERNELS / "xtensa.py").read_text() == module(), "xtensa.py is not xtensa.S's: run `make generated`"


if __name__ == "__main__":
    (KERNELS / "xtensa.py").write_text(module())
