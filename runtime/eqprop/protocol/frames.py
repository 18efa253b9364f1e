"""Frames on a serial line, without I/O: bytes in, frames out.

A frame on the line is COBS(header, payload, CRC-32), which holds no zero, between two bytes 0x00:

    header   type u8, sequence u8, payload length u16
    payload  at most the receiver's limit
    CRC-32   u32 of header and payload (binascii.crc32)

All integers are little-endian. Empty frames (repeated zeros) mean nothing, so a sender may pad with them. The leading
zero ends any other bytes on the line: output of a program on the board, or the rest of a torn frame.
COBS: Cheshire and Baker, Consistent Overhead Byte Stuffing, IEEE/ACM Transactions on Networking 7 (1999).

Pieces are stored through views of their own length, because MicroPython otherwise moves all bytes after a piece, too. A
`Receiver` decodes in its only buffer. It counts and drops a frame that is too long, torn or has a wrong CRC, and
understands the next good one.
"""

import struct
from binascii import crc32

from .._compat import const

_HEADER = const("<BBH")
_OVERHEAD = const(8)  # header and CRC


def encoded_size(length: int) -> int:
    """Return the most bytes that a frame with a payload of `length` bytes takes on the line, with both zeros."""
    raw = length + _OVERHEAD
    return raw + raw // 254 + 3


class Sender:
    """Encodes frames into one buffer."""

    def __init__(self, limit: int):
        """Prepare for payloads of up to `limit` bytes."""
        self.limit = limit
        self._view = memoryview(bytearray(encoded_size(limit)))

    def encode(self, kind: int, sequence: int, payload, head=b""):
        """Return the frame with payload `head` + `payload` as a memoryview, valid until the next call.

        Raises ValueError for a payload longer than the limit.
        """
        size = len(head) + len(payload)
        if size > self.limit:
            raise ValueError("payload: {} bytes, the limit is {}".format(size, self.limit))
        header = struct.pack(_HEADER, kind, sequence, size) + head
        crc = crc32(payload, crc32(header))
        return self._view[: self._stuff(header + bytes(payload) + struct.pack("<I", crc))]

    def _stuff(self, raw):
        """Write COBS(raw) and a zero to the buffer after its first zero; return the total length."""
        out = self._view
        at = 1
        start = 0
        end = len(raw)
        while start <= end:
            zero = raw.find(b"\0", start, start + 254)
            stop = zero if zero >= 0 else min(start + 254, end)
            length = stop - start
            out[at] = length + 1
            out[at + 1 : at + 1 + length][:] = raw[start:stop]
            at += length + 1
            # A block of 254 bytes does not imply a zero; any other block does, and the one after the end is dropped.
            start = stop if length == 254 else stop + 1
            if start == end and length == 254:
                break
        out[at] = 0
        return at + 1


class Receiver:
    """Collects bytes until a whole frame is there.

    - bad: number of frames dropped since the start
    """

    def __init__(self, limit: int):
        """Prepare for payloads of up to `limit` bytes."""
        self.limit = limit
        self.bad = 0
        self._view = memoryview(bytearray(encoded_size(limit)))
        self._used = 0  # exceeds the buffer's size once a frame does not fit

    def feed(self, data):
        """Yield (type, sequence, payload) for each good frame that `data` (bytes) completes.

        The payload is a memoryview of the receiver's buffer, valid until the next frame is asked for.
        """
        view = self._view
        start = 0
        while True:
            end = data.find(b"\0", start)
            stop = end if end >= 0 else len(data)
            if stop > start:
                used = self._used + stop - start
                if used > len(view):
                    used = len(view) + 1
                else:
                    view[self._used : used][:] = data[start:stop]
                self._used = used
            if end < 0:
                return
            start = end + 1
            if self._used:
                frame = self._take()
                if frame:
                    yield frame

    def _take(self):
        """Return the frame in the buffer, or None for a bad frame, and empty the buffer."""
        used = self._used
        self._used = 0
        view = self._view
        length = 0 if used > len(view) else self._unstuff(used)
        if length >= _OVERHEAD and struct.unpack_from("<I", view, length - 4)[0] == crc32(view[: length - 4]):
            kind, sequence, size = struct.unpack_from(_HEADER, view, 0)
            if size == length - _OVERHEAD:
                return kind, sequence, view[4 : length - 4]
        self.bad += 1
        return None

    def _unstuff(self, used):
        """Undo COBS on the buffer's first `used` bytes, in place; return the decoded length, or 0 if it is not COBS."""
        view = self._view
        at = 0
        length = 0
        while at < used:
            code = view[at]
            stop = at + code
            if stop > used:
                return 0
            view[length : length + code - 1][:] = view[at + 1 : stop]
            length += code - 1
            at = stop
            if code < 255 and at < used:
                view[length] = 0
                length += 1
        return length
