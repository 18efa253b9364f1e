"""MicroPython's `machine.UART` of a simulated board, whose pins are this interpreter's standard input and output.

Like a real one, it loses what comes while its receive buffer is full, takes no more than its send buffer has room for,
and hands over what is in that piece by piece. Raises OSError when the other end has hung up.
"""

import sys
from select import POLLIN, poll

_PIECE = 48  # bytes that leave between two calls


class Pin:
    """`machine.Pin`: a number."""

    def __init__(self, id):
        """Name a pin."""
        self.id = id


class UART:
    """The methods that `eqprop.net.uart` uses."""

    def __init__(self, id, baudrate=9600, *, tx=None, rx=None, rxbuf=256, txbuf=256, timeout=0):
        """Open it. Raises ValueError for a UART that is not there."""
        if id not in (0, 1):
            raise ValueError("UART({}) doesn't exist".format(id))
        self._rxbuf = rxbuf
        self._txbuf = txbuf
        self._come = bytearray()
        self._leaves = bytearray()
        self._poll = poll()
        self._poll.register(sys.stdin, POLLIN)
        self._byte = bytearray(1)

    def _step(self):
        while self._poll.poll(0):
            if not sys.stdin.buffer.readinto(self._byte):
                raise OSError(5)
            if len(self._come) < self._rxbuf:
                self._come += self._byte
        if self._leaves:
            sys.stdout.buffer.write(self._leaves[:_PIECE])
            self._leaves = self._leaves[_PIECE:]

    def any(self):
        """Return the number of bytes that can be read."""
        self._step()
        return len(self._come)

    def txdone(self):
        """Return whether all has left."""
        self._step()
        return not self._leaves

    def readinto(self, buffer, count):
        """Read up to `count` bytes; None for none."""
        count = min(count, len(self._come))
        buffer[:count] = self._come[:count]
        self._come = self._come[count:]
        return count or None

    def write(self, data, start, count):
        """Return how many bytes were taken; None for none."""
        count = min(count, self._txbuf - len(self._leaves))
        self._leaves += memoryview(data)[start : start + count]
        return count or None
