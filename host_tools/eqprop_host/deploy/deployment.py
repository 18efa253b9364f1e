"""Putting the runtime on a board that has MicroPython, and taking it away again.

The runtime (`bundling`) is copied into a folder beside the one in use. It takes the other's place only when every file
has the right hash and the self-test has passed. So whatever happens meanwhile, the board has the old runtime or the
new one. A flash that has no room for both needs `replace`, which removes the old one first.
"""

import binascii
import contextlib
import hashlib
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import PurePosixPath

import eqprop
from eqprop.bench import widest
from eqprop.checkpoint import NAMES

from ..boards import ports
from ..boards.board import Board
from ..errors import BoardError, PortError, ProtocolError
from ..terminal.printing import printable
from . import bundle
from .catalogue import SPARE_BYTES
from .repl import Remote

_OLDEST = (1, 23)
_RIGHT_ON_XTENSA = (1, 26)  # the oldest whose own viper compiler is
_MARK = "# By `eqprop deploy --boot`"
_SELFTEST_S = 120.0  # on a slow core, as source
_START_S = 10.0
_CHECKPOINT_BLOCKS = 3  # kept free on a small flash: two checkpoints, and the next one while it is written
_KEEP_ALIVE = """try:
    import machine
    machine.WDT(timeout={}).feed()
except Exception:
    pass
"""


@dataclass(frozen=True)
class Found:
    """What a board says it is (`on_board/probe.py`)."""

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
    size: int = 0
    """Bytes of its filesystem, 0 without one."""
    block: int = 0
    """Bytes of a block of it."""
    flash: int = 0
    """Bytes free."""
    fat: bool = False
    """Whether it is FAT."""
    lib: str = ""
    """The folder to install into, "" for the root."""
    lib_there: bool = True
    boot: str = ""
    """The path of main.py."""
    starts: str | None = None
    """How main.py begins, None without one."""
    sha256: bool = False
    """Whether it has that hash; else CRC-32 is used."""
    installed: dict | None = None
    """Hashes of the runtime's files that are there, by their paths in `lib`."""
    occupied: int = 0
    """Blocks that they take."""
    first: str = ""
    """Path of what `import eqprop` finds, "" for nothing."""
    ours: bool = False
    """Whether what is in `lib` is this runtime."""

    @property
    def architecture(self):
        """The machine code it takes, as mpy-cross names it, or None."""
        number = self.mpy >> 10 & 15
        return bundle.ARCHITECTURES[number] if number < len(bundle.ARCHITECTURES) else None

    @property
    def release(self):
        """MicroPython's version, as (major, minor)."""
        return tuple(int(number) for number in re.findall(r"\d+", self.version)[:2])

    @property
    def boots_eqprop(self):
        """Whether main.py is the one of `deploy --boot`."""
        return bool(self.starts and self.starts.startswith(_MARK))

    @property
    def watchdog_ms(self):
        """The watchdog that main.py of `deploy --boot` starts, 0 for none."""
        given = self.boots_eqprop and re.search(r"watchdog_ms=(\d+)", self.starts)
        return int(given[1]) if given else 0


@dataclass(frozen=True)
class Built:
    """The runtime for a board."""

    form: str
    """"compiled for armv7em", or "as source"."""
    files: dict
    """{path in the board's folder: bytes}."""
    left_out: tuple = ()
    """Names of `bundling.PARTS`."""


@dataclass(frozen=True)
class Deployed:
    """What `deploy` did."""

    found: Found
    built: Built
    copied: bool
    """Whether it was not there yet."""
    tier: str
    crc: int
    """Of the self-test."""
    heap: int
    """Bytes free while the service runs."""
    boots: bool
    """Whether the board starts it by itself."""

    @property
    def size(self):
        """Bytes of all files."""
        return sum(map(len, self.built.files.values()))

    def widest(self, layers):
        """Return how many hidden nodes between these inputs and outputs the board can hold, with heap to spare."""
        return widest(layers, max(self.heap - SPARE_BYTES, 0))


# ---- which board


def only_board():
    """Return the port of the only board that is connected. Raises PortError for none, or several."""
    boards = [port for port, _ in ports.usb_ports()]
    if not boards:
        raise PortError("no board is connected by USB: connect one, or name its port with --port")
    if len(boards) > 1:
        raise PortError(f"several boards are connected: choose one with --port: {', '.join(boards)}")
    return boards[0]


