"""User data that a host stores on a board with its network: up to 2048 bytes, which mean nothing to the board.

They come in pieces and replace `Network.user_data` once all pieces have come. A repeated piece changes nothing; a piece
without its predecessor is refused. The heap holds the new data and the old data at the same time.
"""

import struct

from .._compat import const, free_heap
from ..protocol.messages import DONE, USER_DATA, USER_DATA_WRITE, unpack

USER_DATA_MAX = 2048
LAYOUT = "<HH"
HEADER = const(4)
_SHARE = const(4)  # user data take at most this part of the free heap, a quarter


class UserData:
    """Assembles the pieces of a network's next user data."""

    def __init__(self):
        """Start without a piece."""
        self._whole = None
        self._filled = 0

    def answer(self, network, kind, payload, room):
        """Answer USER_DATA_WRITE or USER_DATA_READ in `room` bytes; return (type, payload, whether they changed)."""
        if kind == USER_DATA_WRITE:
            offset, total = unpack(LAYOUT, payload, "USER_DATA_WRITE")
            return DONE, b"", self.write(network, offset, total, payload[HEADER:])
        offset, count = unpack(LAYOUT, payload, "USER_DATA_READ")
        user_data = network.user_data
        piece = user_data[offset : offset + min(count, room - HEADER)]
        return USER_DATA, struct.pack("<H", len(user_data)) + piece, False

    def write(self, network, offset, total, piece):
        """Take a piece of the `total` bytes, at `offset`; return whether the network's user data changed.

        Raises ValueError for too many bytes, or a piece that does not fit or lacks its predecessor; MemoryError if the
        heap is fragmented.
        """
        if offset == 0:
            self._begin(total)
        whole = self._whole
        end = offset + len(piece)
        if whole is None or len(whole) != total or offset > self._filled:
            raise ValueError("user_data: expected byte {} first, got byte {}".format(self._filled, offset))
        if end > total:
            raise ValueError("user_data: {} bytes at {} of {}".format(len(piece), offset, total))
        whole[offset:end] = piece
        self._filled = max(self._filled, end)
        if self._filled < total or network.user_data == whole:
            return False
        network.user_data = whole
        return True

    def _begin(self, total):
        """Make room for `total` bytes."""
        self._whole = None
        self._filled = 0
        free = free_heap()
        room = USER_DATA_MAX if free is None else min(USER_DATA_MAX, free // _SHARE)
        if total > room:
            raise ValueError("user_data: {} bytes, this board takes {}".format(total, room))
        try:
            self._whole = bytearray(total)
        except MemoryError as error:
            raise MemoryError("user_data: {} bytes of heap, {} are free, but in pieces".format(total, free)) from error
