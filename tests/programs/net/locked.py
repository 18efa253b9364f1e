"""Tell answers through a UART's pins with the heap locked, where any allocation raises MemoryError; print what left.

micropython locked.py
"""

import sys
from array import array

import micropython


class Machine:
    """The module `machine`, with a UART that takes up to 7 bytes at a time, and none every third time."""

    class UART:
        """Counts what it takes."""

        left = asked = 0

        def __init__(self, id, baudrate, rxbuf, txbuf, timeout):
            pass

        def any(self):
            """Return 0: nothing comes."""
            return 0

        def txdone(self):
            """Return whether it takes more."""
            self.asked += 1
            return self.asked % 3

        def write(self, data, start, count):
            """Take some."""
            count = min(count, 7)
            self.left += count
            return count


sys.modules["machine"] = Machine
import eqprop  # noqa: E402
import eqprop.net  # noqa: E402
from eqprop.telemetry.hearing import Hearing  # noqa: E402

port = eqprop.net.port("uart:0,115200")
network = eqprop.Network("4-3-2")
watch = eqprop.Telemetry(network, port=port, budget=0)
watch._hearing = Hearing(watch)
watch._hearing._until = 1 << 29
x = array("b", (1, 2, 3, 4))


def tell(rounds):
    """Answer, and let the port send."""
    for _ in range(rounds):
        watch.answer(1, x)
        for _ in range(16):
            watch.poll()


tell(5)
before = port._uart.left
micropython.heap_lock()
tell(200)
micropython.heap_unlock()
print(port._uart.left - before, watch.dropped)
