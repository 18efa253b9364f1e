"""A black box: what a program was asked, answered and learnt, in the board's own flash, newest last.

Records of 16 bytes, integers little-endian:

    kind u8, value u8, label u16, highest output u16, lead u16, samples learnt u32, seconds since the start u32

ANSWER (131): value is the confidence in percent, 255 for none. LEARNT (132): value is the loss / 4096, at most 255.
START (1): the program started; label counts the starts. CLOCK (2): a host was there, and samples is its clock, seconds
since 2020. Records are numbered from 0 on; the first record after a power cut takes the number of the first one lost.

They wait in memory until a segment of them is written to a file of its own, which replaces the oldest of `files`:

    "EQBB", format u8 (1), 0 u8, records u16, box u32 (drawn once), segment u32, number of its first record u32, the
    records, CRC-32 u32 of all bytes before it

A power cut leaves each segment whole or not at all: the one that it cuts is found broken, and its file is written next.
The records in memory are lost. With 250 records a file is one block of 4 KB: littlefs erases one block for 245 records
(`tests/programs/boxing.py`), so 16 blocks endure 16 * 100,000 * 245 = 392 million records.
"""

import struct
from binascii import crc32

from .._compat import const, ticks_us
from ..protocol.telemetry import LEARNT

START = const(1)
CLOCK = const(2)
RECORD_SIZE = const(16)
NAME = "eqprop-log-{}"

_HEADER = const("<4sBBHIII")
_HEADER_SIZE = const(20)
_CRC_SIZE = const(4)
_MAGIC = const(b"EQBB")
_FORMAT = const(1)
_LOSS_SHIFT = const(12)
_CLOCK_S = const(3600)  # between two CLOCK records
_FLUSH_S = const(600)  # between two hosts for which what waits is written
_PIECE = const(4)  # records that are read at a time


class BlackBox:
    """The ring of segments in a folder.

    - next: number of the next record that is not in flash. box: its number, drawn when its first segment was
      written. failed: segments that could not be written
    """

    def __init__(self, folder="", files=16, records=250, open_file=open):
        """Go on with what is in `folder` ("" for the current one).

        files: how many it takes, 2 or more. records: of a file, which wait in 16 bytes of memory each. open_file: like
        the builtin. Raises ValueError for fewer than two files or no record.
        """
        if files < 2 or not 0 < records <= 4095:
            raise ValueError("files, records: {} and {}, expected 2 or more and 1 to 4095".format(files, records))
        self._names = [(folder + "/" if folder else "") + NAME.format(n) for n in range(files)]
        self._open = open_file
        self._data = bytearray(RECORD_SIZE * records)
        self._count = 0
        self.failed = 0
        self._segments = {}  # of each slot: (segment, number of its first record, records)
        self.box = ticks_us() & 0x3FFFFFFF
        newest = (-1, 0, 0)
        for slot in range(files):
            found = self._check(slot)
            if found:
                self._segments[slot] = found[1:]
                if found[1] > newest[0]:
                    newest = found[1:]
                    self.box = found[0]
        self._segment = newest[0] + 1
        self._first = newest[1] + newest[2]
        self._clocked = -_CLOCK_S
        self._flushed = -_FLUSH_S

    @property
    def next(self):
        """Number of the next record that is not in flash."""
        return self._first

    def _check(self, slot):
        """Return (box, segment, first record, records) of a slot's file, None unless it is whole."""
        try:
            with self._open(self._names[slot], "rb") as file:
                head = file.read(_HEADER_SIZE)
                if len(head) < _HEADER_SIZE:
                    return None
                magic, form, _, count, box, segment, first = struct.unpack(_HEADER, head)
                crc = crc32(head)
                for _ in range(count):
                    crc = crc32(file.read(RECORD_SIZE), crc)
                whole = file.read() == struct.pack("<I", crc)
        except OSError:
            return None
        return (box, segment, first, count) if whole and magic == _MAGIC and form == _FORMAT else None

    def note(self, kind, value, label, highest, lead, sample, seconds):
        """Append a record; the segment that it fills is written. Allocates nothing otherwise."""
        struct.pack_into(
            "<BBHHHII", self._data, RECORD_SIZE * self._count, kind, value, label, highest, lead, sample, seconds
        )
        self._count += 1
        if RECORD_SIZE * self._count == len(self._data):
            self.flush()

    def start(self, sample):
        """Note that the program starts."""
        self.note(START, 0, self._segment & 0xFFFF, 0, 0, sample, 0)

    def clock(self, host_seconds, seconds):
        """Note a host's clock, seconds since 2020, at most once an hour."""
        if seconds - self._clocked >= _CLOCK_S:
            self._clocked = seconds
            self.note(CLOCK, 0, 0, 0, 0, host_seconds, seconds)

    def keep(self, raw):
        """Append what an ANSWER or a LEARNT of a `Telemetry` tells, from its record."""
        seconds, _, sample, label, lead, value, highest = struct.unpack_from("<IIIHHIH", raw, 4)
        value = min(value >> _LOSS_SHIFT, 255) if raw[0] == LEARNT else value
        self.note(raw[0], value, label, highest, lead, sample, seconds)

    def flush(self):
        """Write what waits; return whether nothing waits any more. Each call with a record takes a block of flash."""
        if not self._count:
            return True
        slot = self._segment % len(self._names)
        head = struct.pack(_HEADER, _MAGIC, _FORMAT, 0, self._count, self.box, self._segment, self._first)
        data = memoryview(self._data)[: RECORD_SIZE * self._count]
        self._segments.pop(slot, None)
        try:
            with self._open(self._names[slot], "wb") as file:
                file.write(head)
                file.write(data)
                file.write(struct.pack("<I", crc32(data, crc32(head))))
            whole = self._check(slot) == (self.box, self._segment, self._first, self._count)
        except (OSError, MemoryError):
            whole = False
        if whole:
            self._segments[slot] = (self._segment, self._first, self._count)
            self._segment += 1
        else:
            self.failed += 1  # what waits is lost, so that the program goes on
        self._first += self._count
        self._count = 0
        return whole

    def pieces(self, first, seconds):
        """Yield (number of its first record, bytes) of pieces from record `first` on, or from the oldest one in flash.

        What waits is written first, if ten minutes have passed since it was for a host: `seconds` since the start. A
        host gets only what is in flash, because the number of a record that a power cut takes is given again. Records
        may be added meanwhile.
        """
        if seconds - self._flushed >= _FLUSH_S:
            self._flushed = seconds
            self.flush()
        segments = sorted((segment, slot) for slot, (segment, _, _) in self._segments.items())
        for segment, slot in segments:
            begin, count = self._segments.get(slot, (0, 0, 0))[1:]
            at = max(0, first - begin)
            while at < count and self._segments.get(slot, (-1,))[0] == segment:
                try:
                    with self._open(self._names[slot], "rb") as file:
                        file.seek(_HEADER_SIZE + RECORD_SIZE * at)
                        data = file.read(RECORD_SIZE * min(_PIECE, count - at))
                except OSError:
                    break
                yield begin + at, data
                at += _PIECE
