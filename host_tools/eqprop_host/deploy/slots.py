"""Puts an application next to the runtime: whole, or not at all.

Two folders on the board, SLOTS, take turns. A new application is copied into the one that is not in use. After the
hashes match, one rename replaces main.py, which names the folder to start; only then the old folder is removed. So a
power cut at any moment leaves the old application or the new one.
"""

import re
import tempfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path, PurePosixPath

from ..errors import BoardError, DataError
from ..terminal.printing import printable
from . import bundle

SLOTS = ("eqprop-app-0", "eqprop-app-1")
_MARK = re.compile(r"# By `eqprop deploy APP`: (.*) in (eqprop-app-[01])\n")
_WATCHDOG = re.compile(r"^watchdog_ms = (\d+)$", re.MULTILINE)


def started(text):
    """Return (name, slot) of the application that a main.py starts, (None, "") if it starts none."""
    found = _MARK.match(text or "")
    return (found[1], found[2]) if found else (None, "")


def watchdog_ms(text):
    """Return the period of the watchdog that the application's main.py starts, in ms; 0 for none."""
    found = started(text)[0] and _WATCHDOG.search(text)
    return int(found[1]) if found else 0


@dataclass(frozen=True)
class Planned:
    """An application that fits a board."""

    files: dict
    """{path in its slot: bytes}."""
    slot: str
    """The slot to start: the one in use if nothing has changed."""
    text: str
    """The main.py that starts it."""
    same: bool
    """Whether the board has these files already."""
    needed: int
    """Bytes of flash to keep free for it."""
    replaces: str
    """The old application's folder, if that must be removed first; otherwise ""."""


def build(application, found):
    """Return {path in the slot: bytes}: compiled for the board, as source if its MicroPython takes other .mpy files."""
    files = dict(application.data)
    if bundle.compiled_version() != (found.mpy & 255, found.mpy >> 8 & 3):
        return {**files, **application.modules}
    with tempfile.TemporaryDirectory(prefix="eqprop-build-") as work:
        for name, data in application.modules.items():
            source, result = Path(work) / "source.py", Path(work) / "result.mpy"
            source.write_bytes(data)
            bundle.compile_module(name, source, result, found.architecture, lines=True)
            files[f"{name.removesuffix('.py')}.mpy"] = result.read_bytes()
    return files


def plan(remote, found, application, digest, period_ms, replace):
    """Return how an application is put on the board that is `Found`; nothing is written.

    digest: returns the hash of bytes, as the board computes it. period_ms: of the watchdog, 0 for none. replace: the
    old application may be removed first. Raises BoardError or DataError for one that the board cannot take or run.
    """
    root = found.boot.rpartition("/")[0]
    _, current = started(found.starts)
    outside = sorted({name.split(".")[0] for name in application.imports} - {"eqprop"})
    names = {"root": root, "slots": SLOTS, "slot": current}
    about = remote.run("application/probe", fresh=True, names=application.names, imports=outside, **names)
    shadowed, lacking, installed, occupied, flash = about
    if shadowed:
        raise DataError(
            f"{application.name}: {shadowed[0]}.py would hide the board's own module {shadowed[0]}: rename it"
        )
    if lacking:
        name, reason = lacking[0]
        raise BoardError(
            f"port {remote.name}: {application.name} imports {name}, but the board has {printable(reason)}: put the "
            "module into the application's folder"
        )
    files = build(application, found)
    same = bool(current) and installed == {name: digest(data) for name, data in files.items()}
    slot = current if same else SLOTS[current == SLOTS[0]]
    needed = 0 if same else _needed(found, files)
    replaces = ""
    if needed > flash and current:
        if not replace:
            raise BoardError(
                f"port {remote.name}: the board's flash has no room for both the old application and the new one: "
                f"{flash} bytes are free, {needed} needed: type `eqprop deploy --replace` to remove the old one first"
            )
        flash += occupied
        replaces = f"{root}/{current}"
    if needed > flash:
        largest = max(files, key=lambda name: len(files[name]))
        raise BoardError(
            f"port {remote.name}: the board's flash is too small for {application.name}: {flash} bytes are free, "
            f"{needed} needed, of which {largest} takes {len(files[largest])}"
        )
    text = _main(application.name, root, slot, found.lib, period_ms)
    return Planned(files, slot, text, same, needed, replaces)


def _needed(found, files):
    """Return the bytes of flash that files take, with their folders and a new main.py."""
    usable = found.block if found.fat else found.block - 8
    folders = len({parent for name in files for parent in PurePosixPath(name).parents})
    blocks = sum(max(1, -(-len(data) // usable)) for data in files.values())
    return (blocks + folders * (1 if found.fat else 2) + 1) * found.block


def _main(name, root, slot, lib, period_ms):
    text = (resources.files("eqprop_host.deploy.on_board.application") / "main.py").read_text()
    name = printable(name)  # of a user's folder, which may hold quotes, and any of the words here
    values = {
        "ROOT": root,
        "SLOT": slot,
        "LIB": lib,
        "NAME": name,
        '"eqprop: NAME starts"': repr(f"eqprop: {name} starts"),
    }
    values["watchdog_ms = 0"] = f"watchdog_ms = {period_ms}"
    words = "|".join(map(re.escape, sorted(values, key=len, reverse=True)))
    return re.sub(words, lambda match: values[match[0]], text)


def put(remote, found, planned, digest, tell):
    """Put a planned application on the board, and let main.py start it; the old one is removed."""
    root = found.boot.rpartition("/")[0]
    folder = f"{root}/{planned.slot}"
    if not planned.same:
        files = list(planned.files)
        remote.run("application/stage", boot=found.boot, old=planned.replaces, folder=folder, files=files)
        tell(f"copying {sum(map(len, planned.files.values()))} bytes of the application")
        remote.write(planned.files, folder)
        expected = {name: digest(data) for name, data in planned.files.items()}
        if wrong := remote.run("check", folder=folder, files=expected):
            raise BoardError(f"port {remote.name}: {', '.join(wrong)} arrived damaged: try again")
    if planned.text != found.starts:
        remote.run("boot", boot=found.boot, text=planned.text)
    # The other slot is removed by name, whatever it holds
    remote.run("application/probe", root=root, slots=SLOTS, slot=planned.slot, names=[], imports=[])
