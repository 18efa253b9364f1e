"""Simulated boards: the runtime's service in its own process, on a serial port that hosts open like hardware.

    sim:                 CPython, the plain kernels compiled by numba
    sim:micropython      a real MicroPython interpreter; ?heap=192k limits its heap, ?tier=plain sets its tier
    sim:cortex-m0        MicroPython's firmware on an emulated Cortex-M0, with the same options; also m3, m4 and m7
    sim:rv32             the same on an emulated RISC-V core (RV32IMC)
    sim:xtensawin        the same on an emulated Xtensa core with windowed registers, like the ESP32's
    sim:rp2040           a Raspberry Pi Pico's own firmware, on the emulated microcontroller with its flash and USB

The port is a pseudo terminal or, on systems without them, a TCP port on loopback. Options follow a question mark,
joined by &, as in `sim:?flip=1e-4&reset_every=500&seed=7`:

    heap=192k                  size of the heap (not for sim: and sim:rp2040)
    blank=512k                 no eqprop yet: MicroPython's prompt, and an empty flash of that size (emulated boards)
    blank                      the same for a Pico, whose flash has its own size (rp2040 only)
    mount=/flash, format=fat   mount point of a blank board's flash (/), and its filesystem (littlefs; none for none)
    block=4k                   block size of that filesystem (4k; 512 with format=fat)
    flash=FOLDER               folder for checkpoints; without it they vanish when the board is closed. A Pico keeps its
                               whole flash there; other blank boards refuse the option
    via=uart                   serve on a simulated UART's pins (sim:micropython); ble: on a simulated radio
    checkpoint_every=1000      samples between two checkpoints; if the board resets itself, a quarter of reset_every
    flip=, drop=, ...          faults of the line, the board, its memory and its flash, output of another program on the
                               same line, and the line's baud rate: `faults.Faults`

    python -m eqprop_sim.simulated_board sim:...    start a board, print its path, run it until input ends
"""

import contextlib
import importlib.util
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from urllib.parse import parse_qsl

import eqprop
from eqprop.crossbar.tiers import TIERS

from . import faults
from .emulated_board import qemu, rp2040
from .emulator.compiling import kernel_cache
from .toolchain import interpreters

try:
    from . import terminals
    from .wire import Wire
except ImportError:  # Windows has no pseudo terminals
    terminals = None

SCHEME = "sim:"
ENGINES = {
    "sim:": "simulated board: CPython, kernels compiled by numba",
    "sim:micropython": "simulated board: real MicroPython, heap of 192 KB",
    **{f"sim:{cpu}": f"simulated board: emulated {core.name}, heap of 192 KB" for cpu, core in qemu.CORES.items()},
    "sim:rp2040": "simulated board: emulated Raspberry Pi Pico with its own firmware",
}
_HEAP = "192k"
_LEAST_HEAP = 16 * 1024  # bytes; with less, MicroPython does not start, or has no room to say so
_LARGEST_HEAP = 2**30  # bytes; MicroPython clears them before it starts
_NOT_OF_A_PICO = {"erase", "fail", "full", "rot"}  # faults that only the simulated board's own program can inject
_STOP_S = 2  # wait for a stopped board to be noticed
_END_S = 10  # wait for a board to end after its port hung up
_RECONNECT_S = 30.0
_CHECKPOINT_EVERY = 1000
_VIA = {"uart": "uart:0,115200", "ble": "ble:eqprop"}
"""Ports of `eqprop.net` that a simulated board has, as a program there names them."""


def _options(engine, query):
    """Return the options after the `?`, refusing those that the engine does not have."""
    known = {"flash", "checkpoint_every", *faults.NAMES}
    known |= {"heap", "tier"} if engine == "micropython" or engine in qemu.CPUS else set()
    known |= {"via"} if engine == "micropython" else set()
    known |= {"blank", "mount", "format", "block"} if engine in qemu.CPUS else set()
    if engine == "rp2040":
        known = known - _NOT_OF_A_PICO | {"blank", "tier"}
    options = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key not in known:
            raise ValueError(f"{SCHEME}{engine} has no option {key}={value}")
        if key in options:
            raise ValueError(f"{SCHEME}{engine} has option {key} twice")
        options[key] = value
    if options.get("via", "uart") not in _VIA:
        raise ValueError(f"via={options['via']}: expected one of {', '.join(_VIA)}")
    if options.get("tier", TIERS[0]) not in TIERS:
        raise ValueError(f"tier={options['tier']}: expected one of {', '.join(TIERS)}")
    return options


def _size(options, name, default):
    """Return the number of bytes in a size such as "96k", "1m" or "98304"."""
    text = options.get(name, default)
    match = re.fullmatch(r"([1-9]\d{0,9})([km]?)", text.lower())
    if not match:
        raise ValueError(f"{name}={text}: expected a size such as 192k")
    return int(match[1]) * {"": 1, "k": 1024, "m": 1024 * 1024}[match[2]]


