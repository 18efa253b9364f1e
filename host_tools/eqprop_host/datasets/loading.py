"""Data sets by name: chooses the reader for a source."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import stat
import sys
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from typing import IO, Any, BinaryIO, NoReturn, TypeAlias

import numpy as np

from ..errors import DataError
from . import blocks
from .checks import check_finite
from .dataset import Dataset, Table, dataset_of, known
from .formats.columns import choose, choose_features, choose_targets
from .formats.csv_files import read_csv
from .formats.folders import is_sample, read_folder, rows_of
from .formats.idx_files import is_idx, read_mnist
from .formats.numpy_files import read_npy, read_npy_x, read_npz, read_npz_x
from .formats.parquet_files import read_parquet
from .numbers import dataset_of_targets
from .reading import Reading
from .words import columns_text, made_of, reason

SHIPPED = ("digits", "iris", "xor")
"""Data sets that come with the package."""

MNIST = "mnist:"

STDIN = "-"
"""The source name for standard input."""

_TEXT = (".csv", ".tsv", ".txt", ".data", ".dat", ".tab")
_LABELLED = {**dict.fromkeys(_TEXT, read_csv), ".npy": read_npy, ".npz": read_npz, ".parquet": read_parquet}
_UNLABELLED = {**_LABELLED, ".npy": read_npy_x, ".npz": read_npz_x}
_MAGIC = ((b"\x93NUMPY", ".npy"), (b"PK\3\4", ".npz"), (b"PK\5\6", ".npz"), (b"PAR1", ".parquet"))
_AS_IT_SAYS = Reading()
_Readers: TypeAlias = dict[str, Callable[..., Table]]
_Choice: TypeAlias = Callable[..., Any]

_UNPACK = "unpack it first"
_SHEET = "save the sheet as CSV in Excel or LibreOffice, and type --data with that file"
_ARRAYS = "save its arrays as x and y with numpy.savez('data.npz', x=..., y=...)"
_PICKLE = "pickles can run any program, so they are refused: save the table with to_csv, or arrays by numpy.savez"
_TO_CSV = "write it as CSV: python -c \"import pandas; pandas.read_{}.to_csv('data.csv', index=False)\""
_TO_PARQUET = "write it as Parquet: python -c \"import pandas; pandas.read_{}.to_parquet('data.parquet')\""

_OTHERS = {
    **dict.fromkeys((".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers"), _SHEET),
    ".json": _TO_CSV.format("json('FILE')"),
    **dict.fromkeys((".jsonl", ".ndjson"), _TO_CSV.format("json('FILE', lines=True)")),
    ".xml": _TO_CSV.format("xml('FILE')"),
    **dict.fromkeys((".html", ".htm"), _TO_CSV.format("html('FILE')[0]")),
    ".dta": _TO_CSV.format("stata('FILE')"),
    ".sav": _TO_CSV.format("spss('FILE')"),
    ".sas7bdat": _TO_CSV.format("sas('FILE')"),
    **dict.fromkeys(
        (".db", ".sqlite", ".sqlite3"), "write a table of it as CSV, for example with pandas.read_sql and to_csv"
    ),
    **dict.fromkeys((".rds", ".rda", ".rdata"), "write it as CSV in R: write.csv(data, 'data.csv', row.names=FALSE)"),
    ".arff": 'write it as CSV: python -c "import pandas, scipy.io.arff as a; '
    "pandas.DataFrame(a.loadarff('FILE')[0]).to_csv('data.csv', index=False)\"",
    ".feather": _TO_PARQUET.format("feather('FILE')"),
    ".orc": _TO_PARQUET.format("orc('FILE')"),
    **dict.fromkeys((".arrow", ".ipc"), "write it as Parquet, for example with pyarrow.parquet.write_table"),
    ".pq": "name it .parquet",
    ".mat": "write its arrays as x and y: python -c \"import numpy, scipy.io; d = scipy.io.loadmat('FILE'); "
    "numpy.savez('data.npz', x=d['X'], y=d['y'])\"",
    **dict.fromkeys((".h5", ".hdf5", ".hdf", ".nc", ".zarr", ".tfrecord", ".safetensors"), _ARRAYS),
    ".svm": "write it as .npz: python -c \"import numpy, sklearn.datasets as s; x, y = s.load_svmlight_file('FILE'); "
    "numpy.savez('data.npz', x=x.toarray(), y=y)\"",
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), _PICKLE),
    **dict.fromkeys((".pt", ".pth"), "pickles can run any program, so they are refused: save arrays by numpy.savez"),
    **dict.fromkeys((".zip", ".rar", ".7z", ".tar", ".tgz", ".bz2", ".xz", ".zst", ".lz4"), _UNPACK),
}
"""How to convert unsupported files, by suffix."""


@dataclass(frozen=True, eq=False)
class Unlabelled:
    """Samples to infer the classes of."""

    features: np.ndarray
    """As in `Dataset`."""

    rows: tuple[str, ...] = ()
    """Each sample's name, such as its file; empty if samples have no names."""

    notes: tuple[str, ...] = ()
    """As in `Dataset`."""


