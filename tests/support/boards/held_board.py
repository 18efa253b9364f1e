"""A board that a simulated hand holds, behind a port that a host opens: real firmware, a simulated accelerometer."""

import contextlib
import os
import re
import select
import sys
import tempfile
import threading
from pathlib import Path

import eqprop_sim
from eqprop_host.deploy.bundle import compile_module
from eqprop_host.deploy.repl import Remote
from eqprop_sim import terminals
from eqprop_sim.emulated_board import pico_chips
from support.places import PROGRAMS, ROOT

_FIELD = Path(eqprop_sim.__file__).parent / "firmware" / "field"
_GESTURE = ROOT / "examples" / "gesture"
_PARTS = {
    "machine": PROGRAMS / "held" / "machine.py",
    "simulated_machine": _FIELD / "machine.py",
    "clock": _FIELD / "clock.py",
    "peripherals": _FIELD / "peripherals.py",
    "hand": _GESTURE / "hand.py",
    "parts/__init__": _FIELD / "parts" / "__init__.py",
    "parts/lis3dh": _FIELD / "parts" / "lis3dh.py",
    "parts/noise": _FIELD / "parts" / "noise.py",
}
"""What stands for the board's hardware, {name in its lib: source}."""

_ADDRESS = 0x18
_SOON_US = 300_000  # until a gesture begins: a person's, too, does not begin within a sample
_TOLD_US = 1_500_000  # after its end, by when a program has told a gesture


def wire(path, architecture):
    """Put the simulated hardware on a board at its prompt."""
    with tempfile.TemporaryDirectory() as work, contextlib.closing(Remote(path, "it")) as remote:
        files = {}
        for name, source in _PARTS.items():
            compile_module(name, source, Path(work) / "x.mpy", architecture)
            files[f"{name}.mpy"] = (Path(work) / "x.mpy").read_bytes()
        remote.reach()
        remote.run("stage", fresh=True, lib="/lib", files=[], replace=False)
        remote.run("application/stage", boot="", old="", folder="/lib", files=list(files))
        remote.write(files, "/lib")


@contextlib.contextmanager
def wired(path):
    """Yield a `HeldBoard` with the board at `path`, whose `machine` `wire` has put in the place of its own."""
    port = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        with contextlib.closing(HeldBoard(port, port, _HandWithin(port))) as board:
            yield board
    finally:
        os.close(port)


@contextlib.contextmanager
def pico(board, image):
    """Yield a `HeldBoard` with an `rp2040.Pico`, all of whose firmware is its own: the sensor is on its I2C bus.

    image: its filesystem.
    """
    hand = _HandOutside()
    parts = pico_chips.Parts({_ADDRESS: hand.sensor})
    with contextlib.ExitStack() as on:
        process = on.enter_context(pico_chips.running(board, image, parts, hand))
        yield on.enter_context(contextlib.closing(HeldBoard(process.stdout.fileno(), process.stdin.fileno(), hand)))


class _HandWithin:
    """The hand that is simulated on the board itself (`programs/held/machine.py`)."""

    def __init__(self, port):
        self._port = port
        self._made = 0

    def make(self, kind):
        """Begin a gesture."""
        self._made += 1
        os.write(self._port, bytes((0xE0 + kind,)))

    def rests(self, printed):
        """Return whether the gesture is long over, as the board prints."""
        return f"rests after {self._made} gestures".encode() in printed


class _HandOutside:
    """The hand around a board whose own clock tells the time of each transfer: `told`, as `pico_chips.Clock`."""

    def __init__(self):
        for folder in (_FIELD, _GESTURE):
            if str(folder) not in sys.path:
                sys.path.insert(0, str(folder))
        from hand import Hand

        from clock import clock
        from parts.lis3dh import LIS3DH

        self._hand = Hand(seed=1)
        self._clock = clock
        self._started = clock.now()
        self._next = None
        self._end = 0
        self.sensor = LIS3DH(self._acceleration, seed=1, noise_mg=2)

    def told(self, us):
        """Let the time be that of the board, which begins again when the board is reset."""
        now = self._clock.now()
        if now > self._started + us:
            self._started = now - us
        self._clock.advance(self._started + us - now)

    def _acceleration(self, us):
        kind = self._next
        if kind is not None:
            self._next = None
            self._end = self._hand.make(kind, us + _SOON_US) + _TOLD_US
        return self._hand.acceleration(us)

    def make(self, kind):
        """Begin a gesture soon after the board's next look at the sensor, so that it misses no part."""
        self._next = kind

    def rests(self, printed):
        """Return whether the gesture is long over."""
        return self._next is None and self._clock.now() > self._end


class HeldBoard:
    """Carries bytes between `path`, which a host opens, and a board; and a person's gestures to the board.

    What the board prints while no host listens is lost, as on USB.

    - started: set once the program runs, which on an emulated board takes longer than a host waits
    """

    def __init__(self, output, input, hand):
        """output, input: descriptors of the board's line. hand: makes a gesture, and tells when it is over."""
        self._output, self._input = output, input
        self._near, self._far = terminals.open_port()
        os.set_blocking(self._near, False)
        self.path = os.ttyname(self._far)
        self._hand = hand
        self._kind, self._printed = None, b""
        self.started = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._carry)
        self._thread.start()

    def make(self, kind):
        """Make a gesture with the board."""
        self._printed = b""
        self._hand.make(kind)
        self._kind = kind

    def _look(self, printed):
        """Make the gesture again if the board has missed it."""
        self._printed += printed
        if not self.started.is_set() and b" samples learnt" in self._printed:
            self.started.set()
        if re.search(rb"gesture \d, ", self._printed):
            self._kind = None
        elif self._kind is not None and self._hand.rests(self._printed):
            self.make(self._kind)

    def _carry(self):
        while not self._ended.is_set():
            ready = select.select([self._output, self._near], [], [], 0.05)[0]
            printed = b""
            with contextlib.suppress(BlockingIOError):
                if self._near in ready:
                    os.write(self._input, os.read(self._near, 4096))
                if self._output in ready:
                    printed = os.read(self._output, 4096)
                    os.write(self._near, printed)
            self._look(printed)

    def close(self):
        """Take it away."""
        self._ended.set()
        self._thread.join()
        for each in (self._near, self._far):
            os.close(each)
