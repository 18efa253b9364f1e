"""A serial port between a host and a board that prints by itself, in between what it is asked for."""

import contextlib
import os
import select
import threading
import time

from eqprop_sim import terminals

_QUIET_S = 0.02


class TalkativePort:
    """Carries bytes between `path`, which a host opens, and the port of a board, until it is closed.

    prints: text that comes along each `every_s` seconds.
    """

    def __init__(self, board_path, prints, every_s=0.1):
        self._board = os.open(board_path, os.O_RDWR | os.O_NOCTTY)
        self._near, self._far = terminals.open_port()
        os.set_blocking(self._near, False)  # what no host reads is lost
        self.path = os.ttyname(self._far)
        self._prints, self._every_s = prints, every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._carry)
        self._thread.start()

    def _carry(self):
        due = quiet = time.monotonic()
        while not self._ended.is_set():
            ready = select.select([self._board, self._near], [], [], 0.005)[0]
            if self._near in ready:
                os.write(self._board, os.read(self._near, 4096))
            if self._board in ready:
                self._say(os.read(self._board, 4096))
                quiet = time.monotonic() + _QUIET_S
            # Not within a line: a timer's or a thread's print waits for one that is under way
            if time.monotonic() > max(due, quiet):
                self._say(self._prints)
                due = time.monotonic() + self._every_s

    def _say(self, data):
        with contextlib.suppress(BlockingIOError):
            os.write(self._near, data)

    def close(self):
        """Take it away."""
        self._ended.set()
        self._thread.join()
        for each in (self._board, self._near, self._far):
            os.close(each)
