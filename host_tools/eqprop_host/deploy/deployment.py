"""Puts the runtime on a board that has MicroPython, and removes it.

The runtime (`bundle`) is copied into a new folder next to the one in use. It replaces the old one only after every
file's hash matches and the self-test has passed. So the board always has either the old runtime or the new one, even
after an interruption. If the flash has no room for both, `replace` removes the old one first.
"""

import binascii
import contextlib
import hashlib
import re
from dataclasses import dataclass
from dataclasses import replace as changed
from pathlib import PurePosixPath

import eqprop
from eqprop.bench import widest
from eqprop.checkpoint import NAMES
from eqprop.net.settings import FILE
from eqprop.telemetry.blackbox import NAME as LOG

from ..boards import ports
from ..errors import BoardError, PortError, ProtocolError
from ..terminal.printing import printable
from . import bundle, serving, slots
from .catalogue import MODEL_BYTES, SPARE_BYTES
from .repl import Remote

OLDEST = (1, 23)
"""The oldest MicroPython that the runtime was tested on."""

_RIGHT_ON_XTENSA = (1, 26)  # the oldest MicroPython whose own viper compiler is right on Xtensa
MARK = "# By `eqprop deploy --boot`"
"""How its main.py begins."""

_SELFTEST_S = 120.0  # enough for a slow core that runs it from source
_CHECKPOINT_BLOCKS = 3  # kept free on a small flash: two checkpoints, and a third while it is written
_KEEP_ALIVE = """try:
    import machine
    machine.WDT(timeout={}).feed()
except Exception:
    pass
"""


def _is_ours(starts):
    return bool(starts and starts.startswith(MARK))


def watchdog_ms(starts):
    """Return the period of the watchdog that a main.py starts, if eqprop wrote it, in ms; 0 for none."""
    given = _is_ours(starts) and re.search(r"watchdog_ms=(\d+)", starts)
    return int(given[1]) if given else slots.watchdog_ms(starts)


@dataclass(frozen=True)
class Found:
    """What a board reports about itself (`on_board/probe.py`)."""

    implementation: str
    """`sys.implementation.name`."""
    version: str
    machine: str
    """The name of board and processor."""
    mpy: int
    """`sys.implementation._mpy`: the .mpy files it takes."""
    heap: int
    """Free heap bytes."""
    lacking: list
    """Required imports that fail."""
    size: int = 0
    """Size of its filesystem in bytes; 0 without one."""
    block: int = 0
    """Block size of the filesystem in bytes."""
    flash: int = 0
    """Free bytes of the filesystem."""
    fat: bool = False
    """Whether the filesystem is FAT."""
    lib: str = ""
    """The folder to install into, "" for the root."""
    lib_there: bool = True
    boot: str = ""
    """The path of main.py."""
    starts: str | None = None
    """The beginning of main.py, or None without one."""
    dsp: bool | None = None
    """Whether its core has the DSP instructions of ARMv7E-M; None for another core, and if it cannot be asked."""
    sha256: bool = False
    """Whether the board has SHA-256; otherwise CRC-32 is used."""
    installed: dict | None = None
    """Hashes of the installed runtime's files, by their paths in `lib`."""
    occupied: int = 0
    """Blocks that these files take."""
    first: str = ""
    """The path that `import eqprop` finds, or ""."""
    ours: bool = False
    """Whether the eqprop in `lib` is this runtime."""

    @property
    def architecture(self):
        """The architecture of its machine code, as mpy-cross names it, or None."""
        number = self.mpy >> 10 & 15
        return bundle.ARCHITECTURES[number] if number < len(bundle.ARCHITECTURES) else None

    @property
    def release(self):
        """MicroPython's version, as (major, minor)."""
        return tuple(int(number) for number in re.findall(r"\d+", self.version)[:2])

    @property
    def boots_eqprop(self):
        """Whether `deploy --boot` wrote main.py."""
        return _is_ours(self.starts)

    @property
    def application(self):
        """The name of the application that `deploy APP` put on it, or None."""
        return slots.started(self.starts)[0]

    @property
    def watchdog_ms(self):
        """The period of the watchdog that our main.py starts, in ms; 0 for none."""
        return watchdog_ms(self.starts)


