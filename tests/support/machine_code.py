"""Machine code: assembled from its source, and as text, for the modules that hold it."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

_PER_LINE = 12


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
