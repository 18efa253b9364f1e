"""A board's watchdog: it resets the board once its program, or its service, has hung for too long.

A program calls `feed` at each step of its loop:

    feed = eqprop.watchdog.start(8000)
    while True:
        feed()
        ...
"""

import sys


def start(timeout_ms):
    """Start the board's watchdog; return the function that feeds it, which does nothing on a board without a watchdog.

    Only a reset stops it. The port limits the time: 8388 ms on a Pico.
    """
    try:
        from machine import WDT
    except ImportError:
        return _nothing
    return WDT(timeout=timeout_ms).feed


def _nothing():
    """Do nothing."""


class Watchdog:
    """Reads the interpreter's standard input, and feeds the watchdog while it waits.

    - feed: tells the watchdog that all is well
    """

    def __init__(self, timeout_ms, read):
        """Start the watchdog; only a reset stops it. Raises ValueError on a board without one."""
        try:
            from machine import WDT
        except ImportError as error:
            raise ValueError("watchdog_ms: {}: this board has no machine.WDT".format(timeout_ms)) from error
        self.feed = WDT(timeout=timeout_ms).feed
        from select import POLLIN, poll  # imported here, because Windows lacks poll and `start` does not need it

        self._pause_ms = max(1, timeout_ms // 4)
        self._poll = poll()
        self._poll.register(sys.stdin, POLLIN)
        self._read = read
        self._byte = bytearray(1)

    def read(self, buffer):
        """Fill the buffer, like the port's own read; byte by byte, because waiting for more bytes could be in vain."""
        for i in range(len(buffer)):
            self.feed()
            while not self._poll.poll(self._pause_ms):
                self.feed()
            if not self._read(self._byte):
                return 0
            buffer[i] = self._byte[0]
        return len(buffer)
