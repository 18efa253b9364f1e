"""Machine code: assembled from its source, and as text, for the modules that hold it."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

_PER_LINE = 12
_MODULE = '''"""{about}"""

import micropython

from ..native import MachineCrossbar

exec("@micropython.asm_{tier}\\ndef none():\\n    pass", {{}})  # else what mpy-cross compiled would run as bytecode

{functions}

class {tier_class}Crossbar(MachineCrossbar):
    """The crossbar by assembler."""

    tier = "{tier}"
{members}
'''
_FUNCTION = '''
@micropython.asm_{tier}
def {name}({arguments}):
    """{text}"""
{lines}

'''


def tools(prefix):
    """Return the paths of GNU's assembler, linker, objcopy and nm with this prefix, or None without them."""
    found = [shutil.which(f"{prefix}-{tool}") for tool in ("as", "ld", "objcopy", "nm")]
    return found if all(found) else None


def assembled(prefix, source, assembling=(), linking=()):
    """Return the machine code of the functions in an assembler source: {function: code}, in its order.

    prefix: of the tools. assembling, linking: options of the assembler and of the linker.
    """
    assembler, linker, copier, lister = tools(prefix)
    with tempfile.TemporaryDirectory(prefix="eqprop-assembled-") as work:
        code, program, binary = (Path(work) / f"{source.stem}.{suffix}" for suffix in ("o", "elf", "bin"))
        subprocess.run([assembler, "--fatal-warnings", *assembling, "-o", code, source], check=True)
        subprocess.run([linker, *linking, "-Ttext=0", "-e", "run", "-o", program, code], check=True)
        subprocess.run([copier, "-O", "binary", "-j", ".text", program, binary], check=True)
        symbols = subprocess.run([lister, "-n", program], check=True, capture_output=True, text=True).stdout
        starts = {name: int(at, 16) for at, name in re.findall(r"^(\w+) T ([a-z]+)$", symbols, re.MULTILINE)}
        whole = binary.read_bytes()
    ends = [*list(starts.values())[1:], len(whole)]
    return {name: whole[at:end] for (name, at), end in zip(starts.items(), ends, strict=True)}


def data_lines(code):
    """Return the statements of an inline assembler function that are bytes of machine code, in halves of a word.

    An odd byte is the first, by itself.
    """
    odd = len(code) % 2
    halves = [f"0x{code[at + 1]:02X}{code[at]:02X}" for at in range(odd, len(code), 2)]
    rows = (halves[at : at + _PER_LINE] for at in range(0, len(halves), _PER_LINE))
    first = [f"    data(1, 0x{code[0]:02X})"] if odd else []
    return "\n".join([*first, *(f"    data(2, {', '.join(row)})" for row in rows)])


def module(about, tier, first, functions, codes):
    """Return the text of the module that holds the machine code of a model's kernels.

    about: its docstring. tier: of its crossbar. first: the number of the register of the first argument. functions:
    {name: (arguments, docstring)}. codes: {name: code}, in their order.
    """
    defined = []
    for name, code in codes.items():
        count, text = functions[name]
        arguments = ", ".join(f"a{first + n}" for n in range(count))
        defined.append(_FUNCTION.format(tier=tier, name=name, arguments=arguments, text=text, lines=data_lines(code)))
    return _MODULE.format(
        about=about,
        tier=tier,
        tier_class=tier.capitalize(),
        functions="".join(defined).rstrip("\n") + "\n",
        members="\n".join(f"    {name} = staticmethod({name})" for name in codes),
    )
