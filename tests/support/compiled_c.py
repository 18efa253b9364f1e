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


def counted_peer(core, layers, samples, options=None, sources=(), fpu=False):
    """Return instructions to learn and to infer all samples, patterns known and classes inferred (cost/peers.py).

    layers: with one hidden layer. options: of the compiler; None for eqprop's network. sources: the C files of a peer,
    with what they need of options. fpu: the peer may use the floating-point unit of a Cortex-M4.
    """
    board = obtained(qemu.obtain, core)
    with tempfile.TemporaryDirectory(prefix="eqprop-compiled-") as work:
        code = [] if options is None else _peer(core, layers, options, sources, fpu, Path(work))
        program = PROGRAMS / "cost/peers.py"
        argv, environment = board.command(program, layers, samples, *code, path=[RUNTIME], heap_bytes=HEAP)
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=600)
    if done.returncode or done.stderr:
        raise RuntimeError(f"peers.py fails on {core}: {done.stderr}")
    return tuple(int(word) for word in done.stdout.split())


def _peer(core, layers, options, sources, fpu, work):
    """Compile a peer into the folder `work` for a fixed address; return the words that peers.py gets about it."""
    tools, base = _TOOLS.get(core, _ARM), _BASES.get(core, _BASE)
    program, code, layout = work / "peer.elf", work / "peer.bin", work / "peer.ld"
    layout.write_text(_LAYOUT % base)
    if core == "rv32":
        specs = subprocess.run([f"{tools}-gcc", "--print-file-name=picolibc.specs"], check=True, stdout=subprocess.PIPE)
        machine = ["-march=rv32imc", "-mabi=ilp32", f"--specs={specs.stdout.decode().strip()}"]
    else:
        machine = [f"-mcpu={core}", "-mthumb", *(["-mfloat-abi=softfp", "-mfpu=fpv4-sp-d16"] if fpu else [])]
    sizes = [f"-D{name}={size}" for name, size in zip(("INPUTS", "HIDDEN", "OUTPUTS"), layers.split("-"), strict=True)]
    sections = ["-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections,-e,prepare,-u,learn,-u,predict"]
    libraries = ["-nostdlib", "-Wl,--start-group", "-lm", "-lc", "-lgcc", *([] if core == "rv32" else ["-lnosys"])]
    link = ["-T", layout, "-o", program, *sources, *libraries, "-Wl,--end-group"]
    compiled = [f"{tools}-gcc", *machine, *options, *sizes, *sections, *link]
    done = subprocess.run(compiled, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{sources[0]} does not compile for {core}: {done.stderr}")
    subprocess.run([f"{tools}-objcopy", "-O", "binary", "-j", ".text", program, code], check=True)
    symbols = subprocess.run([f"{tools}-nm", program], check=True, capture_output=True, text=True).stdout
    address = {
        name: int(at, 16) for at, name in re.findall(r"^(\w+) T (prepare|learn|predict)$", symbols, re.MULTILINE)
    }
    return [code, base, int(fpu), address["prepare"], address.get("learn", 0), address["predict"]]
