"""The instructions that the assembler's kernels give as data, against GNU as: each is what its comment says."""

import re
import shutil
import subprocess

import pytest

from support.places import RUNTIME
from support.surroundings import IN_CI

KERNELS = [
    RUNTIME / "eqprop" / model / "kernels" / f"{name}.py"
    for model, name in (
        ("crossbar", "cortex"),
        ("crossbar", "thumb"),
        ("differential", "thumb"),
        ("hopfield", "thumb"),
        ("hopfield8", "thumb"),
    )
]
GIVEN = re.compile(r"data\(2, (0x\w{4})(?:, (0x\w{4}))?\)  # ([^:]+)(?:: .+)?")


def given(kernels):
    """Return (line number, its halfwords as bytes, assembly of its comment) of each instruction given as data."""
    found = []
    for number, line in enumerate(kernels.read_text().splitlines(), 1):
        if "data(" in line:
            match = GIVEN.fullmatch(line.strip())
            assert match, f"line {number}: {line.strip()}: expected data(2, 0x....)  # instruction"
            *halfwords, instruction = match.groups()
            code = b"".join(int(half, 16).to_bytes(2, "little") for half in halfwords if half)
            found.append((number, code, instruction))
    return found


def assembled(instructions, folder):
    """Return the bytes of each instruction, by GNU as."""
    tools = [shutil.which(f"arm-none-eabi-{tool}") for tool in ("as", "objcopy")]
    if not all(tools):
        (pytest.fail if IN_CI else pytest.skip)("needs an assembler for Arm: install binutils-arm-none-eabi (apt)")
    source, program, code = (folder / f"code.{suffix}" for suffix in ("s", "o", "bin"))
    # Each begins at a multiple of 4; none is longer
    lines = (f"{instruction}\n.org {4 * n}" for n, instruction in enumerate(instructions, 1))
    source.write_text("\n".join([".syntax unified", ".thumb", *lines, ""]))
    subprocess.run([tools[0], "-mcpu=cortex-m3", "--fatal-warnings", "-o", program, source], check=True)
    subprocess.run([tools[1], "-O", "binary", "-j", ".text", program, code], check=True)
    data = code.read_bytes()
    return [data[at : at + 4] for at in range(0, len(data), 4)]


@pytest.mark.parametrize(
    ("kernels", "least"),
    list(zip(KERNELS, (1, 0, 300, 1, 2), strict=True)),
    ids=["cortex", "crossbar", "differential", "hopfield", "hopfield8"],
)
def test_each_opcode_is_its_comments(kernels, least, tmp_path):
    expected = given(kernels)
    assert len(expected) > least
    made = assembled([instruction for *_, instruction in expected], tmp_path)
    wrong = [
        f"{kernels.name}:{number}: {instruction} is {its.hex(' ', 2)}, data has {code.ljust(4, bytes(1)).hex(' ', 2)}"
        for (number, code, instruction), its in zip(expected, made, strict=True)
        if code.ljust(4, bytes(1)) != its
    ]
    assert not wrong, "\n".join(wrong)
