"""Serve with a watchdog that tells by a point on standard error whenever it is fed.

micropython watched.py TIMEOUT-MS
"""

import sys

import eqprop.service
from eqprop.checkpoint import Checkpoints
from support.boards.memory_flash import MemoryFlash


class Watchdog:
    """As `machine.WDT`."""

    def __init__(self, timeout):
        assert timeout == int(sys.argv[1])

    def feed(self):
        sys.stderr.write(".")


class Machine:
    """As the module `machine`."""

    WDT = Watchdog


sys.modules["machine"] = Machine
checkpoints = Checkpoints(open_file=MemoryFlash().open)
eqprop.service.main(checkpoints=checkpoints, watchdog_ms=int(sys.argv[1]))
