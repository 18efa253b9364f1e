"""Frames on a serial line, without any input or output: bytes in, frames out.

A frame on the line is COBS(header, payload, CRC-32), which holds no zero, between two bytes 0x00:

    header   type u8, sequence u8, payload length u16
    payload  at most the receiver's limit
    CRC-32   u32 of header and payload (binascii.crc32)

All integers are little-endian. Empty frames (zeros in a row) are nothing: a sender may pad with them. The zero in front
ends whatever else is on the line: what a program on the board printed, or what is left of a torn frame.
COBS: Cheshire and Baker, Consistent Overhead Byte Stuffing, IEEE/ACM Transactions on Networking 7 (1999).

Pieces are stored through views of their own length: MicroPython moves all that lies behind a piece otherwise, too.
A `Receiver` decodes in its one buffer and never holds more than that; a frame too long, torn or with a wrong CRC is
counted and forgotten, and the next good one is understood.
"""

import struct
from binascii import crc32

from .._compat import const

_HEADER = const("<BBH")
_OVERHEAD = const(8)  # header and CRC


def encoded_size(length: int) -> int:
    """Return the most bytes a frame with a payload of `length` bytes takes on the line, both zeros included."""
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
        """Write COBS(raw) and a zero to the buffer, behind its first zero, and return the length of it all."""
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
            # A block of 254 stands for no zero; any other one does, and the one behind the end is dropped.
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
        self._used = 0  # more than the buffer has, once a frame does not fit

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
        """Return the frame in the buffer and empty it, or None for a bad one."""
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
        """Undo COBS on the buffer's first `used` bytes, in place; return the decoded length, 0 when it is not COBS."""
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
