"""A board that is reached over TCP: an interpreter that serves on the loopback address, and a network between."""

import contextlib
import random
import select
import socket
import subprocess
import threading

from support.places import PROGRAMS, RUNTIME


class TcpBoard:
    """programs/net/serving.py on an interpreter, at `address`, until it is closed."""

    def __init__(self, interpreter, secret, *arguments, cwd=None, path=RUNTIME):
        argv, environment = interpreter.command(PROGRAMS / "net" / "serving.py", secret, *arguments, path=[str(path)])
        self._process = subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, cwd=cwd)
        self.address = "127.0.0.1", int(self._process.stdout.readline())

    def close(self):
        """End the program."""
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


class Network:
    """What lies between a host and a board: now and then a connection is cut, or a bit of it flips.

    address: where hosts connect. cuts, flips: what happened so far
    """

    def __init__(self, address, seed, every=20000):
        """Let bytes through to `address`. every: bytes from one fault to the next, on average."""
        self._to = address
        self._draw = random.Random(seed)
        self._every = every
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        self.cuts = self.flips = 0
        self._ends, self._end = socket.socketpair()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        """Let nothing through any more."""
        self._end.send(b"\0")
        self._thread.join()
        for each in (self._end, self._ends, self._listener):
            each.close()

    def _run(self):
        while True:
            ready = select.select([self._listener, self._ends], [], [])[0]
            if self._ends in ready:
                return
            with (
                contextlib.suppress(OSError),
                self._listener.accept()[0] as host,
                socket.create_connection(self._to) as board,
            ):
                if self._carry(host, board):
                    return

    def _carry(self, host, board):
        """Carry bytes until an end hangs up, or the connection is cut; return whether to end."""
        left = self._draw.randrange(1, 2 * self._every)
        while True:
            for each in select.select([host, board, self._ends], [], [])[0]:
                if each is self._ends:
                    return True
                data = bytearray(each.recv(4096))
                if not data:
                    return False
                other = board if each is host else host
                if left < len(data):
                    if self.cuts < self.flips:
                        self.cuts += 1
                        other.sendall(data[:left])
                        return False
                    self.flips += 1
                    data[left] ^= 1 << self._draw.randrange(8)
                    left += self._draw.randrange(1, 2 * self._every)
                left -= len(data)
                other.sendall(data)
