"""Emulated boards: MicroPython's firmware in QEMU, built once and kept in the user's cache.

    python -m eqprop_sim.emulated_board.qemu cortex-m3 PROGRAM ARGUMENT...     run it on a board, on this terminal

Such a board has a core, a UART and a heap (firmware/emulated, and a folder for each family of cores). It reads the
computer's own files by their paths; one folder is its flash, where it can also write. `time.ticks_cpu()` counts
instructions exactly, modulo 2**30, so a program takes the same time in every run. All clocks count instructions, of
128 ns each (Cortex-M0: 512 ns); they follow the computer's clock only while a board waits for its serial port.

A blank board is like a new one: it has MicroPython's prompt, and an empty flash of its own that outlives resets. The
flash is divided into blocks, with a common filesystem and mount point (`Flash`).
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from ..toolchain import micropython_source
from ..toolchain.installation import Failure, Unavailable, cache, filling, lock, make, need, run

HEAP_BYTES = 192 * 1024
FLASH_KB = 1024  # the largest flash of a blank board
FORMATS = {"littlefs": 4096, "fat": 512, "none": 4096}
"""Filesystems of a blank board, and their default block sizes in bytes."""

# A board does not see that its port has lost its host: the emulator of a killed host would run for ever. util-linux has
# the kernel end it with the thread that started it; elsewhere `SimulatedBoard.close` ends it. If the host was killed
# before the kernel knew, the parent's ID, the last argument, no longer matches.
_SETPRIV = shutil.which("setpriv")
_LEASH = [_SETPRIV, "--pdeathsig", "KILL", "--", "/bin/sh", "-c", 'test "$PPID" = "$0" && exec "$@"']
if not (_SETPRIV and Path(_SETPRIV).resolve().name == "setpriv"):
    _LEASH = []
_FIRMWARE = Path(__file__).parent.parent / "firmware"
_COMMON = "emulated"  # the folder that all families share


@dataclass(frozen=True)
class Core:
    """A core, and QEMU's machine for it."""

    name: str
    """The core's name for users."""
    family: str
    """The folder of its family's part of the firmware."""
    architecture: str
    """The architecture of its machine code, as mpy-cross names it."""
    emulator: str
    machine: str
    """QEMU's options for it."""
    compiler: str
    packages: str
    """The packages of the emulator and the compiler."""
    instruction_shift: int = 7
    """log2 of an instruction's nanoseconds; its board.h holds the same value."""


def _cortex(name, architecture, machine, shift=7):
    packages = "qemu-system-arm, gcc-arm-none-eabi and libnewlib-arm-none-eabi"
    machine = f"-machine {machine}"
    return Core(name, "cortex", architecture, "qemu-system-arm", machine, "arm-none-eabi-gcc", packages, shift)


# By default the nRF51 has a flash of 256 KB and RAM of 16 KB
_NRF51 = "microbit -global nrf51-soc.flash-size=1048576 -global nrf51-soc.sram-size=4194304"
CORES = {
    "cortex-m0": _cortex("Cortex-M0", "armv6m", _NRF51, 9),
    "cortex-m3": _cortex("Cortex-M3", "armv7m", "mps2-an385"),
    "cortex-m4": _cortex("Cortex-M4", "armv7em", "mps2-an386"),
    "cortex-m7": _cortex("Cortex-M7", "armv7em", "mps2-an500"),
    "rv32": Core(
        "RV32IMC",
        "riscv",
        "rv32imc",
        "qemu-system-riscv32",
        "-machine virt -bios none",
        "riscv64-unknown-elf-gcc",
        "qemu-system-riscv32, gcc-riscv64-unknown-elf and picolibc-riscv64-unknown-elf",
    ),
    "xtensawin": Core(
        "Xtensa with windowed registers",
        "xtensa",
        "xtensawin",
        "qemu-system-xtensa",
        "-machine lx60-nommu -cpu de212",
        "xtensa-lx106-elf-gcc",
        "qemu-system-xtensa, gcc-xtensa-lx106 and picolibc-xtensa-lx106-elf",
    ),
}
CPUS = tuple(CORES)
_TEXT_BYTES = 8192  # the firmware's buffer for its start-up text
_CHECK = 'print("ready")\n'


@dataclass(frozen=True)
class Flash:
    """The flash of a blank board. The rp2 and esp32 ports mount it at /, stm32, nrf, mimxrt and zephyr at /flash."""

    kb: int = FLASH_KB
    """FLASH_KB or less."""
    format: str = "littlefs"
    """One of FORMATS."""
    block: int = 0
    """Block size in bytes; 0 for the default in FORMATS."""
    mount: str = "/"