def load(source: str, reading: Reading = _AS_IT_SAYS) -> Dataset:
    """Return the data set `source`: "digits", "iris", "xor", "mnist:FOLDER", or the path of a file or folder.

    docs/how-to/data.md lists the supported sources. Raises DataError naming the source, the place in it and the value
    there.
    """
    if reading.regression:
        if source.startswith(MNIST) or Path(source).is_dir() or Path(source).suffix.lower() == ".npz":
            raise DataError(f"{source}: numbers are learnt from the columns of a table, such as .csv or .parquet")
        roles = partial(choose_targets, source, reading=reading)
        return dataset_of_targets(source, _read(source, reading, _LABELLED, roles), reading)
    return dataset_of(source, _read(source, reading, _LABELLED, partial(choose, source, reading=reading)), reading)


def load_features(
    source: str,
    features: int,
    reading: Reading = _AS_IT_SAYS,
    names: tuple[str, ...] = (),
    recipe: dict[str, Any] | None = None,
) -> Unlabelled:
    """Return only the features of a source, labelled or not; sources as in `load`.

    features: how many the network has. names: their names; a source with column names must have them all, and its
    columns are reordered to match. Without names, one column after `features` columns is taken for the label and left
    out. recipe: how the network's training pictures or sounds became features. Raises DataError as `load`, and for
    another number of columns or another recipe.
    """
    choice = partial(choose_features, source, reading=reading, count=features, names=tuple(names))
    table = _read(source, reading, _UNLABELLED, choice)
    if recipe is not None and table.recipe and table.recipe != recipe:
        raise DataError(f"{source}: is {made_of(table.recipe)}, but the network learnt from {made_of(recipe)}")
    if table.values.shape[1] != features:
        raise DataError(f"{source}: {columns_text(table.values.shape[1])}, expected {features} features")
    notes = list(table.notes)
    bare = Table(table.values, table.place, names=table.names)
    values, _, kept = known(source, bare, reading, notes)
    check_finite(
        values, lambda row, column: f"{source}: {table.place(int(kept[row]), column)}", reading.missing == "mean"
    )
    rows = tuple(table.rows[row] for row in kept) if table.rows else ()
    return Unlabelled(values, rows, tuple(f"{source}: {note}" for note in notes))


