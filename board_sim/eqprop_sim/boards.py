"""Simulated boards: the runtime's service in a process of its own, behind a serial port that hosts open as hardware.

    sim:                 CPython, the plain kernels compiled by numba
    sim:micropython      a real MicroPython interpreter; ?heap=192k limits its heap, ?tier=plain has it compute so
    sim:cortex-m0        MicroPython's firmware on an emulated Cortex-M0, with the same options; also m3, m4 and m7

The port is a pseudo terminal, or a TCP port on loopback where the system has none.
"""

import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from urllib.parse import parse_qsl

import eqprop
from eqprop.tiers import TIERS

from . import cortex, interpreters

try:
    import tty
except ImportError:  # Windows has no pseudo terminals
    tty = None

SCHEME = "sim:"
ENGINES = {
    "sim:": "simulated board: CPython, kernels compiled by numba",
    "sim:micropython": "simulated board: real MicroPython, heap of 192 KB",
    **{f"sim:{cpu}": f"simulated board: emulated {cpu.title()}, heap of 192 KB" for cpu in cortex.CPUS},
}
_HEAP = "192k"
_STOP_S = 10
_WORDS_S = 2


def _options(engine, query):
    """Return the options behind the `?`, refusing those that the engine does not have."""
    known = {"heap", "tier"} if engine == "micropython" or engine in cortex.CPUS else set()
    options = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key not in known:
            raise ValueError(f"{SCHEME}{engine} has no option {key}={value}")
        options[key] = value
    if options.get("tier", TIERS[0]) not in TIERS:
        raise ValueError(f"tier={options['tier']} is none of {', '.join(TIERS)}")
    return options


def _heap_bytes(text):
    """Return the bytes that "96k", "1m" or "98304" stand for."""
    match = re.fullmatch(r"([1-9]\d{0,9})([km]?)", text.lower())
    if not match:
        raise ValueError(f"heap={text} is no size such as 192k")
    return int(match[1]) * {"": 1, "k": 1024, "m": 1024 * 1024}[match[2]]


def _command(url, tell):
    """Return (argv, environment) of the process that a `sim:` URL stands for."""
    engine, _, query = url.removeprefix(SCHEME).partition("?")
    options = _options(engine, query)
    folders = [str(Path(package).parent.parent) for package in (eqprop.__file__, __file__)]
    if engine == "":
        paths = [*folders, *filter(None, [os.environ.get("PYTHONPATH")])]
        return [sys.executable, "-m", "eqprop_sim"], {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    if engine != "micropython" and engine not in cortex.CPUS:
        raise ValueError(f"{url} is no simulated board; there are {', '.join(ENGINES)}")
    heap = _heap_bytes(options.get("heap", _HEAP))
    program = Path(__file__).parent / "firmware" / "main.py"
    tier = options.get("tier", "")
    if engine == "micropython":
        return interpreters.obtain("unix", tell).command(program, tier, heap_bytes=heap, path=folders[:1])
    board = cortex.obtain(engine, tell)
    return board.command(program, tier, engine, board.instruction_ns, heap_bytes=heap, path=folders[:1])


class SimulatedBoard:
    """A running board. `path` is what pyserial opens: a device's path or a socket:// URL."""

    def __init__(self, url, tell=lambda line: None):
        """Start the board that a `sim:` URL names.

        tell: called with a line before what takes long, such as building an interpreter.
        Raises ValueError for an unknown board or option, `installation.Unavailable` when it cannot be had.
        """
        argv, environment = _command(url, tell)
        self._emulated = url.removeprefix(SCHEME).startswith(cortex.CPUS)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the board)
        with contextlib.ExitStack() as undo:
            undo.callback(self._errors.close)
            self._hang_up = contextlib.ExitStack()
            undo.enter_context(self._hang_up)
            start = self._on_terminal if tty else self._on_loopback
            self.path = start(argv, environment)
            undo.pop_all()

    def _start(self, argv, environment, **streams):
        # A session of its own: Ctrl-C at the terminal is for the host, which then says goodbye to the board.
        # A folder of our own: nothing that lies in the user's can be imported in place of a library.
        streams.update(stderr=self._errors, cwd=Path(__file__).parent.parent)
        return subprocess.Popen(argv, env=environment, start_new_session=True, **streams)

    def _on_terminal(self, argv, environment):
        board, host = os.openpty()
        self._hang_up.callback(os.close, host)
        try:
            tty.setraw(host)
            path = os.ttyname(host)  # while there is a board at the other end
            self._process = self._start(argv, environment, stdin=board, stdout=board)
        finally:
            os.close(board)
        return path

    def _on_loopback(self, argv, environment):
        listener = self._hang_up.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1))
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = self._start(argv, environment, bufsize=0, **pipes)
        threading.Thread(target=self._relay, args=(listener,), daemon=True).start()
        return f"socket://127.0.0.1:{listener.getsockname()[1]}"

    def _relay(self, listener):
        """Carry bytes between the one connection that is accepted and the board's streams."""
        board_in, board_out = self._process.stdin, self._process.stdout
        with contextlib.suppress(OSError), contextlib.closing(listener):
            connection = listener.accept()[0]
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def answers():
            with contextlib.suppress(OSError), connection, board_out:
                while data := board_out.read(4096):
                    connection.sendall(data)

        threading.Thread(target=answers, daemon=True).start()
        with contextlib.suppress(OSError), board_in:
            while data := connection.recv(4096):
                board_in.write(data)

    def last_words(self):
        """Return the last line that a board which has stopped wrote to its standard error; "" for one that runs on."""
        try:
            self._process.wait(_WORDS_S)
        except subprocess.TimeoutExpired:
            return ""
        self._errors.seek(0)
        return "".join(self._errors.read().decode(errors="replace").strip().splitlines()[-1:])

    def close(self):
        """Switch the board off, after the host has closed `path`: it ends when its port hangs up, or is ended."""
        self._hang_up.close()
        if self._emulated:
            self._process.terminate()  # as a real board, it does not notice that its port has nobody at the other end
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()
