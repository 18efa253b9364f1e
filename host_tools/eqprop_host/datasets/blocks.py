"""Arrays that may be larger than memory: read block by block, kept in memory or, when large, in a file on disk.

What does not fit goes to an unnamed file in the system's folder for temporary files (`TMPDIR`), mapped into memory, so
that the operating system holds what it has room for. It is gone when the array is.
"""

import tempfile
import weakref

import numpy as np

from ..errors import DataError

BLOCK = 1 << 20
"""Values that are looked at or converted at once."""

IN_MEMORY = 1 << 28
"""Bytes of an array beyond which it lies in a file."""

UNPACKED_MAX = 1 << 30
"""The most bytes that a file may unpack to, or a stream may hold; a file that is large itself may unpack to
UNPACKED_RATIO times its size."""

UNPACKED_RATIO = 16

SAMPLE_MAX = 96 << 20
"""The most bytes of one picture or sound, which is decoded in memory."""


def check_unpacked(source, size, packed):
    """Raise DataError where a file of `packed` bytes would unpack to `size` bytes, more than it may: a bomb."""
    most = max(UNPACKED_MAX, UNPACKED_RATIO * packed)
    if size > most:
        text = f"{source}: would unpack to {size:,} bytes, at most {most:,} are read"
        raise DataError(f"{text}: if it is sound, save it as .npy, of any size")


def check_sample(source, size):
    """Raise DataError where a picture or sound would take `size` bytes of memory, more than it may."""
    if size > SAMPLE_MAX:
        raise DataError(f"{source}: would take {size:,} bytes, at most {SAMPLE_MAX:,} are read: make it smaller first")


def first_rows(width, most=1000):
    """Return how many rows of so many columns are looked at to say what each column is: 20 to `most`."""
    return min(most, max(20, BLOCK // width))


def blocks(values, rows=None):
    """Yield (first, block) of a 2-D array or of those rows of it, in order: block is float64, at most BLOCK values.

    first: place of the block's first row in what is asked for.
    """
    count = len(values) if rows is None else len(rows)
    step = max(1, BLOCK // values.shape[1])
    for first in range(0, count, step):
        part = slice(first, first + step)
        with np.errstate(over="ignore"):  # a long double beyond float64 is found not to be finite
            yield first, np.asarray(values[part if rows is None else rows[part]], np.float64)


def columns_of(values, places):
    """Return those columns of a 2-D array, in its own type: a view where they are a range, else a copy of them."""
    first, count = places[0], len(places)
    if list(places) == list(range(first, first + count)):
        return values[:, first : first + count]
    spool = Spool()
    step = max(1, BLOCK // values.shape[1])
    for start in range(0, len(values), step):
        spool.append(np.ascontiguousarray(values[start : start + step][:, places]))
    return spool.finish()


class Spool:
    """An array that grows row by row: `append` blocks of the same columns and type, then take it with `finish`."""

    def __init__(self):
        """Hold nothing yet."""
        self._blocks = []
        self._bytes = 0
        self._file = None

    def append(self, block):
        """Add rows: array (rows, ...). Raises OSError when they go to the disk and it is full."""
        self._like = block[:0]
        self._bytes += block.nbytes
        if self._file is None and self._bytes <= IN_MEMORY:
            self._blocks.append(block)
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 (until all is mapped, or this is given up)
            weakref.finalize(self, self._file.close)
            for earlier in self._blocks:
                self._file.write(earlier.tobytes())
            self._blocks = []
        self._file.write(block.tobytes())

    def finish(self):
        """Return all rows as one C-contiguous array. There must be some."""
        if self._file is None:
            return np.concatenate(self._blocks)
        self._file.flush()
        like = self._like
        rows = self._bytes // like.dtype.itemsize // int(np.prod(like.shape[1:]))
        # The map holds the file by itself, and as a plain array it is what compiled code expects
        return np.asarray(np.memmap(self._file, like.dtype, "r+", shape=(rows, *like.shape[1:])))
