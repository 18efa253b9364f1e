"""Frames on a serial line, without I/O: bytes in, frames out.

A frame on the line is COBS(header, payload, CRC-32), which holds no zero, between two bytes 0x00:

    header   type u8, sequence u8, payload length u16
    payload  at most the receiver's limit
    CRC-32   u32 of header and payload (binascii.crc32)

All integers are little-endian. Empty frames (repeated zeros) mean nothing, so a sender may pad with them. The leading
zero ends any other bytes on the line: output of a program on the board, or the rest of a torn frame.
COBS: Cheshire and Baker, Consistent Overhead Byte Stuffing, IEEE/ACM Transactions on Networking 7 (1999).

A `Receiver` decodes in its only buffer. It counts and drops a frame that is too long, torn or has a wrong CRC, and
understands the next good one.
"""

import struct
from array import array
from binascii import crc32

from .._compat import const

try:
    from .bytes_viper import fill, stuff, unstuff
except (ImportError, SyntaxError, NotImplementedError):  # CPython, or a port without viper
    from .bytes_plain import fill, stuff, unstuff

_HEADER = const("<BBH")
_OVERHEAD = const(8)  # header and CRC
_USED = const(1)
_ENDED = const(2)


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
        raw = header + bytes(payload) + struct.pack("<I", crc)
        return self._view[: stuff(raw, self._view, len(raw))]


class Receiver:
    """Collects bytes until a whole frame is there.

    - bad: number of frames dropped since the start
    - collect: `collect(data, count)` takes the first `count` bytes of `data` and returns True if no frame ends in them;
      otherwise it takes none, and they are for `feed`
    """

    def __init__(self, limit: int):
        """Prepare for payloads of up to `limit` bytes."""
        self.limit = limit
        self.bad = 0
        self._view = view = memoryview(bytearray(encoded_size(limit)))
        self._state = state = array("i", (len(view), 0, 0))  # as for `eqprop.protocol.bytes_plain.fill`

        def collect(data, count):  # no method, because its attributes would cost a board more than the bytes
            used = state[_USED]
            fill(view, data, state, 0, count)
            if state[_ENDED]:
                state[_USED] = used
                return False
            return True

        self.collect = collect

    def feed(self, data):
        """Yield (type, sequence, payload) for each good frame that `data` (bytes) completes.

        The payload is a memoryview of the receiver's buffer, valid until the next frame is asked for.
        """
        state = self._state
        start = 0
        while start < len(data):
            start = fill(self._view, data, state, start, len(data))
            if state[_ENDED] and state[_USED]:
                frame = self._take(state[_USED])
                state[_USED] = 0
                if frame:
                    yield frame

    def _take(self, used):
        """Return the frame in the buffer's first `used` bytes, or None for a bad frame."""
        view = self._view
        length = 0 if used > len(view) else unstuff(view, used)
        if length >= _OVERHEAD and struct.unpack_from("<I", view, length - 4)[0] == crc32(view[: length - 4]):
            kind, sequence, size = struct.unpack_from(_HEADER, view, 0)
            if size == length - _OVERHEAD:
                return kind, sequence, view[4 : length - 4]
        self.bad += 1
        return None
