"""The four IDX files in which MNIST is published, and the data sets that took its place, such as Fashion-MNIST.

    train-images-idx3-ubyte    train-labels-idx1-ubyte    t10k-images-idx3-ubyte    t10k-labels-idx1-ubyte

plain or with .gz behind. An IDX file begins with a magic number (two zero bytes, 8 for unsigned bytes, the number of
dimensions) and the size of each dimension as big-endian uint32; all elements follow. The t10k samples come last and
are the data set's own test samples.
"""

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np

from ..errors import DataError
from . import blocks
from .dataset import Table

_BYTES = 8  # the code of unsigned bytes
_PARTS = ("train", "t10k")


def read_mnist(folder):
    """Return the `Table` of the four files in `folder`. Raises DataError naming the file, the field and its value."""
    if not Path(folder).is_dir():
        raise DataError(f"{folder}: no such folder")
    images, labels, counts, shape = blocks.Spool(), blocks.Spool(), [], None
    for part in _PARTS:
        path, pixels = _read_idx(folder, f"{part}-images-idx3-ubyte", 3)
        label_path, numbers = _read_idx(folder, f"{part}-labels-idx1-ubyte", 1)
        if len(pixels) != len(numbers):
            raise DataError(f"{label_path}: {len(numbers)} labels, but {path.name} has {len(pixels)} images")
        if shape not in (None, pixels.shape[1:]):
            raise DataError(f"{path}: images of {pixels.shape[1:]}, those of {_PARTS[0]} are of {shape}")
        shape = pixels.shape[1:]
        counts.append(len(pixels))
        images.append(pixels.reshape(len(pixels), -1))
        labels.append(numbers)

    def where(row, what):
        part = int(row >= counts[0])
        return f"{_PARTS[part]}-{what}, {what[:-1]} {row - part * counts[0]}"

    return Table(
        images.finish(),
        lambda row, column: f"{where(row, 'images')}, pixel {column}",
        labels.finish().astype(np.float64),
        lambda row: where(row, "labels"),
        test_samples=counts[1],
    )


def _read_idx(folder, name, dimensions):
    """Return (path, uint8 array) of an IDX file, plain or compressed. Raises DataError."""
    path = next((path for path in (Path(folder, name), Path(folder, f"{name}.gz")) if path.exists()), None)
    if path is None:
        raise DataError(f"{folder}: has no file {name} or {name}.gz")
    try:
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
            return path, _elements(path, file, dimensions)
    # Of a damaged .gz: BadGzipFile (an OSError), EOFError where it is cut, zlib.error within
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _elements(path, file, dimensions):
    """Return the elements of an open IDX file of unsigned bytes, checked by magic number and length."""
    head = file.read(4 + 4 * dimensions)
    magic = bytes((0, 0, _BYTES, dimensions))
    if head[:4] != magic:
        raise DataError(
            f"{path}: magic {_hex(head[:4])}, expected {_hex(magic)}: unsigned bytes, {dimensions} dimensions"
        )
    if len(head) < 4 + 4 * dimensions:
        raise DataError(f"{path}: {len(head)} bytes, cut within its header")
    shape = struct.unpack(f">{dimensions}I", head[4:])
    if 0 in shape:
        raise DataError(f"{path}: size {shape} is empty")
    # Block by block, as the sizes may promise more than there is
    expected, spool, size = int(np.prod(shape, dtype=object)), blocks.Spool(), 0
    while data := file.read(blocks.BLOCK):
        spool.append(np.frombuffer(data, np.uint8))
        size += len(data)
        if size > expected:
            break
    if size != expected:
        found = "more" if size > expected else f"{size}"
        raise DataError(f"{path}: {found} bytes of elements, expected {expected} for size {shape}")
    return spool.finish().reshape(shape)


def _hex(data):
    return f"0x{data.hex()}" if data else "none"
