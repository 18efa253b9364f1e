"""A black box: what a program was asked, answered and learnt, in the board's own flash, newest last.

Records of 16 bytes and, if features are kept, as many more, integers little-endian:

    kind u8, value u8, label u16, highest output u16, lead u16, samples learnt u32, seconds since the start u32,
    features i8...

ANSWER (131): value is the confidence in percent, 255 for none. LEARNT (132): value is the loss / 4096, at most 255. 64
is added to the kind of either if the record has features. START (1): the program started; label counts the starts.
CLOCK (2): a host was connected; samples learnt holds its clock, seconds since 2020. STATE (3): the last record of a
segment. START and STATE of a program with a network have the CRC-32 of its conductances in place of highest and lead: a
host that repeats the learning from the features compares its own with it. Records are numbered from 0 on, without a
gap. A power cut, or a flash that fails, loses the records that were not yet written; the next ones take their numbers.

Records wait in memory until they fill a segment, which is written to a file of its own and replaces the oldest of
`files`:

    "EQBB", format u8 (2), 0 u8, records u16, box u32 (drawn once), segment u32, number of its first record u32,
    features in a record u16, the records, CRC-32 u32 of all bytes before it

After a power cut each segment is whole or missing: one that was cut is recognised by its CRC-32, and its file is the
next to be written. With 250 records a file is one block of 4 KB: littlefs erases one block for 245 records
(`tests/programs/boxing.py`), so 16 blocks endure 16 * 100,000 * 245 = 392 million records.
"""

import struct
from binascii import crc32

from .._compat import const, ticks_us
from ..protocol.telemetry import LEARNT

START = const(1)
CLOCK = const(2)
STATE = const(3)
WITH_FEATURES = const(64)
RECORD_SIZE = const(16)  # without features
NAME = "eqprop-log-{}"

_HEADER = const("<4sBBHIIIH")
_HEADER_SIZE = const(22)
_CRC_SIZE = const(4)
_MAGIC = const(b"EQBB")
_FORMAT = const(2)
_LOSS_SHIFT = const(12)
_CLOCK_S = const(3600)  # between two CLOCK records
_FLUSH_S = const(600)  # between two hosts for which what waits is written
_PIECE = const(80)  # bytes that are read at a time
_FILE = const(4000)  # bytes of records: a block of 4 KB


