"""NumPy's files: .npy, a table; .npz, an archive of features and labels. Pickles are refused.

- .npy: numbers (samples, columns), or records whose fields are named columns
- .npz: features and labels under the names that libraries give them, see `_PARTS`; `feature_names` and `target_names`,
  as in scikit-learn, name features and classes. Features may have any shape after the samples, such as (n, 28, 28).
  Labels are numbers or texts (n,) or (n, 1), or one-hot (n, classes)

A .npy file is mapped into memory, so its size does not matter. A large member of an archive is first unpacked to disk.
"""

import io
import os
import shutil
import tempfile
import warnings
import zipfile
from typing import Literal

import numpy as np

from ...errors import DataError
from ...files import PARSING
from .. import blocks
from ..checks import check_numeric
from ..dataset import Table
from ..words import listed, reason, shortened
from .columns import Column

_MAGIC = {"npy": (b"\x93NUMPY",), "npz": (b"PK\3\4", b"PK\5\6")}

_FEATURES = ("x", "X", "data", "features", "images", "arr_0")
_LABELS = ("y", "Y", "target", "labels", "label", "arr_1")
_PARTS = (
    (
        ("x_train", "X_train", "train_images", "train_x", "train_X", "train_data", "trainX"),
        ("y_train", "Y_train", "train_labels", "train_y", "train_label", "trainy", "trainY"),
    ),
    (
        ("x_test", "X_test", "test_images", "test_x", "test_X", "test_data", "testX"),
        ("y_test", "Y_test", "test_labels", "test_y", "test_label", "testy", "testY"),
    ),
)
_FEATURE_NAMES, _CLASS_NAMES = ("feature_names",), ("target_names", "class_names")


def read_npy(source, file, choose, reading, labelled=True):
    """Return the `Table` of a .npy file, open in binary. Raises DataError.

    choose: given the `Column`s, returns the `Roles`. labelled: whether the file must have labels.
    """
    _check_magic(source, file, "npy")
    values = _guarded(source, lambda: _array(file, os.fstat(file.fileno()).st_size))
    if values.dtype.names:
        return _records(source, values, choose)
    check_numeric(source, "array", values, 2)
    if values.ndim > 2:
        if labelled:
            shape = f"{source}: array: shape {values.shape}, expected 2 dimensions with the label in the last column"
            raise DataError(f"{shape}: or save features as x and labels as y by numpy.savez")
        return Table(values.reshape(len(values), -1), lambda row, column: f"array[{row}, {column}]")
    roles = choose(_columns(values))
    labels = None
    if roles.label is not None:
        labels = np.asarray(values[:, roles.label], np.float64)
    elif roles.one_hot:
        labels = np.argmax(values[:, roles.one_hot], axis=1).astype(np.float64)
    return Table(
        blocks.columns_of(values, roles.features),
        lambda row, column: f"array[{row}, {roles.features[column]}]",
        labels,
        lambda row: f"array[{row}, {roles.label}]",
        notes=tuple(roles.notes),
    )


def _columns(values, names=None):
    """Return the `Column`s of an array of numbers, judged by its first rows."""
    head = np.asarray(values[: blocks.first_rows(values.shape[1])], np.float64)
    return [
        Column(names[place] if names else "", place + 1, "number", head[:, place]) for place in range(head.shape[1])
    ]


def _records(source, values, choose):
    """Return the `Table` of an array of records: a column for each field."""
    columns = []
    for place, name in enumerate(values.dtype.names):
        kind, head = values.dtype[name], values[name][: blocks.first_rows(1)]
        if kind.kind in "biuf" and not kind.shape:
            columns.append(Column(name, place + 1, "number", np.asarray(head, np.float64)))
        elif kind.kind in "US":
            columns.append(Column(name, place + 1, "text", np.zeros(0), tuple(head.astype(str).tolist())))
        elif kind.kind == "M":
            columns.append(Column(name, place + 1, "time", np.zeros(0)))
        else:
            raise DataError(f"{source}: field {name!r}: expected real numbers, got {kind}")
    roles = choose(columns)
    names = values.dtype.names
    features = np.column_stack([np.asarray(values[names[place]], np.float64) for place in roles.features])
    labels, class_names = None, ()
    if roles.label is not None:
        labels, class_names = _labels(source, names[roles.label], values[names[roles.label]])
    return Table(
        features,
        lambda row, column: f"array[{row}][{names[roles.features[column]]!r}]",
        labels,
        lambda row: f"array[{row}][{names[roles.label]!r}]",
        names=tuple(names[place] for place in roles.features),
        class_names=class_names,
        notes=tuple(roles.notes),
    )


