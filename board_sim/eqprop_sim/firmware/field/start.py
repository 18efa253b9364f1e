"""The program that a simulated board in the field runs: start.py FOLDER PROGRAM ACT [OPTION=VALUE...].

FOLDER is the board's flash. PROGRAM is the module that a real board would have as main.py. ACT is the argument of the
module `scene`, which sets up the surroundings: `scene.play(act, flash)`. The board stops when the scene raises
SystemExit.

Options: per_us, instructions in a microsecond of computing (see `clock`); heap, the bytes for the program and the
runtime together, on a board whose heap also has room for the simulation; hang_s, the second from which transfers on a
bus hang; rot_s, the second at which a bit of a conductance flips.
"""

import builtins
import gc
import sys

if hasattr(gc, "threshold"):
    gc.threshold(4096)  # collect the compiler's garbage early, as a serving board does

from clock import clock  # noqa: E402


def use_simulated_time():
    """Give CPython's own `time` and asyncio the simulated clock; on MicroPython, the folder on_micropython does."""
    import asyncio
    import selectors
    import time

    import ticks

    class Selector(selectors.SelectSelector):
        """Waits without streams."""

        def select(self, timeout=None):
            clock.advance(int(timeout * 1000000 + 0.999))
            return []

    class Loop(asyncio.SelectorEventLoop):
        """Uses the simulated clock."""

        def __init__(self):
            super().__init__(Selector())

        def time(self):
            return clock.now() / 1000000

    for name in ("ticks_us", "ticks_ms", "ticks_add", "ticks_diff", "sleep_us", "sleep_ms", "sleep"):
        setattr(time, name, getattr(ticks, name))
    asyncio.events.new_event_loop = Loop
    asyncio.sleep_ms = lambda ms: asyncio.sleep(ms / 1000)


if sys.implementation.name == "cpython":
    use_simulated_time()
else:
    sys.modules["_asyncio"] = None  # asyncio's C implementation uses real time; without it, asyncio uses Python's


def allocated():
    """Return the used bytes of the heap after collecting garbage."""
    gc.collect()
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0


def leave_free(size):
    """Allocate the part of the heap beyond this size."""
    ballast = []
    while gc.mem_free() > size:
        ballast.append(bytearray(256))
    return ballast


def rot_at(us):
    """Flip a bit of a conductance in the present network at this time."""
    import eqprop.network

    class Rotting(eqprop.network.Network):
        """A network in memory that rots once."""

        def __init__(self, *about):
            super().__init__(*about)
            clock.at(us, self.rot)

        def rot(self):
            """Flip the bit."""
            self.conductances(0)[0] ^= 1 << 12

    eqprop.network.Network = eqprop.Network = Rotting


before = allocated()
import eqprop  # noqa: E402, F401 (imported only now, because it binds functions of `time`)

runtime = allocated() - before

from flash import Flash, options  # noqa: E402

values, (folder, program, act) = options(sys.argv[1:])
flash = Flash(folder)
builtins.open = flash.open
if "rot_s" in values:
    rot_at(1000000 * values["rot_s"])
try:
    import scene

    scene.play(act, flash)
    if "hang_s" in values:
        from machine import hang

        clock.at(1000000 * values["hang_s"], hang)
    allocated()
    clock.per_us = values.get("per_us", 0)
    clock.collects = clock.per_us > 0
    if clock.collects:  # only the program's garbage is to be timed
        gc.threshold(-1)
    elif "heap" in values:
        ballast = leave_free(values["heap"] - runtime)
    __import__(program)
except SystemExit:
    pass
