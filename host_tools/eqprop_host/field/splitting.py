"""Tells a program's text from its records on one line, on CPython and, in the studio's page, on MicroPython."""

from binascii import crc32

from eqprop.protocol.bytes_plain import unstuff

_FRAME_STARTS = (2, 3, 4)  # the first byte of a frame in COBS: its fourth byte is zero; no text has it
_STARTS = bytes(_FRAME_STARTS)
_LEAST_TYPE = 128
_OVERHEAD = 8
_FRAME_MOST = 4096  # bytes
_TEXT_MOST = 4096  # bytes of a line that does not end


class Splitter:
    """Takes bytes, and returns lines of text and frames in their order.

    - torn: frames that arrived damaged
    """

    def __init__(self):
        """Start with an empty line."""
        self.torn = 0
        self._segment = bytearray()
        self._line = bytearray()

    def feed(self, data):
        """Return what bytes complete: str for a line of text, (type, sequence number, payload) for a frame."""
        found = []
        parts = bytes(data).split(b"\0")
        for n, part in enumerate(parts):
            self._segment += part
            ended = n + 1 < len(parts)
            if self._is_frame():
                if ended or len(self._segment) > _FRAME_MOST:
                    self._take_frame(found)
            elif ended or len(self._segment) > 1 or bytes(self._segment).strip(_STARTS):
                self._take_text(found)
        return found

    def rest(self):
        """Return the text of a line that has not ended, and forget it; "" for none."""
        line, self._line = bytes(self._line), bytearray()
        return _decoded(line)

    def _is_frame(self):
        segment = self._segment
        return len(segment) > 1 and segment[0] in _FRAME_STARTS and segment[1] >= _LEAST_TYPE

    def _take_frame(self, found):
        view = memoryview(self._segment)
        self._segment = bytearray()
        length = unstuff(view, len(view))
        if (
            length >= _OVERHEAD
            and view[2] + 256 * view[3] == length - _OVERHEAD
            and crc32(view[: length - 4]) == int.from_bytes(view[length - 4 : length], "little")
        ):
            found.append((view[0], view[1], bytes(view[4 : length - 4])))
        else:
            self.torn += 1

    def _take_text(self, found):
        *lines, rest = bytes(self._line + self._segment).split(b"\n")
        self._segment = bytearray()
        self._line = bytearray(rest)
        found += [_decoded(line[:-1] if line.endswith(b"\r") else line) for line in lines]
        if len(self._line) > _TEXT_MOST:
            found.append(self.rest())


def _decoded(line):
    try:
        return line.decode("utf-8", "replace")
    except UnicodeError:  # of MicroPython, which replaces nothing
        return "".join(chr(byte) if byte < 128 else "\ufffd" for byte in line)
