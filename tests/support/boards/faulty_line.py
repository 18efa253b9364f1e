"""A board without a port: the service behind an object like a pyserial port, on a line with seeded faults."""

from eqprop.service import CHUNK, Service
from eqprop_host.boards.board import Board
from eqprop_host.link.link import Link
from eqprop_sim.faults import Direction, Faults

_TIMEOUT_S = 0.05


class Line:
    """A pyserial-like port with a service behind it that reads chunk by chunk, and a line with seeded faults.

    Its clock is `clock`: it goes on only while a reader waits in vain. `printed` is what a program on the board prints
    before each answer.
    """

    printed = b""

    def __init__(self, seed=0, flip=0.0, drop=0.0, duplicate=0.0, **options):
        self.options = options
        self.service = Service(**options)
        self.to_board = b""
        self.to_host = b""
        self.largest_unread = 0
        self.now = 0.0
        self.quieten()
        self.spoil(seed, flip=flip, drop=drop, duplicate=duplicate)

    def spoil(self, seed, **faults):
        """Damage what is sent from now on."""
        faults = Faults(seed=seed, **faults)
        self.down, self.up = Direction(faults, "down"), Direction(faults, "up")

    def quieten(self):
        self.spoil(0)

    def clock(self):
        return self.now

    def wait(self, seconds):
        self.now += seconds

    def reset(self):
        """Let the board restart: what it has in its buffers is lost, what is in its flash is not."""
        self.service = Service(**self.options)
        self.to_board = b""

    def write(self, data):
        self.down.put(data, 0.0)
        self.to_board += self.down.take(float("inf"))
        self.largest_unread = max(self.largest_unread, len(self.to_board))

    @property
    def in_waiting(self):
        while len(self.to_board) >= CHUNK:
            chunk, self.to_board = self.to_board[:CHUNK], self.to_board[CHUNK:]
            for answer in self.service.receive(chunk):
                self.up.put(self.printed + bytes(answer), 0.0)
                self.to_host += self.up.take(float("inf"))
        return len(self.to_host)

    def read(self, count):
        data, self.to_host = self.to_host[:count], self.to_host[count:]
        if not data:
            self.now += _TIMEOUT_S
        return data

    def close(self):
        """Nothing is open."""


def connect(line, answer_s=3.0, **options):
    """Return the `Board` at the end of a line, or of any object like a port."""
    clock = {"clock": line.clock} if hasattr(line, "clock") else {}
    return Board(Link(lambda: line, "line", answer_s, **clock, **options))