@dataclass(frozen=True)
class EmulatedBoard:
    """An emulated board that has run a program. It runs programs like an `interpreters.Interpreter`."""

    cpu: str
    """One of CPUS."""
    firmware: Path
    """The ELF file."""
    limits_heap = True

    @property
    def instruction_ns(self):
        """The duration of an instruction by the board's clocks, nanoseconds."""
        return 1 << CORES[self.cpu].instruction_shift

    def command(self, script, *args, heap_bytes=None, path=(), flash=None):
        """Return (argv, environment) that run the file `script` with arguments `args` on a board that has just started.

        Standard input and output are the board's serial port, byte by byte. As on any board, `print` ends lines with CR
        LF, and the program does not see the end of the input. Exceptions go to standard error. The emulator ends with
        the program, and with its exit code.

        heap_bytes: size of the heap; None for HEAP_BYTES.
        path: the folders to import from, after the script's own. flash: the folder to write in, or None. Raises
        ValueError if all of this is too long for the board.
        """
        script = os.path.abspath(script)
        folders = [os.path.dirname(script), *map(os.path.abspath, path)]
        program = (
            f"{heap_bytes or HEAP_BYTES} {os.path.abspath(flash) if flash else ''}\n"
            f"import sys\n"
            f"sys.path[:] = {folders}\n"
            f"sys.argv[:] = {[script, *map(str, args)]}\n"
            f"execfile(sys.argv[0])\n"
        )
        if len(program.encode()) >= _TEXT_BYTES:
            raise ValueError(f"paths and arguments of {script} exceed {_TEXT_BYTES} bytes")
        return self._emulator(program)

    def blank(self, heap_bytes=None, flash=None, monitor=None):
        """Return (argv, environment) of a board with MicroPython's prompt, which runs until it is ended.

        heap_bytes: size of the heap; None for HEAP_BYTES. flash: its `Flash`; None for the largest. monitor: path of a
        socket where QEMU's monitor will listen; its `system_reset` is the board's reset button.
        """
        flash = flash or Flash()
        how = f"{flash.kb} {flash.block or FORMATS[flash.format]} {flash.format} {flash.mount}"
        return self._emulator(f"{heap_bytes or HEAP_BYTES} {how}\n", monitor)

    def _emulator(self, text, monitor=None):
        """Return (argv, environment) of the emulator that starts the board with `text` (main.c)."""
        core = CORES[self.cpu]
        monitor = f"unix:{monitor},server=on,wait=off" if monitor else "none"
        machine = [*core.machine.split(), "-no-user-config", "-display", "none", "-monitor", monitor]
        clock = ["-icount", f"shift={core.instruction_shift}"]
        # Pass Ctrl-C to the board as a byte, as a serial port does
        serial = ["-chardev", "stdio,id=uart,signal=off", "-serial", "chardev:uart"]
        host = ["-semihosting-config", "enable=on,target=native,arg=" + text.replace(",", ",,")]
        leash = [*_LEASH, str(os.getpid())] if _LEASH else []
        argv = [*leash, shutil.which(core.emulator) or core.emulator, *machine, *clock, *serial, *host]
        return [*argv, "-kernel", str(self.firmware)], dict(os.environ)


def obtain(cpu, tell=lambda line: None):
    """Return the board `cpu`, one of CPUS, building its firmware into the user's cache if it is missing.

    tell: called with one line before each step that takes long. Raises Unavailable.
    """
    if cpu not in CPUS:
        raise ValueError(f"cpu={cpu} is not one of {', '.join(CPUS)}")
    core = CORES[cpu]
    try:
        need(core.emulator)
        board = EmulatedBoard(cpu, cache() / f"{cpu}-{micropython_source.VERSION}-{_digest(core)}" / "firmware.elf")
        if not board.firmware.exists():
            need(core.compiler, "make")
            with lock(tell):
                # Another process may have built it while this one waited
                if not board.firmware.exists():
                    _build(board, tell)
        return board
    except (Failure, OSError, tarfile.TarError) as reason:
        how_to = f"install the packages {core.packages} (apt) and try again"
        raise Unavailable(f"no emulated {cpu} ({reason}): {how_to}") from reason


def _digest(core):
    """Return a digest of the source of the core's firmware."""
    digest = hashlib.sha256()
    for file in sorted(file for folder in (_COMMON, core.family) for file in (_FIRMWARE / folder).iterdir()):
        digest.update(f"{file.name}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def _build(board, tell):
    """Build the firmware, check that it runs, and install it in the cache."""
    source = micropython_source.obtain(tell)
    tell(f"building MicroPython {micropython_source.VERSION} for an emulated {board.cpu}")
    with filling(board.firmware.parent.name) as result:
        work = result.parent
        family = CORES[board.cpu].family
        words = [f"MICROPYTHON={source}", f"FAMILY={family}", f"CPU={board.cpu}", f"BUILD={work / 'build'}"]
        make(_FIRMWARE / _COMMON, *words)
        shutil.copy2(work / "build" / board.firmware.name, result)
        script = work / "check.py"
        script.write_text(_CHECK)
        argv, environment = EmulatedBoard(board.cpu, result / board.firmware.name).command(script)
        if run(argv, env=environment) != "ready\n":
            raise Failure(f"{CORES[board.cpu].emulator} does not run the firmware")


def main(arguments):
    """Run a program on an emulated board; return its exit code."""
    if len(arguments) < 2:
        print("usage: python -m eqprop_sim.emulated_board.qemu CPU PROGRAM [ARGUMENT...]", file=sys.stderr)
        return 2
    cpu, script, *rest = arguments
    try:
        argv, environment = obtain(cpu, lambda line: print(f"eqprop: {line}", file=sys.stderr)).command(script, *rest)
    except (ValueError, Unavailable) as error:
        print(f"eqprop: {error}", file=sys.stderr)
        return 1
    return subprocess.run(argv, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
