"""Data sets by name: which reader a source is for."""

import io
from importlib import resources
from pathlib import Path

import numpy as np

from ..errors import DataError
from .csv_files import read_csv
from .dataset import Dataset, check_finite, columns_text, dataset_of
from .folders import read_folder
from .idx_files import read_mnist
from .numpy_files import read_npy, read_npz, read_npz_x
from .parquet_files import read_parquet

SHIPPED = ("digits", "iris", "xor")
"""Data sets that come with the package."""

MNIST = "mnist:"

_LABELLED = {".csv": read_csv, ".npy": read_npy, ".npz": read_npz, ".parquet": read_parquet}
_UNLABELLED = {**_LABELLED, ".npz": read_npz_x}  # the others' labels stand beside the features, and are left out later


def load(source: str) -> Dataset:
    """Return the data set `source`: "digits", "iris", "xor", "mnist:FOLDER", or the path of a file or folder.

    - mnist:FOLDER: the four IDX files of MNIST or of its like, see `eqprop_host.datasets.idx_files`; its own test set
    - .csv: UTF-8, comma-separated, one sample a line, the label last; blank lines are passed over. A first line
      without any number in it is a header.
    - .npy: a 2-D array of numbers, one sample a row, the label last
    - .npz: arrays x (samples, features) and y (samples,)
    - .parquet: a column of numbers for each feature; the label is the column `label`, or else the last one
    - a folder of pictures or sounds by class, see `eqprop_host.datasets.folders`

    Labels are whole numbers in 0..8190. Raises DataError naming the source, the place in it and what stands there.
    """
    return dataset_of(source, _read(source, _LABELLED))


def load_features(source: str, features: int) -> np.ndarray:
    """Return the features alone, numbers (samples, features), of a source as `load` takes it, labelled or not.

    In a .csv, .npy or .parquet a column after `features` columns is taken for the label and left out; so is y of an
    .npz. Raises DataError as `load`, and for another number of columns.
    """
    table = _read(source, _UNLABELLED)
    columns = table.values.shape[1]
    if columns != features and (columns != features + 1 or table.labels is not None):
        behind = ", with or without a label behind" if table.labels is None else ""
        raise DataError(f"{source}: {columns_text(columns)}, expected {features} features{behind}")
    values = table.values[:, :features]
    check_finite(values, lambda row, column: f"{source}: {table.place(row, column)}")
    return values


def _read(source, readers):
    """Return the `Table` of a source, read by one of `readers`, by suffix, or by what it is. Raises DataError."""
    if source in SHIPPED:
        data = resources.files("eqprop_host") / "data" / f"{source}.csv"
        return read_csv(source, io.BytesIO(data.read_bytes()))
    if source.startswith(MNIST):
        return read_mnist(source.removeprefix(MNIST))
    if source and Path(source).is_dir():
        return read_folder(source)
    reader = readers.get(Path(source).suffix.lower())
    if reader is None:
        kinds = f"{', '.join(SHIPPED)}, {MNIST}FOLDER nor a {', '.join(_LABELLED)} file or a folder"
        raise DataError(f"data: {source!r} is neither {kinds}")
    try:
        with open(source, "rb") as file:
            return reader(source, file)
    except FileNotFoundError as error:
        raise DataError(f"{source}: no such file") from error
    except OSError as error:
        raise DataError(f"{source}: cannot be read: {error.strerror or error}") from error