def _read(source: str, reading: Reading, readers: _Readers, choose_roles: _Choice) -> Table:
    """Return the `Table` of a source, read by its kind or by its suffix's entry in `readers`. Raises DataError."""
    if source in SHIPPED:
        data = resources.files("eqprop_host") / "data" / f"{source}.csv"
        return read_csv(source, io.BytesIO(data.read_bytes()), choose_roles, reading)
    if source.startswith(MNIST):
        return read_mnist(source.removeprefix(MNIST))
    try:
        if source == STDIN:
            return _read_stream(source, sys.stdin.buffer, readers, choose_roles, reading)
        path = Path(source)
        if source and path.is_dir():
            return read_folder(source, reading)
        if is_sample(source) and readers is _UNLABELLED:
            return _read_sample(source, path, reading)
        return _read_file(source, path, readers, choose_roles, reading)
    except FileNotFoundError as error:
        raise DataError(f"{source}: no such file") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{source}: cannot be read: {reason(error)}") from error
    except ValueError as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{source!r}: {error}") from error  # a path that contains a zero byte


def _read_file(source: str, path: Path, readers: _Readers, choose_roles: _Choice, reading: Reading) -> Table:
    suffix = path.suffix.lower()
    packed = suffix == ".gz"
    inner = path.with_suffix("").suffix.lower() if packed else suffix
    reader = readers.get(inner)
    if reader is None:
        _refuse(source, path, inner)
    with open(path, "rb") as file:
        if packed:
            size = os.fstat(file.fileno()).st_size
            with gzip.open(file) as unpacked, contextlib.closing(_copied(source, unpacked, size)) as copy:
                return reader(source, copy, choose_roles, reading)
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            with contextlib.closing(_copied(source, file, 0)) as copy:
                return reader(source, copy, choose_roles, reading)
        return reader(source, file, choose_roles, reading)


def _read_sample(source: str, path: Path, reading: Reading) -> Table:
    """Return the `Table` of one picture or sound."""
    notes: list[str] = []
    values, recipe = rows_of([(source, path)], reading, notes)
    said = tuple(note.removeprefix(f"{source}: ") for note in notes)
    return Table(values, lambda row, column: f"feature {column}", recipe=recipe, notes=said, rows=(source,))


def _read_stream(source: str, stream: BinaryIO, readers: _Readers, choose_roles: _Choice, reading: Reading) -> Table:
    """Return the `Table` of a stream; its first bytes tell NumPy and Parquet files from text."""
    with contextlib.closing(_copied(source, stream, 0)) as file:
        head = file.read(8)
        file.seek(0)
        suffix = next((suffix for magic, suffix in _MAGIC if head.startswith(magic)), ".csv")
        return readers[suffix](source, file, choose_roles, reading)


def _copied(source: str, stream: Any, packed: int) -> IO[bytes]:
    """Return a temporary file with a stream's contents. Raises DataError if the stream is too long."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (maps of it outlive closing it)
    size = 0
    try:
        while data := stream.read(blocks.BLOCK):
            size += len(data)
            blocks.check_unpacked(source, size, packed)
            file.write(data)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _refuse(source: str, path: Path, suffix: str) -> NoReturn:
    """Raise a DataError that says what to do with a source that no reader takes."""
    if is_sample(source):
        way = "put each class's files into a folder of its own, and type --data with their parent folder"
        raise DataError(f"{source}: is one sample: {way}")
    if is_idx(path) and path.exists():
        raise DataError(f"{source}: is one of four files: type --data {MNIST}{path.parent}")
    if suffix in _OTHERS and path.exists():
        raise DataError(f"{source}: is not supported: {_OTHERS[suffix].replace('FILE', path.name)}")
    if source and path.exists() and not stat.S_ISREG(path.stat().st_mode):
        raise DataError(f"{source}: is not a regular file: pipe it in and type --data -")
    if source and path.exists() and b"\0" in _head(path):
        problem = "is not a text table, and its name does not say what it is: see docs/how-to/data.md"
        raise DataError(f"{source}: {problem}")
    if source and path.exists():
        raise DataError(f"{source}: its name does not say what it holds: name it .csv if it is a text table")
    kinds = f"{', '.join(SHIPPED)}, {MNIST}FOLDER nor a {', '.join(_LABELLED)} file or a folder"
    raise DataError(f"data: {source!r} is neither {kinds}")


def _head(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(4096)
