"""A black box on littlefs whose power fails at every operation of its blocks: print what was left.

micropython boxing.py RECORDS CUT_EVERY: cuts at operation 1, 2, 3 ... of a start, CUT_EVERY for none
"""

import struct
import sys

import vfs

from eqprop.telemetry.blackbox import BlackBox

BLOCK, BLOCKS = 4096, 40


class PowerCut(Exception):
    """The power failed."""


class Flash:
    """Blocks in memory that lose their power."""

    def __init__(self):
        self.data = bytearray(BLOCK * BLOCKS)
        self.left = -1
        self.erased = 0

    def _operate(self):
        if self.left == 0:
            raise PowerCut
        self.left -= 1

    def readblocks(self, block, buffer, offset=0):
        """As a block device."""
        start = BLOCK * block + offset
        buffer[:] = self.data[start : start + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        """As a block device; a cut leaves half of it written."""
        start = BLOCK * block + offset
        if self.left == 0:
            half = len(buffer) // 2
            self.data[start : start + half] = buffer[:half]
        self._operate()
        self.data[start : start + len(buffer)] = buffer

    def ioctl(self, request, argument):
        """As a block device."""
        if request == 6:
            self._operate()
            self.erased += 1
            start = BLOCK * argument
            self.data[start : start + BLOCK] = b"\xff" * BLOCK
        return {4: BLOCKS, 5: BLOCK}.get(request, 0)


def kept(box):
    """Return the number of the first record kept and how many; raise ValueError unless they are in order, once each."""
    first = following = None
    told = -1
    for number, data in box.pieces(0, 0):
        if following is not None and number != following:
            raise ValueError("number {} after {}".format(number, following))
        first = number if first is None else first
        for at in range(4, len(data), 16):
            _, _, _, _, _, sample, _ = struct.unpack_from("<BBHHHII", data, at)
            if sample <= told:
                raise ValueError("record {} after {}".format(sample, told))
            told = sample
        following = number + (len(data) - 4) // 16
    return first or 0, (following or 0) - (first or 0), told


records, cut_every = int(sys.argv[1]), int(sys.argv[2])
flash = Flash()
vfs.VfsLfs2.mkfs(flash)
sample = cuts = found = 0
operation = 1
while sample < records:
    flash.left = -1
    filesystem = vfs.VfsLfs2(flash)
    box = BlackBox(files=8, open_file=filesystem.open)
    _, count, told = kept(box)
    if told >= sample:
        raise ValueError("record {} was never written".format(told))
    found = max(found, count)
    flash.left = operation if cut_every else -1
    try:
        while sample < records:
            box.note(131, 50, 1, 1, 100, sample, sample & 0xFFFF)
            sample += 1
    except PowerCut:
        cuts += 1
        operation = operation % cut_every + 1
flash.left = -1
if not cut_every:
    erased = flash.erased
    _, count, told = kept(box)
print(sample, cuts, count, 1000 * flash.erased // sample)
