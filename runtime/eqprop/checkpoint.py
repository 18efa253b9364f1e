"""Checkpoints: the network and its progress, in two files, so that no power cut can spoil both.

Each write goes to the older of the two slots and is read back, so a power cut at any byte leaves the newest checkpoint
or the one before it. A slot's file, integers little-endian:

    "EQCP", format u8 (3), number u32 (1 for a board's first checkpoint, then 2, 3, ...: the wear), next sample u32,
    totals of the epoch: samples u32, correct predictions u32, loss u32 modulo 2**30, loss u32 // 2**30;
    length u16 and the payload of CONFIGURE (`eqprop.protocol.messages`), parts, 0 u8, the user data
    (`Network.user_data`), CRC-32 u32 of all bytes before it

A part is its kind u8, its size in bytes u32, and its bytes. Kind 1 comes first: conductances u16..., weights of 8 bits
i8..., of all crossbars in order. A crossbar that cannot be read back leaves it out; loading the file keeps the
conductances that it has. The other parts are what the program asked for (`eqprop.extras`).

Wear. NOR flash endures some 100,000 erasures of a sector. A checkpoint is written after `every` samples, but on average
at most once in `rest_s` seconds, including a host's SAVE. The first `BURST` after a start and forced ones are exempt. A
slot gets every second checkpoint: at the default of 600 s, a board that trains day and night on a filesystem without
wear levelling reaches 100,000 after 2 * 100,000 * 600 s = 3.8 years. littlefs levels wear: a 64-32-10 network takes
9 KB, three blocks of 4 KB and two of its own, so the 350 blocks of a 1.4 MB filesystem endure 350 * 100,000 / 5 =
7 million checkpoints, 133 years. After a restart, the host sends the samples learnt since the last checkpoint a second
time.

Reading and writing need some 300 bytes of heap in addition to the open file; reading also needs the user data's size.
"""

import struct
from binascii import crc32

from ._compat import const, ticks_diff, ticks_us

NAMES = ("eqprop-0.checkpoint", "eqprop-1.checkpoint")
BURST = const(8)

_MAGIC = const(b"EQCP")
_HEADER = const("<4sBIIIIIIH")
_FORMAT = const(3)
_PART = const("<BI")
_CONDUCTANCES = const(1)
_SIZE_SIZE = const(4)
_HEADER_SIZE = const(31)
_CRC_SIZE = const(4)
_RESIDUE = const(0x2144DF1C)  # CRC-32 of anything followed by its own CRC-32
_PIECE = const(256)
_TICK_US = const(100000)