@dataclass(frozen=True)
class Built:
    """The runtime, built for a board."""

    form: str
    """"compiled for armv7em", or "as source"."""
    files: dict
    """{path in the board's folder: bytes}."""
    left_out: tuple = ()
    """The parts left out: names in `bundle.PARTS`."""


@dataclass(frozen=True)
class Deployed:
    """The result of `deploy`."""

    found: Found
    built: Built
    copied: bool
    """Whether the files were copied now, rather than present already."""
    tier: str
    crc: int
    """The self-test's CRC-32."""
    heap: int
    """Free heap bytes while the service runs; at the prompt if the board starts an application."""
    boots: bool
    """Whether the board starts the service after power-up."""
    planned: slots.Planned | None = None
    """The application, if one was deployed."""
    application: str | None = None
    """The name of the application that the board starts."""
    where: str = ""
    """Where the service is reached, if not at the console: "uart:0,115200", or tcp:// and an address."""

    @property
    def size(self):
        """The total size of the files in bytes."""
        return sum(map(len, self.built.files.values()))

    def widest(self, layers):
        """Return the most hidden nodes that the board can hold, given inputs and outputs, with heap to spare."""
        return widest(layers, max(self.heap - MODEL_BYTES[self.tier] - SPARE_BYTES, 0))


# ---- which board


def only_board():
    """Return the port of the only connected board. Raises PortError for none or several."""
    boards = [port for port, _ in ports.usb_ports()]
    if not boards:
        raise PortError("found no board on USB: connect one, or name its port with --port")
    if len(boards) > 1:
        raise PortError(f"several boards are connected: choose one with --port: {', '.join(boards)}")
    return boards[0]


def _probe(remote):
    """Return what is `Found` at the port. Raises BoardError for a board that cannot run the runtime."""
    oldest = ".".join(map(str, OLDEST))
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
        raise ProtocolError(f"port {remote.name}: the board gave an invalid answer to eqprop's probe") from error
    version = f"{printable(found.implementation)} {printable(found.version)}"
    advice = f"put MicroPython {oldest} or newer on"
    if found.implementation != "micropython":
        raise BoardError(f"port {remote.name}: the board runs {version}: {advice} it")
    if found.release < OLDEST:
        raise BoardError(f"port {remote.name}: {version} is too old: {advice} the board")
    if found.lacking:
        raise BoardError(f"port {remote.name}: {version} lacks `{found.lacking[0]}`: {advice} the board")
    if not found.size:
        raise BoardError(
            f"port {remote.name}: the board has no filesystem for eqprop: put firmware with one on the board, "
            "or freeze eqprop into the firmware (manifest.py)"
        )
    if found.watchdog_ms:
        remote.keep_alive = _KEEP_ALIVE.format(found.watchdog_ms)
    return found


def _check_first(found, name):
    """Raise BoardError if programs would import another eqprop than the one to deploy."""
    own = [f"{found.lib}/eqprop", f"{found.lib}/{bundle.FILE}"]
    if found.first and not (found.first in own and found.ours):
        advice = "rename it or move it away" if found.first.startswith("/") else "use that, or other firmware"
        raise BoardError(
            f"port {name}: `import eqprop` on the board finds {printable(found.first)}, which `eqprop deploy` did not "
            f"put there: {advice}"
        )


# ---- what is put on it


