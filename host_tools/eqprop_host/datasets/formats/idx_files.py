"""The four IDX files of MNIST and of data sets in its format, such as Fashion-MNIST.

    train-images-idx3-ubyte    train-labels-idx1-ubyte    t10k-images-idx3-ubyte    t10k-labels-idx1-ubyte

They are plain or compressed (.gz), in the folder or below it. Common variants of the names are accepted: dots for
dashes, `test` for `t10k`, a prefix such as `emnist-letters-`, a folder around each file with the file's name. An IDX
file begins with a magic number (two zero bytes, 8 for unsigned bytes, the number of dimensions) and the size of each
dimension as big-endian uint32; the elements follow. The t10k samples come last and are the data set's own test samples.
"""

import gzip
import re
import struct
import zlib
from pathlib import Path

import numpy as np

from ...errors import DataError
from .. import blocks
from ..dataset import Table
from ..words import listed, reason

_BYTES = 8  # the code of unsigned bytes
_PARTS = ("train", "t10k")
_DEPTH = 4  # the depth of subfolders searched
_NAME = re.compile(
    r"(?P<prefix>.*?)(?P<part>train|t10k|test)[-_.]?(?P<what>images|labels)[-_.]idx[13]([-_.]ubyte)?(\.gz)?",
    re.IGNORECASE,
)


def is_idx(path):
    """Return whether a path has the name of one of the four files."""
    return _NAME.fullmatch(Path(path).name) is not None


def read_mnist(folder) -> Table:
    """Return the `Table` of the four files in `folder`. Raises DataError naming the file, the field and its value.

    folder: the files' folder, or the folder and their prefix: DIR/emnist-letters.
    """
    paths = _found(folder)
    images, labels, counts, shape = blocks.Spool(), blocks.Spool(), [], None
    for part in _PARTS:
        path, label_path = paths[part, "images"], paths[part, "labels"]
        pixels, numbers = _read_idx(path, 3), _read_idx(label_path, 1)
        if len(pixels) != len(numbers):
            raise DataError(f"{label_path}: {len(numbers)} labels, but {path.name} has {len(pixels)} images")
        if shape not in (None, pixels.shape[1:]):
            raise DataError(f"{path}: images of shape {pixels.shape[1:]}, expected {shape} as in {_PARTS[0]}")
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


def _found(source):
    """Return the four paths by (part, what). Raises DataError naming the missing file and the files found."""
    folder, wanted = Path(source), None
    if not folder.is_dir():
        folder, wanted = folder.parent, folder.name.lower()
        if not folder.is_dir() or not any(_prefix(path) == wanted for path in _files(folder)):
            raise DataError(f"{source}: no such folder")
    sets: dict[str, dict] = {}
    for path in _files(folder):
        match = _NAME.fullmatch(path.name)
        part = "train" if match["part"].lower() == "train" else "t10k"
        sets.setdefault(_prefix(path), {}).setdefault((part, match["what"].lower()), path)
    if wanted is not None:
        sets = {wanted: sets[wanted]}
    whole = {prefix: paths for prefix, paths in sets.items() if len(paths) == 4}
    if len(whole) == 1:
        return next(iter(whole.values()))
    if whole:
        names = ", ".join(sorted(whole))
        raise DataError(
            f"{source}: holds {len(whole)} data sets: type mnist:{folder / sorted(whole)[0]} or another of {names}"
        )
    paths = max(sets.values(), key=len, default={})
    part, what = next((p, w) for p in _PARTS for w in ("images", "labels") if (p, w) not in paths)
    name = f"{part}-{what}-idx{3 if what == 'images' else 1}-ubyte"
    held = sorted(path.name for path in folder.iterdir())
    raise DataError(f"{source}: expected a file {name} or {name}.gz; it holds {listed(held) or 'nothing'}")


def _prefix(path):
    return _NAME.fullmatch(path.name)["prefix"].strip("-_.").lower()


def _files(folder):
    """Return files with IDX names in a folder and below: plain before compressed, then shallow before deep."""
    found, folders = [], [folder]
    for depth in range(_DEPTH):
        below = []
        for each in folders:
            try:
                inside = sorted(each.iterdir())
            except OSError:
                continue
            found += [(path.suffix == ".gz", depth, path) for path in inside if is_idx(path) and path.is_file()]
            below += [path for path in inside if path.is_dir() and not path.name.startswith(".")]
        folders = below
    return [path for _, _, path in sorted(found, key=lambda each: each[:2])]


def _read_idx(path, dimensions):
    """Return the uint8 array of an IDX file, plain or compressed. Raises DataError."""
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else open(path, "rb") as file:
            return _elements(path, file, dimensions)
    # A damaged .gz raises BadGzipFile (an OSError), EOFError if truncated, zlib.error if corrupt
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read: {reason(error)}") from error


def _elements(path, file, dimensions):
    """Return the elements of an open IDX file of unsigned bytes, after checking magic number and length."""
    head = file.read(4 + 4 * dimensions)
    magic = bytes((0, 0, _BYTES, dimensions))
    if head[:4] != magic:
        raise DataError(
            f"{path}: magic {_hex(head[:4])}, expected {_hex(magic)}: unsigned bytes, {dimensions} dimensions"
        )
    if len(head) < 4 + 4 * dimensions:
        raise DataError(f"{path}: {len(head)} bytes, truncated within its header")
    shape = struct.unpack(f">{dimensions}I", head[4:])
    if 0 in shape:
        raise DataError(f"{path}: size {shape} is empty")
    expected, spool, size = int(np.prod(shape, dtype=object)), blocks.Spool(), 0
    blocks.check_unpacked(path, expected, path.stat().st_size)
    # Read block by block, because the header may announce more than the file holds
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
