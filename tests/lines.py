"""A board without a port: the service behind an object like a pyserial port, on a line with seeded faults."""

import random

from eqprop.service import CHUNK, Service
from eqprop_host.board import Board
from eqprop_host.link import Link


class Line:
    """A pyserial-like port with a service behind it that reads chunk by chunk, and a line with seeded faults."""

    def __init__(self, seed=0, flip=0.0, drop=0.0, **options):
        self.random = random.Random(seed)
        self.flip, self.drop = flip, drop
        self.service = Service(**options)
        self.to_board = b""
        self.to_host = b""
        self.largest_unread = 0

    def _damaged(self, data):
        kept = (byte for byte in data if self.random.random() >= self.drop)
        return bytes(b ^ self.random.randrange(1, 256) if self.random.random() < self.flip else b for b in kept)

    def write(self, data):
        self.to_board += self._damaged(data)
        self.largest_unread = max(self.largest_unread, len(self.to_board))

    @property
    def in_waiting(self):
        while len(self.to_board) >= CHUNK:
            chunk, self.to_board = self.to_board[:CHUNK], self.to_board[CHUNK:]
            for answer in self.service.receive(chunk):
                self.to_host += self._damaged(answer)
        return len(self.to_host)

    def read(self, count):
        data, self.to_host = self.to_host[:count], self.to_host[count:]
        return data


def connect(line, answer_s=0.01):
    return Board(Link(line, "line", answer_s))