def _builder(found, extras=(), compiler=None):
    """Return build(without), a function that returns the `Built` for a board, leaving out those PARTS.

    extras: names of `bundle.EXTRAS` to add.

    It builds source files if there is no mpy-cross, or if the board takes another version of .mpy files.
    """
    takes = (found.mpy & 255, found.mpy >> 8 & 3)
    if bundle.compiled_version() == takes:
        compiled = (compiler or bundle.Compiled)(found.architecture, extras, found.dsp)
        form = f"compiled for {found.architecture or 'any processor'}"
        return lambda without: Built(form, {bundle.FILE: compiled.joined(without)}, tuple(without))
    form, architecture = "as source", found.architecture
    if architecture in ("xtensa", "xtensawin") and found.release < _RIGHT_ON_XTENSA:
        form += f", without machine code (MicroPython {found.version} compiles it wrongly on this processor)"
        architecture = None

    def build(without):
        sources = bundle.runtime_files(architecture, without, extras, compiled=False, dsp=found.dsp)
        return Built(form, {f"eqprop/{each}": file.read_bytes() for each, file in sources.items()}, tuple(without))

    return build


def _hasher(found):
    """Return the function that computes the hash of bytes as the board does."""
    return lambda data: hashlib.sha256(data).hexdigest() if found.sha256 else f"{binascii.crc32(data):08x}"


def _is_installed(found, built):
    return found.installed == {each: _hasher(found)(data) for each, data in built.files.items()}