def _probe(remote):
    """Return what is `Found` at the port. Raises BoardError for what cannot run the runtime."""
    oldest = ".".join(map(str, _OLDEST))
    try:
        remote.reach()
        found = Found(**remote.run("probe", fresh=True))
    except ProtocolError as error:
        says = str(error).partition("it says ")[2] or str(error)
        says = f"it says {says}" if says and ">>>" not in says else "it says nothing"
        raise BoardError(
            f"port {remote.name}: no MicroPython answers, {says}: put MicroPython {oldest} or newer on the board, "
            "or reset it if it is busy with a program of its own"
        ) from error
    except TypeError as error:
        raise ProtocolError(f"port {remote.name}: the board's answer to eqprop's questions makes no sense") from error
    version = f"{printable(found.implementation)} {printable(found.version)}"
    advice = f"put MicroPython {oldest} or newer on"
    if found.implementation != "micropython":
        raise BoardError(f"port {remote.name}: the board runs {version}: {advice} it")
    if found.release < _OLDEST:
        raise BoardError(f"port {remote.name}: {version} is too old: {advice} the board")
    if found.lacking:
        raise BoardError(f"port {remote.name}: {version} lacks `{found.lacking[0]}`: {advice} the board")
    if not found.size:
        raise BoardError(
            f"port {remote.name}: the board has no filesystem to put eqprop into: put firmware with one on the board, "
            "or freeze eqprop into the firmware (manifest.py)"
        )
    if found.watchdog_ms:
        remote.keep_alive = _KEEP_ALIVE.format(found.watchdog_ms)
    return found


def _check_first(found, name):
    """Raise BoardError where programs would import another eqprop than the one to deploy, before or in its place."""
    own = [f"{found.lib}/eqprop", f"{found.lib}/{bundle.FILE}"]
    if found.first and not (found.first in own and found.ours):
        advice = "rename it or move it away" if found.first.startswith("/") else "use that, or other firmware"
        raise BoardError(
            f"port {name}: `import eqprop` on the board finds {printable(found.first)}, which `eqprop deploy` did not "
            f"put there: {advice}"
        )


# ---- what is put on it


def _builder(found):
    """Return build(without), which returns `Built` for a board: without those PARTS.

    The runtime is source where there is no mpy-cross, or the board takes no files of its version.
    """
    takes = (found.mpy & 255, found.mpy >> 8 & 3)
    if bundle.compiled_version() == takes:
        compiled = bundle.Compiled(found.architecture)
        form = f"compiled for {found.architecture or 'any processor'}"
        return lambda without: Built(form, {bundle.FILE: compiled.joined(without)}, tuple(without))
    form, architecture = "as source", found.architecture
    if architecture in ("xtensa", "xtensawin") and found.release < _RIGHT_ON_XTENSA:
        form += f", without machine code (MicroPython {found.version} compiles it wrongly on this processor)"
        architecture = None

    def build(without):
        sources = bundle.runtime_files(architecture, without)
        return Built(form, {f"eqprop/{each}": file.read_bytes() for each, file in sources.items()}, tuple(without))

    return build


def _digest(data, sha256):
    return hashlib.sha256(data).hexdigest() if sha256 else f"{binascii.crc32(data):08x}"


def _is_installed(found, built):
    return found.installed == {each: _digest(data, found.sha256) for each, data in built.files.items()}


