"""Arrays that may be larger than memory: read block by block, kept in memory or, when large, in a file on disk.

What does not fit goes to an unnamed file in the system's folder for temporary files (`TMPDIR`), mapped into memory, so
that the operating system holds what it has room for. It is gone when the array is.
"""

import tempfile
import weakref

import numpy as np

BLOCK = 1 << 20
"""Values that are looked at or converted at once."""

IN_MEMORY = 1 << 28
"""Bytes of an array beyond which it lies in a file."""


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
