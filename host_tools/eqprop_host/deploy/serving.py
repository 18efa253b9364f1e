"""How a board's service is started: main.py for after power-up, where it serves, and whether it does."""

import contextlib
import getpass
import os
import re
import sys
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path, PurePosixPath

from eqprop.net.settings import FILE

from ..boards import ports
from ..boards.board import Board
from ..errors import BoardError, DataError, PortError, ProtocolError
from ..link import secret
from ..terminal.printing import printable
from .repl import Remote

USB = "usb"
"""The board's console, where it serves unless another port is chosen."""
PASSWORD = "EQPROP_WIFI_PASSWORD"
_PORT = re.compile(r"usb|tcp(:\d{1,5})?|uart:\d,\d{1,7}(,(tx|rx)=\d{1,2})*|ble(:[\w -]{1,26})?")
_START_S = 10.0
_SERVES_S = 60.0  # for a board to load the runtime and its checkpoint
_WIFI_S = 30.0
_SERVES = re.compile(rb"eqprop: serves ([^\n]*), (\d+) bytes of heap free\r?\n")
_JOINED = re.compile(rb"eqprop: at (tcp://[\d.:]+)\r?\n")


@dataclass(frozen=True)
class Serving:
    """Where a board is to serve after power-up."""

    port: str
    """As `eqprop.net.port` takes it, or USB."""
    settings: dict = field(default_factory=dict, repr=False)
    """What to write to the board's settings (`eqprop.net.settings`); {} to keep those that it has."""


def is_port(text):
    """Return whether a text names a port to serve on."""
    return bool(_PORT.fullmatch(text))


def settings(ssid, path, tell):
    """Return the settings of a board: its Wi-Fi, whose password is asked for, and the secret in the file `path`.

    A secret is made where the file is not there. Raises DataError or PortError for what is missing or cannot be.
    """
    found = {}
    if ssid:
        password = os.environ.get(PASSWORD)
        if password is None:
            if not sys.stdin.isatty():
                raise DataError(f"--wifi {ssid}: its password: type it at a terminal, or set {PASSWORD}")
            password = getpass.getpass(f"password of {ssid}: ")
        found = {"ssid": ssid, "password": password}
    if path and not Path(path).exists():
        secret.make(path)
        tell(f"{path}: a new secret: hosts need it")
    key = secret.find(path)
    if key is None:
        raise DataError(
            f"a board's TCP port needs a secret: --secret FILE, which is made for you, or {secret.VARIABLE}"
        )
    return {**found, "secret": key.decode()}


def write_settings(remote, found, about):
    """Write settings of a board, all or nothing; it keeps those that are not named."""
    remote.run("settings", path=str(PurePosixPath(found.boot).parent / FILE), settings=about)


def program(found, watchdog_ms, port):
    """Return the text of main.py, which starts the service on a port."""
    text = (resources.files("eqprop_host.deploy.on_board") / "main.py").read_text()
    options = f"watchdog_ms={watchdog_ms}" if watchdog_ms else ""
    if port != USB:
        # The console stays a prompt behind Ctrl-C
        text = re.sub(r"\nimport micropython\n\n.*\n", "\n", text).replace("eqprop.service", "eqprop.net")
        text = text.replace("main(OPTIONS)", f"serve({', '.join(filter(None, [repr(port), options]))})")
    return text.replace("LIB", found.lib).replace("OPTIONS", options)


def port_of(starts):
    """Return the port that a main.py of `program` serves on."""
    given = re.search(r"eqprop\.net\.serve\('([^']*)'", starts or "")
    return given[1] if given else USB


def start(remote, found, text, wifi):
    """Start a main.py that serves elsewhere, and leave it running; return (where it is reached, heap bytes free).

    wifi: the name of the Wi-Fi that it is to join first, or None. Raises BoardError for a program that fails, which the
    board then does not start again.
    """
    try:
        serves = remote.watch(text, _SERVES, _SERVES_S)
    except BoardError:
        with contextlib.suppress(BoardError, PortError):
            remote.reach()
            remote.run("boot", fresh=True, boot=found.boot, text="")
        raise
    where = printable(serves[1].decode(errors="replace"))
    if wifi:
        try:
            where = remote.watch(None, _JOINED, _WIFI_S)[1].decode()
        except ProtocolError as error:
            raise BoardError(
                f"port {remote.name}: the board serves, and has not joined the Wi-Fi {wifi} within {_WIFI_S:g} s; it "
                "goes on trying: check the name and the password, and deploy again"
            ) from error
    return where, int(serves[2])


def heap(path, name, boots):
    """Check that the service answers at the console; return the heap bytes that it and its network leave free."""
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


def no_boot(path, name, found):
    """Remove main.py from a board on which the service does not answer, if the board can still be reached."""
    with contextlib.suppress(BoardError, PortError), contextlib.closing(Remote(path, name)) as remote:
        remote.reach()
        remote.run("boot", fresh=True, boot=found.boot, text="")