def _needed(found, built, spare_blocks=0):
    """Return the bytes of flash that the runtime needs while it is put together beside the old one.

    spare_blocks: to be free once it is installed.
    """
    folder_blocks = 1 if found.fat else 2
    usable = found.block if found.fat else found.block - 8  # littlefs chains a file's blocks
    folders = len({parent for each in built.files for parent in PurePosixPath(each).parents})  # with the new one, "."
    folders += not found.lib_there
    blocks = sum(-(-len(data) // usable) for data in built.files.values())
    return (blocks + max(folder_blocks * folders, spare_blocks)) * found.block


def _fitting(found, without, replace, name):
    """Return the `Built` that the board gets: the smaller its flash, the fewer parts. Raises BoardError for no room."""
    build = _builder(found)
    more = [part for part in bundle.PARTS if part not in without]
    choices = [build((*without, *more[:n])) for n in range(len(more) + 1)]
    for built in choices:
        if _is_installed(found, built):
            return built
    room = found.flash + (found.occupied * found.block if replace else 0)
    fitting = [built for built in choices if _needed(found, built, _CHECKPOINT_BLOCKS) <= room]
    if _needed(found, choices[-1]) <= room:
        fitting = fitting or [choices[-1]]
    if found.installed and not replace and not (fitting and fitting[0] is choices[0]):
        raise BoardError(
            f"port {name}: the board's flash has no room for the old runtime and the new one: {room} bytes are free, "
            f"{_needed(found, choices[0])} needed: `eqprop deploy --replace` removes the old one first; until it "
            "ends, the board has none"
        )
    if not fitting:
        raise BoardError(
            f"port {name}: the board's flash is full: {room} bytes are free, {_needed(found, choices[-1])} needed by "
            "the smallest form of eqprop: remove files"
        )
    return fitting[0]


# ---- deploy and undeploy


def deploy(path, name, boot=False, tell=lambda line: None, without=(), replace=False, watchdog_ms=0):
    """Put the runtime on the board at `path`, called `name` in messages, and start its service; return `Deployed`.

    boot: have it start by itself after power-up. tell: called with a line before what takes long. without: names of
    PARTS to leave out. replace: take the old runtime away first where both do not fit. watchdog_ms: of the watchdog
    that it starts after power-up, 0 for none. Raises PortError, ProtocolError or BoardError; the board then has what it
    had before, unless that was to be replaced.
    """
    with contextlib.closing(Remote(path, name)) as remote:
        found = _probe(remote)
        if boot and found.starts is not None and not found.boots_eqprop:
            raise BoardError(
                f"port {name}: {found.boot} on the board is not eqprop's: let it end with "
                "`import eqprop.service; eqprop.service.main()`, or move it away"
            )
        _check_first(found, name)
        tell("compiling the runtime")
        built = _fitting(found, without, replace, name)
        copied = not _is_installed(found, built)
        if copied:
            _install(remote, found, built, replace and _needed(found, built) > found.flash, tell)
        tell("testing the runtime on the board")
        tier, crc = _test_in_place(remote, found)
        boots = boot or found.boots_eqprop
        program = _program(found, watchdog_ms or found.watchdog_ms)
        if boots and program != found.starts:
            remote.run("boot", boot=found.boot, text=program)
        remote.start(program)
    try:
        heap = _serves(path, name, boots)
    except (BoardError, PortError):
        if boots:
            _no_boot(path, name, found)
        raise
    return Deployed(found, built, copied, tier, crc, heap, boots)


def _install(remote, found, built, replace, tell):
    """Copy the runtime to the board, test it there, and let it take the old one's place."""
    folder = f"{found.lib}/eqprop-new"
    try:
        if replace:
            tell("removing the old runtime: until the new one is there, the board has none")
        remote.run("stage", lib=found.lib, files=list(built.files), replace=replace)
        tell(f"copying {sum(map(len, built.files.values()))} bytes to {remote.name}")
        remote.write(built.files, folder)
        expected = {each: _digest(data, found.sha256) for each, data in built.files.items()}
        if wrong := remote.run("check", folder=folder, files=expected):
            raise BoardError(f"port {remote.name}: {', '.join(wrong)} arrived damaged: try again")
        tell("testing the copy")
        remote.run("selftest", fresh=True, timeout_s=_SELFTEST_S, folder=folder)
        remote.run("install", fresh=True, lib=found.lib)
    except BaseException:
        # If the board can still be reached: else the next `deploy` does it
        with contextlib.suppress(BoardError, PortError):
            remote.reach()
            remote.run("probe", fresh=True)
        raise


def _test_in_place(remote, found):
    """Have the runtime that the board's programs import test itself; return (tier, CRC-32) of the test."""
    tier, crc, version, file = remote.run("selftest", fresh=True, timeout_s=_SELFTEST_S, folder="")
    if version != eqprop.__version__ or not file.startswith((f"{found.lib}/eqprop/", f"{found.lib}/{bundle.FILE}")):
        raise BoardError(
            f"port {remote.name}: the board imports eqprop {printable(version)} from {printable(file)}, not "
            f"{eqprop.__version__} from {found.lib or '/'}: move that away"
        )
    return tier, crc


def _program(found, watchdog_ms):
    """Return the text of main.py, which starts the service."""
    text = (resources.files("eqprop_host.deploy.on_board") / "main.py").read_text()
    return text.replace("LIB", found.lib).replace("OPTIONS", f"watchdog_ms={watchdog_ms}" if watchdog_ms else "")


def _serves(path, name, boots):
    """See the service answer; return the bytes of heap that it and the network it holds leave free."""
    try:
        with contextlib.closing(ports.link(path, name, _START_S)) as link:
            return Board(link).state.free_heap
    except ProtocolError:
        if not boots and _at_prompt(path, name):
            raise BoardError(
                f"port {name}: the board resets when its port is opened, which ends the service: "
                "`eqprop deploy --boot` makes it start by itself"
            ) from None
        raise


def _at_prompt(path, name):
    with contextlib.closing(Remote(path, name)) as remote:
        return remote.at_prompt()


def _no_boot(path, name, found):
    """Take main.py away from a board on which it does not serve, if the board can still be reached."""
    with contextlib.suppress(BoardError, PortError), contextlib.closing(Remote(path, name)) as remote:
        remote.reach()
        remote.run("boot", fresh=True, boot=found.boot, text="")


def undeploy(path, name):
    """Take the runtime away from the board at `path`, its checkpoints and what starts it; return the paths removed."""
    with contextlib.closing(Remote(path, name)) as remote:
        found = _probe(remote)
        return remote.run(
            "uninstall",
            lib=found.lib,
            boot=found.boot,
            installed=found.ours,
            boots=found.boots_eqprop,
            checkpoints=list(NAMES),
        )
