"""The ports of boards: the system's serial ports, any pyserial URL, tcp://, ble://, and simulated boards."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
from collections.abc import Callable, Iterator
from typing import Any

import serial
from serial.tools import list_ports

from eqprop_sim import simulated_board
from eqprop_sim.toolchain import interpreters

from ..errors import PortError, ProtocolError
from ..link import ble, tcp
from ..link.link import Link
from .board import Board

try:
    import grp
except ImportError:  # Windows
    grp = None  # type: ignore[assignment]

_BAUD = 115200
_READ_S = 0.05
_ANSWER_S = 3.0
_RECONNECT_S = 60.0
START_S = 60.0  # a simulated board may have to compile its kernels first
OPENERS: dict[str, Callable[[str, float], Any]] = {tcp.SCHEME: tcp.TcpStream, ble.SCHEME: ble.BleStream}
"""What opens the ports that are none of pyserial's, by the beginning of their URLs."""


def available_ports() -> list[tuple[str, str]]:
    """Return (URL, description) of each, the system's serial ports first."""
    real = [(port.device, port.description) for port in sorted(list_ports.comports())]
    return real + list(simulated_board.ENGINES.items())


def usb_ports() -> list[tuple[str, str]]:
    """Return (path, description) of the system's serial ports that are USB devices, as boards are."""
    return [(port.device, port.description) for port in sorted(list_ports.comports()) if port.vid is not None]


def link(
    path: str, name: str, answer_s: float, reconnect_s: float = 0.0, tell: Callable[[str], None] = lambda line: None
) -> Link:
    """Return a `Link` to what is at `path`, a device's path or any pyserial URL, called `name` in messages."""
    return Link(lambda: open_stream(path, name), name, answer_s, reconnect_s, tell=tell)


def open_stream(path: str, name: str) -> Any:
    """Return the open port at `path`, called `name` in messages, for this process alone. Raises PortError.

    It has the methods of pyserial's ports that `eqprop_host.link.line.Port` calls.
    """
    for scheme, opener in OPENERS.items():
        if path.startswith(scheme):
            return opener(path, _READ_S)
    stream = None
    try:
        stream = serial.serial_for_url(path, baudrate=_BAUD, timeout=_READ_S, write_timeout=START_S, do_not_open=True)
        stream.exclusive = True
        vars(stream).update(close=functools.partial(_close, stream, stream.close))
        stream.open()
        return stream
    except (OSError, ValueError) as error:
        if stream:
            stream.close()
        number = getattr(error, "errno", None)
        reason = os.strerror(number) if number else error
        if number == errno.EAGAIN:
            reason = "another program is using it"
        if f"Could not configure port: ({errno.ENOTTY}," in str(error):  # what pyserial says of any other file
            reason = "it is not a serial port"
        if number == errno.EACCES:
            reason = f"{reason}{_who_may(path)}"
        raise PortError(f"port {name!r} cannot be opened: {reason}") from error


def check_console(port: str) -> None:
    """Raise PortError for a port that carries neither a board's prints nor MicroPython's prompt.

    Raises as `check_program`, too.
    """
    check_program(port)
    if port.startswith(tuple(OPENERS)):
        text = "has no prints and no prompt of MicroPython: name the board's console, such as its USB"
        raise PortError(f"port {port}: {text}")


def _who_may(path: str) -> str:
    """Return what helps against a device that only its group may open, "" where that is not known."""
    try:
        group = grp and grp.getgrgid(os.stat(path).st_gid).gr_name
    except (OSError, KeyError):
        return ""
    return f": its group may: `sudo usermod -aG {group} $USER`, then log in again"


def _close(stream: Any, close: Callable[[], None]) -> None:
    """Close a port by its own `close`; pyserial leaves a socket open whose other end was gone first."""
    own = getattr(stream, "_socket", None)
    close()
    if own:
        own.close()


def check_program(port: str) -> None:
    """Raise PortError for a simulated board that serves hosts: only a blank one runs a user's program."""
    if is_served(port):
        raise PortError(f"port {port}: serves a host, and has no program of its own: name a board's port")


def is_served(port: str) -> bool:
    """Return whether a simulated board serves hosts at `port`; a blank one does not. Raises PortError if unknown."""
    if not port.startswith(simulated_board.SCHEME):
        return False
    try:
        return not simulated_board.is_blank(port)
    except ValueError as error:
        raise PortError(f"port {error}") from error


@contextlib.contextmanager
def _simulated(port: str, tell: Callable[[str], None]) -> Iterator[simulated_board.SimulatedBoard]:
    """Yield the simulated board that `port` names, on meanwhile. Raises PortError."""
    try:
        board = simulated_board.SimulatedBoard(port, tell)
    except (ValueError, interpreters.Unavailable) as error:
        raise PortError(f"port {error}") from error
    with contextlib.closing(board):
        yield board


@contextlib.contextmanager
def powered(port: str, tell: Callable[[str], None] = lambda line: None) -> Iterator[str]:
    """Yield what pyserial opens for `port`: itself, or the path of the simulated board that it names, on meanwhile.

    tell, errors: as `open_board`.
    """
    if not port.startswith(simulated_board.SCHEME):
        yield port
        return
    with _simulated(port, tell) as board:
        yield board.path


@contextlib.contextmanager
def open_board(port: str, tell: Callable[[str], None] = lambda line: None) -> Iterator[Board]:
    """Yield the `Board` at `port`, as `--port` names it: `simulated_board` of eqprop_sim has the simulated ones.

    A simulated board is started here and ends with the context; a real one keeps serving. A port that fails after the
    board has answered is reopened, for up to a minute. tell: called with a line before each long step and, when nothing
    happens, with the reason of the wait. Raises PortError if the port cannot be opened or does not come back, and
    otherwise as `Board` does.
    """
    if not port.startswith(simulated_board.SCHEME):
        with contextlib.closing(link(port, port, _ANSWER_S, _RECONNECT_S, tell)) as opened:
            yield Board(opened)
        return
    with _simulated(port, tell) as simulated:
        try:
            # If a board died at once, its port is gone and opening fails, too
            with contextlib.closing(link(simulated.path, port, START_S, simulated.reconnect_s, tell)) as opened:
                yield Board(opened)
        except (PortError, ProtocolError) as error:
            if words := simulated.last_words():
                raise type(error)(f"port {port}: the board has stopped: {words}") from error
            raise