def read_npz(source, file, choose, reading, labelled=True):
    """Return the `Table` of an .npz file, open in binary. Raises DataError.

    choose, reading: unused, because the arrays' names give their roles. labelled: whether to read labels too.
    """
    _check_magic(source, file, "npz")
    with _guarded(source, lambda: zipfile.ZipFile(file)) as archive:
        return _Archive(source, archive, os.fstat(file.fileno()).st_size).table(labelled)


def read_npy_x(source, file, choose, reading):
    """Return the `Table` of a .npy file, open in binary, with labels or without. Raises DataError."""
    return read_npy(source, file, choose, reading, labelled=False)


def read_npz_x(source, file, choose, reading):
    """Return the `Table` of an .npz file's features, open in binary. Raises DataError."""
    return read_npz(source, file, choose, reading, labelled=False)


class _Archive:
    """An .npz file."""

    def __init__(self, source, archive, size):
        self.source, self.archive, self.size = source, archive, size
        self.held = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]

    def table(self, labelled):
        """Return the `Table`; without labels if not `labelled`."""
        parts = [self._part(*names, labelled) for names in _PARTS if self._first(names[0])]
        tested = 0
        if not parts:
            parts = [self._part(_FEATURES, _LABELS, labelled)]
        elif len(parts) == 2:
            tested = len(parts[1][1])
        keys = [(key, label_key) for key, _, label_key, _, _ in parts]
        first = len(parts[0][1])

        def where(row, which):
            part = int(row >= first)
            return f"{keys[part][which]}[{row - part * first}"

        x = self._joined([x for _, x, _, _, _ in parts])
        labels = np.concatenate([y for _, _, _, y, _ in parts]) if labelled else None
        used = {key for pair in keys for key in pair}
        others = [name for name in self.held if name not in used and name.partition("_")[0] == "val"]
        return Table(
            x,
            lambda row, column: f"{where(row, 0)}, {column}]",
            labels,
            lambda row: f"{where(row, 1)}]",
            names=self._names(_FEATURE_NAMES, x.shape[1]),
            class_names=(self._class_names(parts) if labelled else ()),
            test_samples=tested,
            notes=(f"{', '.join(others)}: left out",) if others else (),
        )

    def _first(self, names):
        return next((name for name in names if name in self.held), None)

    def _part(self, features, labels, labelled):
        """Return (name of the features, features, name of the labels, labels, class names) of one part."""
        key, label_key = self._first(features), self._first(labels)
        held = listed([shortened(name) for name in self.held]) or "nothing"
        if key is None:
            raise DataError(f"{self.source}: expected an array {features[0]}, it holds {held}")
        if {"indices", "indptr", "shape"} <= set(self.held):
            way = "numpy.savez('data.npz', x=scipy.sparse.load_npz(FILE).toarray(), y=...)"
            raise DataError(f"{self.source}: is a sparse matrix without labels: convert it with {way}")
        x = self._member(key)
        check_numeric(self.source, key, x, 2)
        x = x.reshape(len(x), -1)
        if not labelled:
            return key, x, None, None, ()
        if label_key is None:
            raise DataError(f"{self.source}: expected an array {labels[0]}, it holds {held}")
        y, names = _labels(self.source, label_key, self._member(label_key))
        if len(x) != len(y):
            raise DataError(f"{self.source}: {key} has {len(x)} samples, {label_key} has {len(y)} labels")
        return key, x, label_key, y, names

    def _joined(self, parts):
        if len(parts) == 1:
            return parts[0]
        if parts[0].shape[1] != parts[1].shape[1]:
            widths = " and ".join(str(part.shape[1]) for part in parts)
            raise DataError(f"{self.source}: training and test samples have {widths} features")
        spool, kind = blocks.Spool(), np.result_type(*parts)
        for part in parts:
            step = max(1, blocks.BLOCK // part.shape[1])
            for first in range(0, len(part), step):
                spool.append(np.asarray(part[first : first + step], kind))
        return spool.finish()

    def _names(self, keys, count):
        """Return the names in the first of those arrays that exists, if it has `count` different texts."""
        key = self._first(keys)
        if key is None:
            return ()
        values = self._member(key, texts=True)
        names = tuple(map(str, values.ravel().tolist())) if values is not None and values.dtype.kind in "US" else ()
        return names if len(names) == count == len(set(names)) else ()

    def _class_names(self, parts):
        named = [names for _, _, _, _, names in parts if names]
        if len(named) == 2 and named[0] != named[1]:
            raise DataError(f"{self.source}: training and test samples have different classes")
        if named:
            return named[0]
        numbers = np.concatenate([y for _, _, _, y, _ in parts])
        most = numbers[np.isfinite(numbers)].max(initial=0)
        return self._names(_CLASS_NAMES, int(most) + 1) if 0 <= most < 1e6 else ()

    def _member(self, key, texts=False):
        """Return array `key`; None for optional texts that are stored as Python objects."""
        info = self.archive.getinfo(f"{key}.npy")
        blocks.check_unpacked(f"{self.source}: {key}", info.file_size, self.size)
        try:
            return _guarded(self.source, lambda: self._unpacked(info))
        except DataError:
            if texts:
                return None
            raise

    def _unpacked(self, info):
        with self.archive.open(info) as member:
            if info.file_size <= blocks.IN_MEMORY:
                data = member.read()
                return _array(io.BytesIO(data), len(data))
            with tempfile.TemporaryFile() as file:  # the map keeps the file open
                shutil.copyfileobj(member, file)
                file.flush()
                file.seek(0)
                return _array(file, info.file_size)


def _labels(source, key, values):
    """Return (labels, class names) of an array of labels: numbers, texts or one-hot."""
    if values.dtype.kind in "US":
        names, places = np.unique(values.ravel().astype(str), return_inverse=True)
        return places.astype(np.float64), tuple(names.tolist())
    check_numeric(source, key, values, 1)
    if values.ndim == 1 or values.size == len(values):
        return values.reshape(-1).astype(np.float64), ()
    if values.ndim > 2:
        raise DataError(f"{source}: {key}: shape {values.shape}, expected a label for each sample")
    wrong = np.flatnonzero((np.sum(values == 1, axis=1) != 1) | (np.sum(values != 0, axis=1) != 1))
    if len(wrong):
        what = f"{key}[{wrong[0]}]: {values[wrong[0]][:4]}"
        raise DataError(f"{source}: {what}: expected one-hot labels, one 1 and the rest 0, for shape {values.shape}")
    return np.argmax(values, axis=1).astype(np.float64), ()


def _check_magic(source, file, kind):
    magic = file.read(6)
    file.seek(0)
    if not magic:
        raise DataError(f"{source}: is empty")
    if not magic.startswith(_MAGIC[kind]):
        raise DataError(f"{source}: is not a .{kind} file")


def _array(file, size):
    """Return the array of a .npy file of `size` bytes: mapped into memory if on disk, else read."""
    version = np.lib.format.read_magic(file)
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in read_header:  # version 3.0 has field names beyond Latin-1, so it is not a plain array
        raise ValueError(f"format version {version[0]}.{version[1]} is not supported")
    with PARSING:
        shape, fortran, dtype = read_header[version](file)
    if dtype.hasobject:
        raise ValueError("allow_pickle")
    count = 1
    for side in shape:
        count *= side
    if count < 0 or count * dtype.itemsize > size - file.tell():
        raise ValueError(f"is truncated: {size - file.tell()} bytes for shape {shape} of {dtype}")
    order: Literal["C", "F"] = "F" if fortran else "C"
    if count == 0 or dtype.itemsize == 0:
        return np.zeros(shape, dtype)
    if isinstance(file, io.BytesIO):
        return np.frombuffer(file.getbuffer(), dtype, count, file.tell()).reshape(shape, order=order)
    return np.asarray(np.memmap(file, dtype, "r", file.tell(), shape, order))


def _guarded(source, read):
    """Return read(), turning any error of NumPy or zipfile about a damaged file into a DataError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy warns of headers that Python 2 wrote
            return read()
    # Neither documents its exceptions; zlib.error, KeyError, NotImplementedError and tokenize.TokenError occur.
    except Exception as error:
        if "allow_pickle" in str(error):
            raise DataError(f"{source}: holds Python objects (a pickle), which could run any program") from error
        raise DataError(f"{source}: cannot be read: {reason(error)}") from error
