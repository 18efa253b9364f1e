"""Notes that a host keeps on a board with its network: up to 2048 bytes, which mean nothing to the board.

They travel in pieces and replace `Network.notes` once all pieces have come. A piece that comes twice changes nothing; a
piece whose predecessor is missing is refused. New notes take their size of heap while the old ones are still held.
"""

import struct

from .._compat import const, free_heap
from ..protocol.messages import DONE, NOTES, NOTES_WRITE, unpack

NOTES_MAX = 2048
LAYOUT = "<HH"
HEADER = const(4)
_SHARE = const(4)  # of the free heap: notes take a quarter at most


class Notes:
    """Puts together the pieces of a network's next notes."""

    def __init__(self):
        """Begin without a piece."""
        self._whole = None
        self._filled = 0

    def answer(self, network, kind, payload, room):
        """Answer NOTES_WRITE or NOTES_READ in `room` bytes; return (type, payload, whether the notes changed)."""
        if kind == NOTES_WRITE:
            offset, total = unpack(LAYOUT, payload, "NOTES_WRITE")
            return DONE, b"", self.write(network, offset, total, payload[HEADER:])
        offset, count = unpack(LAYOUT, payload, "NOTES_READ")
        notes = network.notes
        piece = notes[offset : offset + min(count, room - HEADER)]
        return NOTES, struct.pack("<H", len(notes)) + piece, False

    def write(self, network, offset, total, piece):
        """Take a piece of the `total` bytes, at `offset`; return whether the network's notes changed.

        Raises ValueError for too many bytes, or a piece that does not fit or comes before its predecessor; MemoryError
        where the heap is in pieces.
        """
        if offset == 0:
            self._begin(total)
        whole = self._whole
        end = offset + len(piece)
        if whole is None or len(whole) != total or offset > self._filled:
            raise ValueError("notes: expected byte {} first, got byte {}".format(self._filled, offset))
        if end > total:
            raise ValueError("notes: {} bytes at {} of {}".format(len(piece), offset, total))
        whole[offset:end] = piece
        self._filled = max(self._filled, end)
        if self._filled < total or network.notes == whole:
            return False
        network.notes = whole
        return True

    def _begin(self, total):
        """Make room for `total` bytes."""
        self._whole = None
        self._filled = 0
        free = free_heap()
        room = NOTES_MAX if free is None else min(NOTES_MAX, free // _SHARE)
        if total > room:
            raise ValueError("notes: {} bytes, this board takes {}".format(total, room))
        try:
            self._whole = bytearray(total)
        except MemoryError as error:
            raise MemoryError("notes: {} bytes of heap, {} are free, but in pieces".format(total, free)) from error
