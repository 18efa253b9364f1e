"""The machine code of the tier rv32 is that of each model's kernels/rv32.S.

As a program, assemble it anew: `make generated`. Needs GNU's assembler for RISC-V (apt: binutils-riscv64-unknown-elf).
"""

import pytest

from support import machine_code
from support.places import RUNTIME
from support.surroundings import IN_CI

MODELS = {"crossbar": "resistive model", "hopfield": "Hopfield network"}
"""{package: its name in text}"""
PREFIX = "riscv64-unknown-elf"
COMMON = RUNTIME / "eqprop/crossbar/kernels"
ARGUMENTS = {
    "run": (4, "Do a verb, as rv32.S says: a0 features, a1 table, a2 verb, a3 label or phase."),
    "enter": (4, "Write a2 to word a1 of the table a0, and to its last word, a3, what leaves the sum of all as it is."),
    "ask": (1, "Do the verb of a call's list, a0, as `..calls` says."),
    "scatter": (2, "As `plain.scatter`: a0 devices, a1 stream."),
    "total": (2, "Return the sum of the a1 weights at a0 modulo 2**16."),
    "gather": (4, "As `plain.gather`: a0 conductances, a1 start, a2 count, a3 step."),
}
"""{function: (arguments, docstring)}"""

ABOUT = """The {name}'s machine code for RISC-V, assembled from rv32.S by `make generated`.

RV32IMC: the RP2350's Hazard3, and ESP32-C3 and C6. MicroPython assembles it on the RP2350 alone. `eqprop deploy` makes
it viper code, which all of them run.
"""


def assembled(model):
    """Return the machine code of a model's rv32.S: {function: code}, in its order."""
    kernels = RUNTIME / f"eqprop/{model}/kernels"
    machine = ["-march=rv32imc", "-mabi=ilp32", "-I", kernels, "-I", COMMON]
    return machine_code.assembled(PREFIX, kernels / "rv32.S", machine, ["-m", "elf32lriscv"])


def module(model):
    """Return the text of a model's module."""
    return machine_code.module(ABOUT.format(name=MODELS[model]), "rv32", 0, ARGUMENTS, assembled(model))


@pytest.mark.parametrize("model", MODELS)
def test_the_machine_code_is_the_sources(model):
    """Catches: a source that was changed alone, code that was."""
    if not machine_code.tools(PREFIX):
        (pytest.fail if IN_CI else pytest.skip)("needs an assembler for RISC-V: install gcc-riscv64-unknown-elf (apt)")
    text = (RUNTIME / f"eqprop/{model}/kernels/rv32.py").read_text()
    assert text == module(model), f"{model}'s rv32.py is not what rv32.S makes: run `make generated`"


if __name__ == "__main__":
    for each in MODELS:
        (RUNTIME / f"eqprop/{each}/kernels/rv32.py").write_text(module(each))