class Checkpoints:
    """The two slots in a folder, and the rule for when to write them.

    - saved: next sample of the newest checkpoint of this network, or None.
    - written: number of the newest checkpoint, which counts the writes so far.
    - failed: checkpoints since the start that could not be written.
    """

    def __init__(self, folder="", every=1000, rest_s=600, open_file=open, ticks=ticks_us):
        """Keep checkpoints in `folder` ("" for the current one), written every `every` samples (0: never).

        rest_s: least average seconds between two. open_file: like the builtin `open`. ticks: like MicroPython's
        `time.ticks_us`.
        """
        self.every = every
        self.saved = None
        self.written = 0
        self.failed = 0
        if folder:
            folder += "/"
        self._names = (folder + NAMES[0], folder + NAMES[1])
        self._open = open_file
        self._read = False
        self._last = 0
        self._rest_ms = 1000 * rest_s
        self._earned_ms = BURST * self._rest_ms
        self._ticks = ticks
        self._then = ticks()

    def load(self, configure, strict=False):
        """Restore the newest whole checkpoint; return (next sample, totals), or None without one.

        configure(payload, keep) gets the payload of CONFIGURE and returns a network to restore into; keep: the crossbar
        must keep its conductances, because the checkpoint has none. If it, the network or the flash raises TypeError,
        ValueError, MemoryError, OSError, or ImportError for a part of eqprop that is not on this board, the checkpoint
        is skipped; strict: the error is raised instead, so that a kept network is not mistaken for none.
        """
        for slot in self._whole():
            try:
                sample, totals = self._restore(slot, configure)
            except (ImportError, OSError, TypeError, ValueError, MemoryError):
                if strict:
                    raise
                continue
            self._newest = slot
            self.saved = self._last = sample
            return sample, totals
        return None

    def _whole(self):
        """Return the slots that hold a checkpoint, the newest first."""
        numbers = (self._check(0), self._check(1))
        self.written = max(self.written, *numbers)
        self._newest = newest = 0 if numbers[0] > numbers[1] else 1
        self._read = True
        if numbers[1 - newest]:
            return newest, 1 - newest
        return (newest,) if numbers[newest] else ()

    def _check(self, slot):
        """Return the number of the checkpoint in a slot, or 0 if it is not whole."""
        try:
            with self._open(self._names[slot], "rb") as file:
                piece = file.read(_PIECE)
                if len(piece) < _HEADER_SIZE:
                    return 0
                magic, _, number = struct.unpack_from("<4sBI", piece, 0)
                crc = 0
                while piece:
                    crc = crc32(piece, crc)
                    piece = file.read(_PIECE)
        except (OSError, MemoryError):
            return 0
        return number if magic == _MAGIC and crc == _RESIDUE else 0

    def _restore(self, slot, configure):
        with self._open(self._names[slot], "rb") as file:
            _, form, _, sample, counted, correct, low, high, length = struct.unpack(_HEADER, file.read(_HEADER_SIZE))
            if form != _FORMAT:
                raise ValueError("checkpoint: expected format 3, got {}".format(form))
            payload = file.read(length)
            kind = file.read(1)[0]
            network = configure(payload, kind != _CONDUCTANCES)
            if kind == _CONDUCTANCES:
                kind = self._conductances(network, file)
            while kind:
                from .extras import restore  # imported here, so that boards without extras do not load it

                restore(network, kind, struct.unpack("<I", file.read(_SIZE_SIZE))[0], file)
                kind = file.read(1)[0]
            user_data = file.read()[:-_CRC_SIZE]
        network.resume_at(sample)
        network.user_data = user_data
        return sample, (counted, correct, low, high)

    @staticmethod
    def _conductances(network, file):
        """Restore the conductances that come next in a file; return the kind of the part after them."""
        file.read(_SIZE_SIZE)
        wide = 1 + (network.g_max > 127)  # bytes of a weight
        for c, (rows, columns) in enumerate(network.plan.shapes):
            size = wide * rows * columns
            for start in range(0, size, _PIECE):
                wanted = min(_PIECE, size - start)
                piece = file.read(wanted)
                if len(piece) < wanted:
                    raise ValueError("checkpoint: is of other crossbars")
                network.restore(c, start // wide, piece)
        return file.read(1)[0]

    def begin(self, sample):
        """Count the samples to the next checkpoint from now on, because a network was built, or restored by a host."""
        self._last = sample
        self.saved = None

    def due_from(self):
        """Return the number of the first training sample before which a checkpoint may be `due`; 2**30 - 1 for none."""
        return self._last + self.every if self.every else 1073741823

    def due(self, sample):
        """Return whether a checkpoint is due before training sample number `sample`."""
        return sample >= self.due_from() and self._allows(2)  # one write is reserved for a host's SAVE

    def _allows(self, count):
        """Return whether `count` checkpoints may be written now without wearing the flash out early."""
        now = self._ticks()
        passed = ticks_diff(now, self._then)
        if not 0 <= passed < _TICK_US:  # negative if the counter wrapped during a long pause
            self._then = now
            self._earned_ms = min(self._earned_ms + max(passed, 0) // 1000, BURST * self._rest_ms)
        return self._earned_ms >= count * self._rest_ms

    def save(self, network, configuration, totals, force=False):
        """Write a checkpoint unless wear forbids it; return whether the newest checkpoint is of this moment.

        configuration: the payload of CONFIGURE. totals: the epoch's four totals. force: write in any case; later writes
        then wait longer. Failures of the filesystem or the heap are counted. Raises RuntimeError, writing nothing, if
        the network's memory changed by itself (`Network.inspect`).
        """
        if self.saved == network.sample:
            return True
        if not self._allows(1) and not force:
            return False
        if not self._read:  # a program that never read the slots must still write a higher number than theirs
            self._whole()
        self._earned_ms = max(self._earned_ms - self._rest_ms, -BURST * self._rest_ms)
        self._last = network.sample
        slot = 1 - self._newest
        number = self.written + 1
        try:
            network.inspect()
            self._write(slot, number, network, configuration, totals)
            whole = self._check(slot) == number
        except (OSError, MemoryError):
            whole = False
        if not whole:
            self.failed = min(self.failed + 1, 0xFFFF)
            return False
        self._newest = slot
        self.written = number
        self.saved = network.sample
        return True

    def _write(self, slot, number, network, configuration, totals):
        head = struct.pack(_HEADER, _MAGIC, _FORMAT, number, network.sample, *totals, len(configuration))
        crc = 0
        with self._open(self._names[slot], "wb") as file:
            for part in _parts(network, head, configuration):
                file.write(part)
                crc = crc32(part, crc)
            file.write(struct.pack("<I", crc))


def _parts(network, head, configuration):
    """Yield what a file holds before its CRC, in order."""
    yield head
    yield configuration
    if network.crossbar.readable:
        size = 0
        for rows, columns in network.plan.shapes:
            size += rows * columns
        yield struct.pack(_PART, _CONDUCTANCES, size << (network.g_max > 127))
        for c in range(network.crossbar_count):
            yield network.conductances(c)
    for extra in network.extras:
        yield struct.pack(_PART, extra.kind, extra.size)
        yield from extra.buffers()
    yield b"\0"
    yield network.user_data
