"""A folder as the flash of a simulated board; it may fail, be full, or lose its power in the middle of a write.

Runs on MicroPython and CPython.
"""

from eqprop.xorshift import Xorshift32

_ERROR, _FULL, _READ_ONLY = 5, 28, 30  # EIO, ENOSPC, EROFS
_PIECE = 128  # items copied at a time, because a small heap cannot hold them all twice
_MILLION = 1000000
_BLOCK = 4096
_open = open  # a program may get `Flash.open` in its place


class Flash:
    """Files in `folder`; `open` is like the builtin, for "wb" and for reading.

    full: the largest file that fits, in bytes, 0 for no limit. fail_ppm: failing writes per million. cut_every: mean
    bytes until the power fails, which ends the program; 0 for never. `left` counts them down. read_only: whether writes
    fail. erase_ms: milliseconds to erase a block of 4 KB.
    """

    def __init__(self, folder, seed=0, full=0, fail_ppm=0, cut_every=0, erase_ms=0):
        """Draw all random faults from `seed`."""
        self.folder = folder
        self.full = full
        self.fail_ppm = fail_ppm
        self.erase_ms = erase_ms
        self.random = Xorshift32(seed)
        self.read_only = False
        self.left = 1 + self.random.below(2 * cut_every) if cut_every else None

    def open(self, name, mode="r"):
        """Open a file of this flash; with its full path, one that lies beside the program."""
        path = name if name[0] == "/" else self.folder + "/" + name
        if mode != "wb":
            return _open(path, mode)
        if self.read_only:
            raise OSError(_READ_ONLY)
        return _Writer(self, path)


class _Writer:
    def __init__(self, flash, path):
        self.flash = flash
        self.file = _open(path, "wb")  # noqa: SIM115 (closed where this is left)
        self.size = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def write(self, data):
        flash = self.flash
        if flash.fail_ppm and flash.random.below(_MILLION) < flash.fail_ppm:
            raise OSError(_ERROR)
        for at in range(0, len(data), _PIECE):
            self._write(bytes(data[at : at + _PIECE]))
        return len(data)

    def _write(self, data):
        flash = self.flash
        if flash.full and self.size + len(data) > flash.full:
            self.file.write(data[: flash.full - self.size])
            raise OSError(_FULL)
        if flash.left is not None:
            if flash.left < len(data):
                self.file.write(data[: flash.left])
                self.file.close()
                raise SystemExit("the power failed")
            flash.left -= len(data)
        if flash.erase_ms:
            import time  # imported here, because a simulated field replaces it

            blocks = (self.size + len(data) - 1) // _BLOCK - (self.size - 1) // _BLOCK
            time.sleep(flash.erase_ms * blocks / 1000)
        self.size += self.file.write(data)


def options(words):
    """Return (dict, other words) of a program's arguments: "key=value" words become the dict."""
    values = {}
    others = []
    for word in words:
        key, separator, value = word.partition("=")
        if separator:
            values[key] = int(value) if value.isdigit() else value
        else:
            others.append(word)
    return values, others
