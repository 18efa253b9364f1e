"""The wire between a pseudo terminal and the process of a simulated board: faults, a baud rate, resets.

One thread carries the bytes. It reads the board's progress from its messages, before they are damaged, and restarts the
board when a reset is due or its power has failed. A reset loses all bytes on their way. A board that repeatedly ends
before it has sent anything stays off, and its port disappears.
"""

import array
import contextlib
import fcntl
import os
import random
import select
import termios
import threading
import time

from eqprop.protocol import host_messages, messages
from eqprop.protocol.frames import Receiver

from . import terminals
from .faults import Direction, Printer

_PIECE = 4096
_HEARD = 65535  # bytes of the longest payload that is examined
_AWAY_S = (0.1, 0.5)  # how long an unplugged port is gone
_IDLE_S = 0.5
_DEATHS = 3  # ends in a row without a byte sent mean that the board cannot start


class Wire:
    """Carries bytes between the terminal at `path` and a board until it is closed.

    - process: the board's. resets: how often it restarted
    - down, up: the `Direction`s to the board and from it
    """

    def __init__(self, path, start, faults):
        """Make a terminal, point the symbolic link `path` to it, and start the board.

        start: start(boot) makes start number `boot` of the board, from 0, and returns its Popen with pipes.
        """
        self.path = path
        self.resets = 0
        self.down, self.up = Direction(faults, "down"), Direction(faults, "up")
        self._printer = Printer(faults)
        self._start = start
        self._faults = faults
        self._random = random.Random(f"{faults.seed} reset")
        self._ending = False
        self._deaths = 0
        self._wake, self._alarm = os.pipe()
        self._plug_in()
        self._boot()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def _plug_in(self):
        self._terminal, self._device = terminals.open_port()
        os.set_blocking(self._terminal, False)
        beside = f"{self.path}.new"
        os.symlink(os.ttyname(self._device), beside)
        os.replace(
            beside, self.path
        )  # replaced at once, so the path never names a terminal that another process may own
        self._plugged = True
        self._to_host = b""

    def _unplug(self):
        os.unlink(self.path)
        os.close(self._terminal)
        os.close(self._device)
        self._plugged = False

    def _boot(self):
        self.process = self._start(self.resets)
        self._input, self._output = self.process.stdin.fileno(), self.process.stdout.fileno()
        os.set_blocking(self._input, False)
        now = time.monotonic()
        self.up.put(self._printer.start(now), now)
        self._to_board = b""
        self._learnt = None
        self._receiver = Receiver(_HEARD)
        every = self._faults.reset_every
        self._left = self._random.randrange(1, 2 * every + 1) if every else None
        self._bytes_left = None

    def close(self):
        """End the board and remove the terminal."""
        self._ending = True
        os.write(self._alarm, b"\0")
        self._thread.join()
        self._switch_off()
        if self._plugged:
            self._unplug()
        os.close(self._wake)
        os.close(self._alarm)

    def _switch_off(self):
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()

    # ---- the thread

    def _carry(self):
        while True:
            self._listen()
            if self._ending:
                return
            self._deliver()
            if self._bytes_left is not None and self._bytes_left <= 0:
                self._reset()

    def _listen(self):
        """Read incoming bytes, waiting for them or for the next due time."""
        due = [at for at in (self.down.due(), self.up.due(), self._printer.due()) if at is not None]
        pause = min([_IDLE_S, *(max(0.0, at - time.monotonic()) for at in due)])
        # Retry soon if a terminal or a board does not accept more bytes
        pause = min(pause, 0.001) if self._to_host or self._to_board else pause
        ready = select.select([self._terminal, self._output, self._wake], [], [], pause)[0]
        now = time.monotonic()
        if self._terminal in ready:
            with contextlib.suppress(OSError):  # no host has opened it
                self.down.put(os.read(self._terminal, _PIECE), now)
        if self._output in ready:
            data = os.read(self._output, _PIECE)
            if data:
                self._deaths = 0
                self._overhear(data)
                self.up.put(self._printer.among(data, now), now)
            else:
                self._deaths += 1
                if self._faults.restarts and self._deaths < _DEATHS:
                    self._reset()
                else:  # its last bytes are for the host that opened the port
                    self._ending = True
                    self._unplug()
        else:
            self.up.put(self._printer.among(b"", now), now)

    def _overhear(self, data):
        """Count the samples that the board has learnt, and check whether a reset is due soon."""
        if self._left is None or self._bytes_left is not None:
            return
        for kind, _, payload in self._receiver.feed(data):
            if kind != messages.PROGRESS:
                continue
            sample = host_messages.unpack_progress(payload[messages.SESSION_HEADER :]).sample
            self._left -= sample - self._learnt if self._learnt is not None else 0
            self._learnt = sample
            if self._left <= 0:  # a reset may come at any moment from now on
                self._bytes_left = self._random.randrange(2000)
                return

    def _deliver(self):
        """Pass on the bytes that have arrived, as many as the other side accepts."""
        now = time.monotonic()
        arrived = self.down.take(now)
        if self._bytes_left is not None:
            self._bytes_left -= len(arrived)
        self._to_board += arrived
        if self._faults.buffer:
            room = max(0, self._faults.buffer - self._unread())
            self._to_board = self._to_board[:room]
        self._to_board = self._written(self._input, self._to_board)
        self._to_host = self._written(self._terminal, self._to_host + self.up.take(now))

    def _unread(self):
        """Return the bytes that the board has not accepted yet."""
        count = array.array("i", [0])
        fcntl.ioctl(self._input, termios.FIONREAD, count)
        return count[0]

    @staticmethod
    def _written(descriptor, data):
        """Write as many bytes as possible, return the rest."""
        while data:
            try:
                data = data[os.write(descriptor, data) :]
            except BlockingIOError:
                break
            except OSError:  # the board has ended, but its last bytes are still to be read
                return b""
        return data

    def _reset(self):
        self.resets += 1
        self._switch_off()
        self.down.clear()
        self.up.clear()
        if self._faults.unplug:
            self._unplug()
            time.sleep(self._random.uniform(*_AWAY_S))
            self._plug_in()
        self._boot()