def _heap(options):
    """Return the heap size in bytes. Raises ValueError for a heap too small for an interpreter, or too large."""
    heap = _size(options, "heap", _HEAP)
    if not _LEAST_HEAP <= heap <= _LARGEST_HEAP:
        raise ValueError(f"heap={options['heap']}: expected {_LEAST_HEAP >> 10}k to {_LARGEST_HEAP >> 20}m")
    return heap


def _blank(engine, options):
    """Return a blank board's `qemu.Flash`, True for a blank Pico, which has its own flash, or None."""
    if engine == "rp2040":
        if options.get("blank"):
            raise ValueError(f"blank={options['blank']}: a Pico's flash has its own size: write blank without a size")
        return "blank" in options or None
    if "blank" not in options:
        for name in ("mount", "format", "block"):
            if name in options:
                raise ValueError(f"{name}={options[name]} is for a blank board: add blank=512k")
        return None
    kb = _size(options, "blank", "") // 1024
    if not 16 <= kb <= qemu.FLASH_KB:
        raise ValueError(f"blank={options['blank']}: expected 16k to {qemu.FLASH_KB}k")
    kind = options.get("format", "littlefs")
    if kind not in qemu.FORMATS:
        raise ValueError(f"format={kind}: expected one of {', '.join(qemu.FORMATS)}")
    block = _size(options, "block", str(qemu.FORMATS[kind]))
    if block not in (512, 1024, 2048, 4096):
        raise ValueError(f"block={options['block']}: expected 512, 1k, 2k or 4k")
    mount = options.get("mount", "/")
    if not re.fullmatch(r"/\w{0,20}", mount, re.ASCII):
        raise ValueError(f"mount={mount}: expected / or one folder such as /flash")
    return qemu.Flash(kb, kind, block, mount)


def is_blank(url):
    """Return whether `url` names a simulated board without eqprop. Raises ValueError for an unknown board or option."""
    return bool(_Board(url).blank)


def keeps_programs(url):
    """Return whether the board that `url` names still has what was deployed to it when it is switched on again."""
    board = _Board(url)
    return bool(board.flash and board.engine == "rp2040")


