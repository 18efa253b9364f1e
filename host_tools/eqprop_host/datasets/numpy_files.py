"""NumPy's files: .npy, a 2-D array; .npz, an archive of x (samples, features) and y (samples,). No pickle is read.

A .npy file is mapped into memory, so its size does not matter; a large member of an archive is unpacked to disk first.
"""

import shutil
import tempfile
import warnings
import zipfile

import numpy as np

from ..errors import DataError
from . import blocks
from .dataset import Table, check_numeric

_MAGIC = {"npy": (b"\x93NUMPY",), "npz": (b"PK\3\4", b"PK\5\6")}


def read_npy(source, file):
    """Return the `Table` of a .npy file, open in binary. Raises DataError."""
    _check_magic(source, file, "npy")
    values = _guarded(source, lambda: _mapped(file))
    check_numeric(source, "array", values, 2)
    return Table(values, lambda row, column: f"array[{row}, {column}]")


def read_npz_x(source, file):
    """Return the `Table` of an .npz file's features, open in binary. Raises DataError."""
    _check_magic(source, file, "npz")
    with _guarded(source, lambda: zipfile.ZipFile(file)) as archive:
        return Table(_member(source, archive, "x", 2), lambda row, column: f"x[{row}, {column}]")


def read_npz(source, file):
    """Return the `Table` of an .npz file, features and labels, open in binary. Raises DataError."""
    _check_magic(source, file, "npz")
    with _guarded(source, lambda: zipfile.ZipFile(file)) as archive:
        x, y = _member(source, archive, "x", 2), _member(source, archive, "y", 1)
    if len(x) != len(y):
        raise DataError(f"{source}: x has {len(x)} samples, y has {len(y)} labels")
    return Table(x, lambda row, column: f"x[{row}, {column}]", y.astype(np.float64), lambda row: f"y[{row}]")


def _check_magic(source, file, kind):
    magic = file.read(6)
    file.seek(0)
    if not magic:
        raise DataError(f"{source}: is empty")
    if not magic.startswith(_MAGIC[kind]):
        raise DataError(f"{source}: is no .{kind} file")


def _mapped(file):
    """Return the array of a .npy file, open in binary, mapped into memory; one without elements is read."""
    version = np.lib.format.read_magic(file)
    read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in read_header:  # 3.0: names of fields that are not Latin, so no plain numbers
        file.seek(0)
        return np.load(file, allow_pickle=False)
    shape, fortran, dtype = read_header[version](file)
    if dtype.hasobject or 0 in shape:
        file.seek(0)
        return np.load(file, allow_pickle=False)
    return np.asarray(np.memmap(file, dtype, "r", file.tell(), shape, "F" if fortran else "C"))


def _member(source, archive, key, dimensions):
    """Return array `key` of an .npz file, checked."""
    held = [name.removesuffix(".npy") for name in archive.namelist()]
    if f"{key}.npy" not in archive.namelist():
        raise DataError(f"{source}: has no array {key}, it holds {', '.join(map(repr, held)) or 'nothing'}")
    values = _guarded(source, lambda: _unpacked(archive, f"{key}.npy"))
    check_numeric(source, key, values, dimensions)
    return values


def _unpacked(archive, name):
    with archive.open(name) as member:
        if archive.getinfo(name).file_size <= blocks.IN_MEMORY:
            return np.lib.format.read_array(member, allow_pickle=False)
        with tempfile.TemporaryFile() as file:  # the map holds it by itself
            shutil.copyfileobj(member, file)
            file.flush()
            file.seek(0)
            return _mapped(file)


def _guarded(source, read):
    """Return read(), with whatever NumPy and zipfile raise for a damaged file as one DataError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy warns of headers that Python 2 wrote
            return read()
    # They name no set of exceptions: zlib.error, KeyError, NotImplementedError and tokenize.TokenError were met.
    except Exception as error:
        if "allow_pickle" in str(error):
            raise DataError(f"{source}: holds Python objects (a pickle), which are not read") from error
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{source}: cannot be read: {reason}") from error