class BlackBox:
    """The ring of segments in a folder.

    - next: number of the next record that is not in flash. box: its number, drawn when its first segment was
      written. failed: segments that could not be written
    """

    def __init__(self, folder="", files=16, records=0, features=0, open_file=open):
        """Continue what is in `folder` ("" for the current one).

        files: how many it takes, 2 or more. records: of a file, which wait in memory; 0 for as many as a block of 4 KB
        takes. features: how many a record keeps, the network's inputs, so that a host can compute what was learnt; 0
        for none. open_file: like the builtin. Raises ValueError for fewer than two files, or a record or features that
        no file takes.
        """
        size = RECORD_SIZE + features
        records = records or max(_FILE // size, 2)
        if files < 2 or not 2 <= records <= 4095:
            raise ValueError("files, records: {} and {}, expected 2 or more and 2 to 4095".format(files, records))
        if not 0 <= features <= 8191:
            raise ValueError("features: {}, expected 0 to 8191".format(features))
        self._names = [(folder + "/" if folder else "") + NAME.format(n) for n in range(files)]
        self._open = open_file
        self._features = features
        self._size = size
        self._data = bytearray(size * records)
        self._full = records
        self._count = 0
        self._network = None
        self.failed = 0
        self._segments = {}  # of each slot: (segment, number of its first record, records, features in each)
        self.box = ticks_us() & 0x3FFFFFFF
        newest = (-1, 0, 0, 0)
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
        """Return (box, segment, first record, records, features) of a slot's file, None unless it is whole."""
        try:
            with self._open(self._names[slot], "rb") as file:
                head = file.read(_HEADER_SIZE)
                if len(head) < _HEADER_SIZE:
                    return None
                magic, form, _, count, box, segment, first, features = struct.unpack(_HEADER, head)
                crc = crc32(head)
                for _ in range(count if form == _FORMAT else 0):
                    crc = crc32(file.read(RECORD_SIZE + features), crc)
                whole = file.read() == struct.pack("<I", crc)
        except OSError:
            return None
        return (box, segment, first, count, features) if whole and magic == _MAGIC and form == _FORMAT else None

    def note(self, kind, value, label, highest, lead, sample, seconds):
        """Append a record; the segment that it fills is written. Allocates nothing otherwise."""
        self._put(kind, value, label, highest, lead, sample, seconds)
        if self._count >= self._full:
            self.flush()

    def _put(self, kind, value, label, highest, lead, sample, seconds):
        at = self._size * self._count
        struct.pack_into("<BBHHHII", self._data, at, kind, value, label, highest, lead, sample, seconds)
        self._count += 1
        self._seconds = seconds

    def start(self, network):
        """Note that the program starts, with this network or None."""
        if network and network.crossbar.readable and network.crossbar.exact:
            self._network = network
            self._full -= 1  # the last is STATE
        self._state(START, self._segment & 0xFFFF, network.sample if network else 0, 0)
        if self._count >= self._full:
            self.flush()

    def _state(self, kind, label, sample, seconds):
        """Append the CRC of the network's conductances."""
        crc = self._network.crc() if self._network else 0
        self._put(kind, 0, label, crc & 0xFFFF, crc >> 16, sample, seconds)

    def clock(self, host_seconds, seconds):
        """Note a host's clock, seconds since 2020, at most once an hour."""
        if seconds - self._clocked >= _CLOCK_S:
            self._clocked = seconds
            self.note(CLOCK, 0, 0, 0, 0, host_seconds, seconds)

    def keep(self, raw, x):
        """Append what an ANSWER or a LEARNT of a `Telemetry` tells, from its record, and its features `x`, or None."""
        seconds, _, sample, label, lead, value, highest = struct.unpack_from("<IIIHHIH", raw, 4)
        kind = raw[0]
        value = min(value >> _LOSS_SHIFT, 255) if kind == LEARNT else value
        count = self._features
        if count and x and len(x) == count:
            at = self._size * self._count + RECORD_SIZE
            for n in range(count):
                self._data[at + n] = x[n] & 255
            kind |= WITH_FEATURES
        self.note(kind, value, label, highest, lead, sample, seconds)

    def flush(self):
        """Write what waits; return whether nothing waits any more. Each call with a record takes a block of flash."""
        if not self._count:
            return True
        if self._network:
            self._state(STATE, 0, self._network.sample, self._seconds)
        slot = self._segment % len(self._names)
        about = (self._segment, self._first, self._count, self._features)
        head = struct.pack(
            _HEADER, _MAGIC, _FORMAT, 0, self._count, self.box, self._segment, self._first, self._features
        )
        data = memoryview(self._data)[: self._size * self._count]
        self._segments.pop(slot, None)
        try:
            with self._open(self._names[slot], "wb") as file:
                file.write(head)
                file.write(data)
                file.write(struct.pack("<I", crc32(data, crc32(head))))
            whole = self._check(slot) == (self.box,) + about
        except (OSError, MemoryError):
            whole = False
        if whole:
            self._segments[slot] = about
            self._segment += 1
            self._first += self._count
        else:
            self.failed += 1  # what waits is lost, so that the program goes on; the next records take its numbers
        self._count = 0
        return whole

    def pieces(self, first, seconds):
        """Yield (number of its first record, bytes) of pieces from record `first` on, or from the oldest one in flash.

        Segments before one that is missing or damaged are left out, so that numbers have no gap.
        The bytes: features in a record u16, offset u16 of what follows in that record, then whole records, or a part of
        one. What waits is written first, if ten minutes have passed since it was for a host: `seconds` since the start.
        A host gets only what is in flash, because the number of a record that a power cut takes is given again. Records
        may be added meanwhile.
        """
        if seconds - self._flushed >= _FLUSH_S:
            self._flushed = seconds
            self.flush()
        segments = sorted((about[0], slot) for slot, about in self._segments.items())
        for n in range(len(segments) - 1, 0, -1):
            if segments[n][0] - segments[n - 1][0] > 1:
                del segments[:n]
                break
        for segment, slot in segments:
            begin, count, features = self._segments.get(slot, (0, 0, 0, 0))[1:]
            size = RECORD_SIZE + features
            at = size * max(0, first - begin)
            while at < size * count and self._segments.get(slot, (-1,))[0] == segment:
                offset = at % size
                most = _PIECE // size * size if size <= _PIECE else min(_PIECE, size - offset)
                try:
                    with self._open(self._names[slot], "rb") as file:
                        file.seek(_HEADER_SIZE + at)
                        data = file.read(min(most, size * count - at))
                except OSError:
                    break
                yield begin + at // size, struct.pack("<HH", features, offset) + data
                at += most
