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
_BASES = {"cortex-m0": 0x20200000, "rv32": 0x80200000}  # half of the RAM: the heap ends before, the stack is at the end
_BASE = 0x200000
_LAYOUT = """
SECTIONS {
    . = %d;
    .text : { *(.text* .rodata* .srodata*) *(.data* .sdata* .tdata*) *(.bss* .sbss* .tbss* COMMON) }
    end = .;
    /DISCARD/ : { *(.ARM.exidx* .ARM.extab* .eh_frame*) }
}
"""
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
    dsp = ["-DDSP"] if core in ("cortex-m4", "cortex-m7") else []
    strict = ["-Wall", "-Wextra", "-Werror", "-ffreestanding", "-nostdlib", "-Wl,-Ttext=0,-e,learn"]
    libraries = [] if core == "rv32" else ["-lgcc"]
    with tempfile.TemporaryDirectory(prefix="eqprop-compiled-") as work:
        code, address = _built(core, work, [*strict, *options, *dsp, PROGRAMS / "cost" / source, *libraries])
        words = [code, address["learn"], f"{model}:{layers}", samples, *([room] if room else [])]
        lines = _printed(core, "compiled.py", words)
    return [tuple(int(word) for word in line.split()) for line in lines]


def counted_peer(core, layers, samples, options=None, sources=(), fpu=False):
    """Return instructions to learn and to infer all samples, patterns known and classes inferred (cost/peers.py).

    layers: with one hidden layer. options: of the compiler; None for eqprop's network. sources: the C files of a peer,
    with what they need of options. fpu: the peer may use the floating-point unit of a Cortex-M4.
    """
    with tempfile.TemporaryDirectory(prefix="eqprop-compiled-") as work:
        code = [] if options is None else _peer(core, layers, options, sources, fpu, work)
        (line,) = _printed(core, "peers.py", [layers, samples, *code])
    return tuple(int(word) for word in line.split())


def _peer(core, layers, options, sources, fpu, work):
    """Compile a peer into the folder `work` for a fixed address; return the words that peers.py gets about it."""
    base, layout = _BASES.get(core, _BASE), Path(work) / "peer.ld"
    layout.write_text(_LAYOUT % base)
    unit = ["-mfloat-abi=softfp", "-mfpu=fpv4-sp-d16"] if fpu else []
    if core == "rv32":
        said = subprocess.run([compiler(core), "--print-file-name=picolibc.specs"], check=True, stdout=subprocess.PIPE)
        unit = [f"--specs={said.stdout.decode().strip()}"]
    sizes = [f"-D{name}={size}" for name, size in zip(("INPUTS", "HIDDEN", "OUTPUTS"), layers.split("-"), strict=True)]
    sections = ["-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections,-e,prepare,-u,learn,-u,predict"]
    libraries = ["-nostdlib", "-Wl,--start-group", "-lm", "-lc", "-lgcc", *([] if core == "rv32" else ["-lnosys"])]
    link = ["-T", layout, *sources, *libraries, "-Wl,--end-group"]
    code, address = _built(core, work, [*unit, *options, *sizes, *sections, *link])
    return [code, base, int(fpu), address["prepare"], address.get("learn", 0), address["predict"]]


def _built(core, work, options):
    """Compile and link C for a core into the folder `work`; return the file of its code and {function: address}."""
    program, code = Path(work) / "program.elf", Path(work) / "program.bin"
    machine = ["-march=rv32imc", "-mabi=ilp32"] if core == "rv32" else [f"-mcpu={core}", "-mthumb"]
    subprocess.run([compiler(core), *machine, *options, "-o", program], check=True)
    tools = _TOOLS.get(core, _ARM)
    subprocess.run([f"{tools}-objcopy", "-O", "binary", "-j", ".text", program, code], check=True)
    symbols = subprocess.run([f"{tools}-nm", program], check=True, capture_output=True, text=True).stdout
    return code, {name: int(at, 16) for at, name in re.findall(r"^(\w+) T (\w+)$", symbols, re.MULTILINE)}


def _printed(core, program, words):
    """Run one of tests/programs/cost on an emulated core; return the lines that it prints."""
    board = obtained(qemu.obtain, core)
    argv, environment = board.command(PROGRAMS / "cost" / program, *words, path=[RUNTIME], heap_bytes=HEAP)
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=600)
    if done.returncode or done.stderr:
        raise RuntimeError(f"{program} fails on {core}: {done.stderr}")
    return done.stdout.splitlines()
