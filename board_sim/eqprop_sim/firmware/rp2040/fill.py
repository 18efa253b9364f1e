"""Put the files of a folder into the filesystem of a Pico: fill.py IMAGE FOLDER, on MicroPython's unix port.

IMAGE is the file of `flash.mjs`. If it holds no filesystem yet, one is made as the firmware's own `_boot.py` does.
Existing files stay, except that folders of FOLDER get exactly its files.
"""

import os
import sys

import vfs

_BLOCK = 4096
_BLOCKS = 352  # MICROPY_HW_FLASH_STORAGE_BYTES of RPI_PICO
_FOLDER = 0x4000
_HERE, _BOARD = "/here", "/board"


class Image:
    """A file as a flash of blocks."""

    def __init__(self, path):
        """Make the file, erased, unless it exists."""
        try:
            os.stat(path)
        except OSError:
            with open(path, "wb") as new:
                for _ in range(_BLOCKS):
                    new.write(b"\xff" * _BLOCK)
        self.file = open(path, "r+b")  # noqa: SIM115 (closed with the process)

    def readblocks(self, block, data, at=0):
        """Fill `data` from byte `at` of that block on."""
        self.file.seek(block * _BLOCK + at)
        self.file.readinto(data)

    def writeblocks(self, block, data, at=0):
        """Write `data` to byte `at` of that block on; it was erased before."""
        self.file.seek(block * _BLOCK + at)
        self.file.write(data)

    def ioctl(self, operation, block):
        """Handle the requests of MicroPython's filesystems to a block device."""
        if operation == 4:
            return _BLOCKS
        if operation == 5:
            return _BLOCK
        if operation == 6:
            self.writeblocks(block, b"\xff" * _BLOCK)
        return 0


def read(path):
    """Return a file's bytes, or None if it does not exist."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def remove(path):
    """Remove a file, or a folder with its contents."""
    if os.stat(path)[0] & _FOLDER:
        for entry in os.listdir(path):
            remove(path + "/" + entry)
        os.rmdir(path)
    else:
        os.remove(path)


def fill(source, target):
    """Make the folder `target` equal to `source`, except for further files at the top."""
    wanted = os.listdir(source)
    there = os.listdir(target)
    for name in there:
        if target != _BOARD and name not in wanted:
            remove(target + "/" + name)
    for name in wanted:
        old, new = target + "/" + name, source + "/" + name
        if os.stat(new)[0] & _FOLDER:
            if name not in there:
                os.mkdir(old)
            fill(new, old)
        elif read(old) != read(new):
            with open(old, "wb") as file:
                file.write(read(new))


image = Image(sys.argv[1])
try:
    board = vfs.VfsLfs2(image, progsize=256)
except OSError:
    vfs.VfsLfs2.mkfs(image, progsize=256)
    board = vfs.VfsLfs2(image, progsize=256)
vfs.mount(board, _BOARD)
fill(sys.argv[2], _BOARD)
vfs.umount(_BOARD)
