"""Arrays that may be larger than memory: read block by block, kept in memory or, if large, in a file on disk.

Large arrays go to an unnamed file in the system's folder for temporary files (`TMPDIR`), mapped into memory, so the
operating system keeps as much of it in memory as fits. The file disappears with the array.
"""

import tempfile
import weakref

import numpy as np

from ..errors import DataError

BLOCK = 1 << 20
"""Values that are checked or converted at a time."""

IN_MEMORY = 1 << 28
"""An array of more bytes than this lies in a file."""

UNPACKED_MAX = 1 << 30
"""The most bytes that a file may unpack to, or a stream may hold. A file may also unpack to UNPACKED_RATIO times its
own size."""

UNPACKED_RATIO = 16

SAMPLE_MAX = 96 << 20
"""The most bytes that decoding one picture or sound may take; decoding happens in memory."""


def check_unpacked(source, size, packed):
    """Raise DataError if a file of `packed` bytes would unpack to more bytes (`size`) than allowed: a bomb."""
    most = max(UNPACKED_MAX, UNPACKED_RATIO * packed)
    if size > most:
        text = f"{source}: would unpack to {size:,} bytes, the limit is {most:,}"
        raise DataError(f"{text}: if you trust it, save it as .npy, which has no limit")


def check_sample(source, size):
    """Raise DataError if a picture or sound would take more memory (`size` bytes) than allowed."""
    if size > SAMPLE_MAX:
        raise DataError(f"{source}: would take {size:,} bytes, the limit is {SAMPLE_MAX:,}: make it smaller first")


def first_rows(width, most=1000):
    """Return how many rows decide what each of `columns` columns is: 20 to `most`."""
    return min(most, max(20, BLOCK // width))


def blocks(values, rows=None):
    """Yield (first, block) for a 2-D array, or for those rows of it, in order: float64, at most BLOCK values each.

    first: index of the block's first row among the requested rows.
    """
    count = len(values) if rows is None else len(rows)
    step = max(1, BLOCK // values.shape[1])
    for first in range(0, count, step):
        part = slice(first, first + step)
        with np.errstate(over="ignore"):  # a long double too large for float64 becomes infinite, which is refused later
            yield first, np.asarray(values[part if rows is None else rows[part]], np.float64)


def columns_of(values, places):
    """Return those columns of a 2-D array, in its own type: a view if they are a range, else a copy."""
    first, count = places[0], len(places)
    if list(places) == list(range(first, first + count)):
        return values[:, first : first + count]
    spool = Spool()
    step = max(1, BLOCK // values.shape[1])
    for start in range(0, len(values), step):
        spool.append(np.ascontiguousarray(values[start : start + step][:, places]))
    return spool.finish()


class Spool:
    """An array that grows row by row: `append` blocks of the same columns and type, then call `finish`."""

    def __init__(self):
        """Start empty."""
        self._blocks = []
        self._bytes = 0
        self._file = None

    def append(self, block):
        """Add rows: array (rows, ...). Raises OSError if they go to disk and the disk is full."""
        self._like = block[:0]
        self._bytes += block.nbytes
        if self._file is None and self._bytes <= IN_MEMORY:
            self._blocks.append(block)
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed once all is mapped, or with this object)
            weakref.finalize(self, self._file.close)
            for earlier in self._blocks:
                self._file.write(earlier.tobytes())
            self._blocks = []
        self._file.write(block.tobytes())

    def finish(self) -> np.ndarray:
        """Return all rows, at least one, as one C-contiguous array."""
        if self._file is None:
            return np.concatenate(self._blocks)
        self._file.flush()
        like = self._like
        rows = self._bytes // like.dtype.itemsize // int(np.prod(like.shape[1:]))
        # The map keeps the file open; compiled code expects a plain array
        return np.asarray(np.memmap(self._file, like.dtype, "r+", shape=(rows, *like.shape[1:])))
