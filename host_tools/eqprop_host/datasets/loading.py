"""Data sets by name: which reader a source is for."""

import io
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path

import numpy as np

from ..errors import DataError
from .columns import choose, choose_features
from .csv_files import read_csv
from .dataset import Dataset, Table, check_finite, columns_text, dataset_of, filled
from .folders import read_folder
from .idx_files import read_mnist
from .numpy_files import read_npy, read_npy_x, read_npz, read_npz_x
from .parquet_files import read_parquet
from .reading import Reading

SHIPPED = ("digits", "iris", "xor")
"""Data sets that come with the package."""

MNIST = "mnist:"

_TEXT = (".csv", ".tsv", ".txt", ".data", ".dat", ".tab")
_LABELLED = {**dict.fromkeys(_TEXT, read_csv), ".npy": read_npy, ".npz": read_npz, ".parquet": read_parquet}
_UNLABELLED = {**_LABELLED, ".npy": read_npy_x, ".npz": read_npz_x}
_AS_IT_SAYS = Reading()


@dataclass(frozen=True, eq=False)
class Unlabelled:
    """Samples whose classes are asked for."""

    features: np.ndarray
    """Finite real numbers (samples, features)."""

    rows: tuple[str, ...] = ()
    """What each sample is called, such as its file; empty where they have no names."""

    notes: tuple[str, ...] = ()
    """As of `Dataset`."""


def load(source: str, reading: Reading = _AS_IT_SAYS) -> Dataset:
    """Return the data set `source`: "digits", "iris", "xor", "mnist:FOLDER", or the path of a file or folder.

    What is read and how is in docs/data.md. Raises DataError naming the source, the place in it and what stands there.
    """
    return dataset_of(source, _read(source, reading, _LABELLED, partial(choose, source, reading=reading)), reading)


def load_features(source: str, features: int, reading: Reading = _AS_IT_SAYS, names: tuple = ()) -> Unlabelled:
    """Return the features alone of a source as `load` takes it, labelled or not.

    features: how many a network has. names: what they are called; a source that names its columns must have them, and
    they are brought into this order. Otherwise a column after `features` columns is taken for the label and left out.
    Raises DataError as `load`, and for another number of columns.
    """
    choice = partial(choose_features, source, reading=reading, count=features, names=tuple(names))
    table = _read(source, reading, _UNLABELLED, choice)
    if table.values.shape[1] != features:
        raise DataError(f"{source}: {columns_text(table.values.shape[1])}, expected {features} features")
    notes = list(table.notes)
    bare = Table(table.values, table.place, names=table.names)
    values, _, kept = filled(source, bare, reading, notes)
    check_finite(values, lambda row, column: f"{source}: {table.place(kept[row], column)}")
    rows = tuple(table.rows[row] for row in kept) if table.rows else ()
    return Unlabelled(values, rows, tuple(f"{source}: {note}" for note in notes))


def _read(source, reading, readers, choose_roles):
    """Return the `Table` of a source, read by one of `readers`, by suffix, or by what it is. Raises DataError."""
    if source in SHIPPED:
        data = resources.files("eqprop_host") / "data" / f"{source}.csv"
        return read_csv(source, io.BytesIO(data.read_bytes()), choose_roles, reading)
    if source.startswith(MNIST):
        return read_mnist(source.removeprefix(MNIST))
    if source and Path(source).is_dir():
        return read_folder(source, reading)
    reader = readers.get(Path(source).suffix.lower())
    if reader is None:
        kinds = f"{', '.join(SHIPPED)}, {MNIST}FOLDER nor a {', '.join(_LABELLED)} file or a folder"
        raise DataError(f"data: {source!r} is neither {kinds}")
    try:
        with open(source, "rb") as file:
            return reader(source, file, choose_roles, reading)
    except FileNotFoundError as error:
        raise DataError(f"{source}: no such file") from error
    except OSError as error:
        raise DataError(f"{source}: cannot be read: {error.strerror or error}") from error