def _needed(found, built, spare_blocks=0):
    """Return the bytes of flash that the runtime needs while the old one is still there.

    spare_blocks: blocks that must stay free after the installation.
    """
    folder_blocks = 1 if found.fat else 2
    usable = found.block if found.fat else found.block - 8  # littlefs links a file's blocks
    folders = len({parent for each in built.files for parent in PurePosixPath(each).parents})  # with the new one, "."
    folders += not found.lib_there
    blocks = sum(-(-len(data) // usable) for data in built.files.values())
    return (blocks + max(folder_blocks * folders, spare_blocks)) * found.block


def _fitting(found, without, extras, replace, name, needed=(), compiler=None):
    """Return the `Built` for the board: a smaller flash gets fewer parts. Raises BoardError if nothing fits.

    needed: names of PARTS that must not be left out.
    """
    build = _builder(found, extras, compiler)
    of_resistive = bundle.OF_RESISTIVE & set(extras)
    needed = {*needed, *(("resistive",) if of_resistive else ())}
    if clash := needed & set(without):
        who = ", ".join(sorted(of_resistive)) or "the application"
        raise BoardError(f"--without {', '.join(clash)}: {who} needs it")
    more = [part for part in bundle.PARTS if part not in {*without, *needed}]
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
            f"port {name}: the board's flash has no room for both the old runtime and the new one: {room} bytes are "
            f"free, {_needed(found, choices[0])} needed: type `eqprop deploy --replace` to remove the old one first; "
            "the board has no runtime until it ends"
        )
    if not fitting:
        raise BoardError(
            f"port {name}: the board's flash is full: {room} bytes are free, {_needed(found, choices[-1])} needed by "
            "the smallest form of eqprop: remove files"
        )
    return fitting[0]


# ---- deploy and undeploy


def deploy(
    path,
    name,
    boot=False,
    tell=lambda line: None,
    without=(),
    replace=False,
    watchdog_ms=0,
    extras=(),
    application=None,
    served=None,
    compiler=None,
):
    """Put the runtime on the board at `path`, called `name` in messages, and start its service; return `Deployed`.

    boot: start the service after power-up. tell: called with a line before each long step. without: names of PARTS to
    leave out. replace: remove the old runtime, and the old application, first if both do not fit. watchdog_ms: period
    of the watchdog to start after power-up; 0: the service keeps the one that it has, an application gets none. extras:
    names of `bundle.EXTRAS` to add. application: an `Application` to put next to the runtime and to start in place of
    the service. served: a `serving.Serving`, None for the port that the board has served on, with its settings.
    compiler: makes a `bundle.Compiled`, as `bundle.Shared` does for many boards; None for each anew. Raises PortError,
    ProtocolError, BoardError or DataError; the board then still has its old runtime and application, unless `replace`
    has removed them.
    """
    with contextlib.closing(Remote(path, name)) as remote:
        found = _probe(remote)
        _check_main(found, name, boot, application)
        _check_first(found, name)
        tell("compiling the runtime")
        needed, planned = (), None
        port = served.port if served else serving.port_of(found.starts)
        if port != serving.USB and not application:
            extras = tuple(dict.fromkeys((*extras, "net")))
        if application:
            more, needed = bundle.extras_of(application.imports)
            extras = tuple(dict.fromkeys((*extras, *more)))
            planned = slots.plan(remote, found, application, _hasher(found), watchdog_ms, replace)
        room = changed(found, flash=found.flash - (planned.needed if planned else 0))
        built = _fitting(room, without, extras, replace, name, needed, compiler)
        copied = not _is_installed(found, built)
        if copied:
            _install(remote, found, built, replace and _needed(found, built) > room.flash, tell)
        tell("testing the runtime on the board")
        tier, crc = _test_in_place(remote, found)
        if served and served.settings:
            serving.write_settings(remote, found, served.settings)
        if planned:
            slots.put(remote, found, planned, _hasher(found), tell)
        if planned or found.application:
            started = application.name if application else found.application
            remote.restart(f"eqprop: {started} starts")
            return Deployed(found, built, copied, tier, crc, found.heap, False, planned, started)
        boots = boot or found.boots_eqprop
        program = serving.program(found, watchdog_ms or found.watchdog_ms, port)
        if boots and program != found.starts:
            remote.run("boot", boot=found.boot, text=program)
        if port != serving.USB:
            where, heap = serving.start(remote, found, program, served and served.settings.get("ssid"))
            return Deployed(found, built, copied, tier, crc, heap, boots, where=where)
        remote.start(program)
    try:
        heap = serving.heap(path, name, boots)
    except (BoardError, PortError):
        if boots:
            serving.no_boot(path, name, found)
        raise
    return Deployed(found, built, copied, tier, crc, heap, boots)


def _check_main(found, name, boot, application):
    """Raise BoardError if main.py is another's, and would have to go."""
    if boot and found.application:
        raise BoardError(
            f"port {name}: the board starts the application {found.application}: "
            f"`eqprop undeploy --port {name}` removes it"
        )
    if application and found.starts is not None and not (found.application or found.boots_eqprop):
        raise BoardError(f"port {name}: {found.boot} on the board is not eqprop's: move it away")
    if boot and found.starts is not None and not found.boots_eqprop:
        raise BoardError(
            f"port {name}: {found.boot} on the board is not eqprop's: let it end with "
            "`import eqprop.service; eqprop.service.main()`, or move it away"
        )


def _install(remote, found, built, replace, tell):
    """Copy the runtime to the board, test it there, and put it in the old one's place."""
    folder = f"{found.lib}/eqprop-new"
    try:
        if replace:
            tell("removing the old runtime: the board has none until the new one is installed")
        remote.run("stage", lib=found.lib, files=list(built.files), replace=replace)
        tell(f"copying {sum(map(len, built.files.values()))} bytes to {remote.name}")
        remote.write(built.files, folder)
        expected = {each: _hasher(found)(data) for each, data in built.files.items()}
        if wrong := remote.run("check", folder=folder, files=expected):
            raise BoardError(f"port {remote.name}: {', '.join(wrong)} arrived damaged: try again")
        tell("testing the copy")
        remote.run("selftest", fresh=True, timeout_s=_SELFTEST_S, folder=folder)
        remote.run("install", fresh=True, lib=found.lib)
    except BaseException:
        # Only if the board can still be reached; otherwise the next `deploy` cleans up
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


def undeploy(path, name):
    """Remove the runtime, what it keeps and its main.py from the board at `path`; return the removed paths.

    It keeps checkpoints, the files of a black box in the flash's root, and settings.
    """
    with contextlib.closing(Remote(path, name)) as remote:
        found = _probe(remote)
        return remote.run(
            "uninstall",
            lib=found.lib,
            boot=found.boot,
            installed=found.ours,
            boots=found.boots_eqprop or bool(found.application),
            slots=list(slots.SLOTS),
            kept=[*NAMES, FILE, f"{FILE}.new"],
            log=LOG.format(""),
        )
