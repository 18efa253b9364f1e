"""A board's watchdog: the board resets once its program, or its service, has hung for that long.

A program of its own feeds it once a step of its loop:

    feed = eqprop.watchdog.start(8000)
    while True:
        feed()
        ...
"""

import sys


def start(timeout_ms):
    """Start the board's watchdog; return the function that feeds it, which does nothing where the board has none.

    Nothing but a reset stops it. The port decides which times are possible: a Pico's end at 8388 ms.
    """
    try:
        from machine import WDT
    except ImportError:
        return _nothing
    return WDT(timeout=timeout_ms).feed


def _nothing():
    """Do nothing."""


class Watchdog:
    """Reads a serial port as `eqprop._compat.SerialPort` does, and feeds the watchdog while it waits.

    - feed: tells the watchdog that all is well
    """

    def __init__(self, timeout_ms, read):
        """Start the watchdog; nothing but a reset stops it. Raises ValueError where the board has none."""
        try:
            from machine import WDT
        except ImportError as error:
            raise ValueError("watchdog_ms: {}: this board has no machine.WDT".format(timeout_ms)) from error
        self.feed = WDT(timeout=timeout_ms).feed
        from select import POLLIN, poll  # here, as Windows has no poll and `start` needs none

        self._pause_ms = max(1, timeout_ms // 4)
        self._poll = poll()
        self._poll.register(sys.stdin, POLLIN)
        self._read = read
        self._byte = bytearray(1)

    def read(self, buffer):
        """As the port's own: fill the buffer, byte by byte, as more than is there could be waited for in vain."""
        for i in range(len(buffer)):
            self.feed()
            while not self._poll.poll(self._pause_ms):
                self.feed()
            if not self._read(self._byte):
                return 0
            buffer[i] = self._byte[0]
        return len(buffer)