class _Board:
    """The board that a `sim:` URL describes."""

    def __init__(self, url):
        """Raise ValueError for an unknown board or option."""
        self.engine, _, query = url.removeprefix(SCHEME).partition("?")
        if self.engine not in ("", "micropython", "rp2040", *qemu.CPUS):
            raise ValueError(f"{url}: expected one of the simulated boards {', '.join(ENGINES)}")
        options = _options(self.engine, query)
        self.heap = _heap(options)
        self.blank = _blank(self.engine, options)
        self.tier = options.get("tier", "")
        self.via = _VIA.get(options.get("via"), "")
        self.faults = faults.Faults.parsed(options)
        self.faulty = self.faults != faults.Faults(seed=self.faults.seed)
        self.flash = Path(options["flash"]).resolve() if "flash" in options else None
        if self.flash and not (options["flash"] and self.flash.is_dir()):
            raise ValueError(f"flash={options['flash']}: expected a folder")
        if self.flash and self.blank and self.engine != "rp2040":
            raise ValueError(f"flash={options['flash']}: of blank boards, only sim:rp2040?blank keeps its flash")
        every = min(max(1, self.faults.reset_every // 4) if self.faults.reset_every else _CHECKPOINT_EVERY, 1000)
        text = options.get("checkpoint_every", str(every))
        if not text.isdecimal() or int(text) >= 2**30:
            raise ValueError(f"checkpoint_every={text}: expected a number of samples")
        self.checkpoint_every = int(text)

    def command(self, flash, boot, tell):
        """Return (argv, environment) of the board's process for start number `boot`, from 0."""
        if self.engine == "rp2040":
            return self._pico(Path(flash) / "rp2040.flash", boot, tell)
        folders = [str(Path(package).parent.parent) for package in (eqprop.__file__, __file__)]
        fails = self.faults
        values = {
            "folder": flash,
            "checkpoint_every": self.checkpoint_every,
            "seed": (fails.seed * 1000003 + boot) % 2**31,
            "full": fails.full,
            "erase_ms": fails.erase,
            "rot_ppm": round(fails.rot * 1e6),
            "fail_ppm": round(fails.fail * 1e6),
            "cut_every": fails.cut_every,
        }
        words = [f"{key}={value}" for key, value in values.items()]
        words_of_tier = [f"tier={self.tier}"] if self.tier else []
        words += [f"via={self.via}"] if self.via else []
        if self.engine == "":
            if not importlib.util.find_spec("numba"):
                raise interpreters.Unavailable("sim: needs numba: pip install 'eqprop[sim]'")
            if not kernel_cache.is_filled(kernel_cache.EMULATOR_SOURCES):
                tell(kernel_cache.COMPILING)
            paths = [*folders, *filter(None, [os.environ.get("PYTHONPATH")])]
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
            return [sys.executable, "-m", "eqprop_sim", *words], environment
        program = Path(__file__).parent / "firmware" / "main.py"
        options = {"heap_bytes": self.heap, "path": folders[:1]}
        if self.engine == "micropython":
            return interpreters.obtain("unix", tell).command(program, *words, *words_of_tier, **options)
        board = qemu.obtain(self.engine, tell)
        if self.blank:
            return board.blank(self.heap, self.blank)
        return board.command(program, *words, *words_of_tier, self.engine, board.instruction_ns, flash=flash, **options)

    def _pico(self, image, boot, tell):
        board = rp2040.obtain(tell)
        if boot == 0 and not self.blank:
            board.install(image, self.tier, self.checkpoint_every, tell)
        cut_every = self.faults.cut_every
        return board.command(image, cut_every and random.Random(f"{self.faults.seed} {boot}").randint(1, 2 * cut_every))


class SimulatedBoard:
    """A running board. `path` is what pyserial opens: a device's path or a socket:// URL."""

    def __init__(self, url, tell=lambda line: None):
        """Start the board that a `sim:` URL names.

        tell: called with a line before what takes long, such as building an interpreter.
        Raises ValueError for an unknown board or option, `installation.Unavailable` if it cannot be obtained.
        """
        board = _Board(url)
        self.wire = None
        self._emulated = board.engine in ("rp2040", *qemu.CPUS)
        self.reconnect_s = _RECONNECT_S if board.faults.restarts else 0.0
        if board.faulty and not terminals:
            raise ValueError(f"{url}: faults need a system with pseudo terminals")
        with contextlib.ExitStack() as undo:
            self._folders = undo.enter_context(contextlib.ExitStack())
            self._errors = undo.enter_context(tempfile.TemporaryFile())
            self._hang_up = undo.enter_context(contextlib.ExitStack())
            flash = board.flash or self._folders.enter_context(tempfile.TemporaryDirectory(prefix="eqprop-flash-"))
            # A Pico's USB is not a terminal: this process carries the bytes
            if terminals and (board.faulty or board.engine == "rp2040"):
                self.path = self._on_wire(board, flash, tell)
            else:
                start = self._on_terminal if terminals else self._on_loopback
                self.path = start(*board.command(flash, 0, tell))
            undo.pop_all()

    @property
    def _process(self):
        return self.wire.process if self.wire else self._only

    def _start(self, argv, environment, **streams):
        # In a session of its own, because Ctrl-C at the terminal is for the host, which then says goodbye to the board;
        # in a folder of our own, so that no file of the user's can be imported in place of a library
        streams.update(stderr=self._errors, cwd=Path(__file__).parent.parent)
        return subprocess.Popen(argv, env=environment, start_new_session=True, **streams)

    def _on_wire(self, board, flash, tell):
        folder = self._folders.enter_context(tempfile.TemporaryDirectory(prefix="eqprop-port-"))
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "bufsize": 0}
        path = os.path.join(folder, "port")
        first = board.command(flash, 0, tell)

        def start(boot):
            return self._start(*(board.command(flash, boot, tell) if boot else first), **pipes)

        self.wire = Wire(path, start, board.faults)
        self._hang_up.callback(self.wire.close)
        return path

    def _on_terminal(self, argv, environment):
        board, host = terminals.open_port()
        self._hang_up.callback(os.close, host)
        try:
            path = os.ttyname(host)  # only while the board holds the other end
            self._only = self._start(argv, environment, stdin=board, stdout=board)
        finally:
            os.close(board)
        return path

    def _on_loopback(self, argv, environment):
        listener = self._hang_up.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1))
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._only = self._start(argv, environment, bufsize=0, **pipes)
        threading.Thread(target=self._relay, args=(listener,), daemon=True).start()
        return f"socket://127.0.0.1:{listener.getsockname()[1]}"

    def _relay(self, listener):
        """Carry bytes between the single accepted connection and the board's streams."""
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
        """Return the last line of a stopped board's standard error; "" if the board is running."""
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            return ""
        self._errors.seek(0)
        return "".join(self._errors.read().decode(errors="replace").strip().splitlines()[-1:])

    def close(self):
        """Switch the board off after the host has closed `path`: wait for it to end, or end it."""
        with self._folders, self._errors, contextlib.ExitStack() as off:  # all of it, even if a signal interrupts
            off.callback(self._end)
            off.callback(self._hang_up.close)

    def _end(self):
        if self._emulated:
            self._process.terminate()  # like a real board, it does not notice that the host is gone
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        except BaseException:
            self._process.kill()
            raise


def main(arguments):
    """Keep a board running until standard input ends, or it dies; return the exit code."""
    if len(arguments) != 1:
        print("usage: python -m eqprop_sim.simulated_board sim:...", file=sys.stderr)
        return 2
    for name in {"SIGTERM", "SIGHUP"} & set(dir(signal)):  # like Ctrl-C, so that everything is cleaned up
        signal.signal(getattr(signal, name), signal.default_int_handler)
    try:
        board = SimulatedBoard(arguments[0], lambda line: print(f"eqprop: {line}", file=sys.stderr))
    except (ValueError, interpreters.Unavailable) as error:
        print(f"eqprop: {error}", file=sys.stderr)
        return 1
    with contextlib.closing(board), contextlib.suppress(KeyboardInterrupt):
        print(board.path, flush=True)
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
