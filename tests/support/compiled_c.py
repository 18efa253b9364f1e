"""Instructions of a training step in C, compiled for an emulated core, beside those of a network on the same core."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from eqprop_sim.emulated_board import qemu
from support.places import PROGRAMS, RUNTIME
from support.surroundings import obtained

_TOOLS = {"rv32": "riscv64-unknown-elf"}
_ARM = "arm-none-eabi"
HEAP = 512 * 1024


def compiler(core):
    """Return the path of the C compiler for a core, or None."""
    return shutil.which(f"{_TOOLS.get(core, _ARM)}-gcc")


SOURCES = {"resistive": "step.c", "hopfield": "hopfield.c"}
"""A training step of each energy model, in tests/programs/cost."""


def counted(core, options, model, layers, samples, source=None, room=None):
    """Return (instructions of all samples, CRC of the conductances) of the network, its kernel alone, and C alone.

    The fourth pair has what calling the C code at least costs in addition, and no CRC.

    core: of the emulated board. options: of the compiler; where the core has DSP instructions, C may use them.
    source: of another C code, and room: bytes of memory that it wants instead of a network's table; only it and its
    calls are measured then.
    """
    source = source or SOURCES[model]
    tools = _TOOLS.get(core, _ARM)
    dsp = ["-DDSP"] if core in ("cortex-m4", "cortex-m7") else []
    with tempfile.TemporaryDirectory(prefix="eqprop-compiled-") as work:
        program, code = Path(work) / "step.elf", Path(work) / "step.bin"
        machine = ["-march=rv32imc", "-mabi=ilp32"] if core == "rv32" else [f"-mcpu={core}", "-mthumb"]
        machine += ["-Wall", "-Wextra", "-Werror", "-ffreestanding", "-nostdlib"]
        link = ["-Wl,-Ttext=0,-e,learn", "-o", program, PROGRAMS / "cost" / source]
        link += [] if core == "rv32" else ["-lgcc"]
        subprocess.run([f"{tools}-gcc", *machine, *options, *dsp, *link], check=True)
        subprocess.run([f"{tools}-objcopy", "-O", "binary", "-j", ".text", program, code], check=True)
        symbols = subprocess.run([f"{tools}-nm", program], check=True, capture_output=True, text=True).stdout
        (offset,) = re.findall(r"^(\w+) T learn$", symbols, re.MULTILINE)
        words = [code, int(offset, 16), f"{model}:{layers}", samples, *([room] if room else [])]
        board = obtained(qemu.obtain, core)
        argv, environment = board.command(PROGRAMS / "cost/compiled.py", *words, path=[RUNTIME], heap_bytes=HEAP)
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=600)
    if done.returncode or done.stderr:
        raise RuntimeError(f"compiled.py fails on {core}: {done.stderr}")
    return [tuple(int(word) for word in line.split()) for line in done.stdout.splitlines()]
