"""What a simulated board in the field runs: start.py FOLDER PROGRAM ACT [OPTION=VALUE...].

FOLDER is its flash. PROGRAM is the module that a board would have as main.py. ACT is what the module `scene` is to set
up around the board: `scene.play(act, flash)`. The board is left as soon as the scene raises SystemExit.

Options: per_us, instructions that a microsecond of computing has (see `clock`); heap, the bytes that the program and
the runtime have together, on a board whose heap has room for the simulation beside them; hang_s, from which second on
no transfer on a bus ends; rot_s, at which second a bit of a conductance flips.
"""

import builtins
import gc
import sys

if hasattr(gc, "threshold"):
    gc.threshold(4096)  # what compiling leaves is collected early, as on a board that serves

from clock import clock  # noqa: E402


def use_simulated_time():
    """Give CPython's own `time` and asyncio the simulated clock; on MicroPython, the folder on_micropython does."""
    import asyncio
    import selectors
    import time

    import ticks

    class Selector(selectors.SelectSelector):
        """Waits for no stream."""

        def select(self, timeout=None):
            clock.advance(int(timeout * 1000000 + 0.999))
            return []

    class Loop(asyncio.SelectorEventLoop):
        """Goes by the simulated clock."""

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
    sys.modules["_asyncio"] = None  # asyncio's queue in C, which goes by real time: there is one in Python behind it


def allocated():
    """Return the bytes of the heap that are in use, once what is forgotten is collected."""
    gc.collect()
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0


def leave_free(size):
    """Take of the heap what exceeds this size."""
    ballast = []
    while gc.mem_free() > size:
        ballast.append(bytearray(256))
    return ballast


def rot_at(us):
    """Have a bit of a conductance flip at this time in the network that there is."""
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
import eqprop  # noqa: E402, F401 (only now: it takes what `time` has)

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
    if clock.collects:  # what is to be timed is the program's garbage alone
        gc.threshold(-1)
    elif "heap" in values:
        ballast = leave_free(values["heap"] - runtime)
    __import__(program)
except SystemExit:
    pass
