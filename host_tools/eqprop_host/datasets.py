"""Data sets: read, checked, split, and scaled to what drives a board's inputs.

Features are read as float64 (samples, features), labels as int64 (samples,) in 0..8190. Boards take int8 features,
127 for full scale; `Scaling` says how one becomes the other. Whatever is random here follows from a seed through
PCG64 words that are sorted: NumPy keeps those the same from version to version, `Generator.permutation` it may not.
"""

import csv
import io
import warnings
from array import array
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from .errors import DataError

SHIPPED = ("digits", "iris", "xor")
"""Data sets that come with the package."""

LABEL_MAX = 8190
"""The largest label: a layer has at most 8191 nodes."""

TRUTH_TABLE = 5
"""A data set with fewer samples per class than this, on average, is tested on what it trains."""

FULL_SCALE = 127

_SPLIT, _ORDER = range(2)  # independent random streams of one seed
_SHOWN = 40  # characters of a cell in a message
_MAGIC = {"npy": (b"\x93NUMPY",), "npz": (b"PK\3\4", b"PK\5\6")}


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples as they were read."""

    name: str
    """What `load` was asked for."""

    features: np.ndarray
    """float64 (samples, features), finite."""

    labels: np.ndarray
    """int64 (samples,), in 0..classes - 1; at least two different ones. A class may have no sample."""

    classes: int
    """Largest label + 1."""

    feature_names: tuple[str, ...] = ()
    """From the header of a .csv, one for each feature; empty without one."""


@dataclass(frozen=True)
class Scaling:
    """The affine map from features to a board's inputs.

        input = min(max(rint((feature - offset) / span * 127), -127), 127)      0 where span is 0

    rint rounds halves to even. Values beyond offset ± span saturate at ±127.
    """

    features: int
    """Features of a sample."""

    offset: tuple[float, ...]
    """What becomes 0: one for all features, or one for each."""

    span: tuple[float, ...]
    """How far above `offset` is 127, 0 or more: one for all features, or one for each."""

    def quantise(self, features):
        """Return the inputs for `features` (numbers, (samples, features)): int8 in -127..127, C-contiguous.

        Raises DataError for another shape, or a value that is not finite, naming its row and column from 0.
        """
        features = np.asarray(features, np.float64)
        if features.ndim != 2 or features.shape[1] != self.features:
            raise DataError(f"features: shape {features.shape}, but the scaling is for rows of {self.features}")
        _check_finite(features, lambda row, column: f"features[{row}, {column}]")
        span = np.array(self.span)
        # Far outside the training range the quotient may be infinite, which saturates like any other.
        with np.errstate(over="ignore"):
            inputs = (features - self.offset) / np.where(span > 0, span, 1) * FULL_SCALE
        inputs[:, np.broadcast_to(span == 0, self.features)] = 0
        return np.ascontiguousarray(np.clip(np.rint(inputs), -FULL_SCALE, FULL_SCALE), np.int8)

    def to_dict(self):
        """Return what `from_dict` takes, ready for JSON."""
        return {**asdict(self), "offset": list(self.offset), "span": list(self.span)}

    @classmethod
    def from_dict(cls, saved):
        """Return the Scaling that `to_dict` gave as `saved`. Raises DataError for anything else."""
        try:
            scaling = cls(int(saved["features"]), *(tuple(map(float, saved[key])) for key in ("offset", "span")))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise DataError(f"scaling: needs features, offset and span: {type(error).__name__}: {error}") from error
        for key, values in (("offset", scaling.offset), ("span", scaling.span)):
            if len(values) not in (1, scaling.features):
                raise DataError(f"scaling: {key} has {len(values)} values for {scaling.features} features")
            if not np.isfinite(values).all() or (key == "span" and min(values) < 0):
                raise DataError(f"scaling: {key} has a value out of range: {_shortened(values)}")
        return scaling


@dataclass(frozen=True, eq=False)
class Prepared:
    """A data set split and scaled, ready for a board."""

    train_x: np.ndarray
    """int8 (training samples, features), C-contiguous."""

    train_y: np.ndarray
    """int64 (training samples,)."""

    test_x: np.ndarray
    """int8 (test samples, features), C-contiguous."""

    test_y: np.ndarray
    """int64 (test samples,)."""

    scaling: Scaling
    """Fitted to the training samples."""

    classes: int
    """Largest label of the whole data set + 1."""


@dataclass(frozen=True, eq=False)
class _Table:
    """Numbers as they stand in a source, labels in the last column where it has labels."""

    values: np.ndarray
    place: Callable[[int, int], str]  # (row, column) of `values` as the user would find it
    names: tuple[str, ...] = ()


def load(source: str) -> Dataset:
    """Return the data set `source`: "digits", "iris", "xor", or the path of a .csv, .npy or .npz file.

    - .csv: UTF-8, comma-separated, one sample a line, the label last; blank lines are passed over. A first line
      without any number in it is a header.
    - .npy: a 2-D array of numbers, one sample a row, the label last
    - .npz: arrays x (samples, features) and y (samples,)

    Labels are whole numbers in 0..8190. Raises DataError naming the source, the place in it and what stands there.
    """
    table = _read(source, _LABELLED)
    count, columns = table.values.shape
    if columns < 2:
        raise DataError(f"{source}: 1 column, expected features and a label")
    features, labels = table.values[:, :-1], table.values[:, -1]
    _check_finite(features, lambda row, column: f"{source}: {table.place(row, column)}")
    _check_labels(labels, lambda row: f"{source}: {table.place(row, columns - 1)}")
    labels = labels.astype(np.int64)
    if labels.min() == labels.max():
        raise DataError(f"{source}: label {labels[0]} on all samples ({count}): one class is nothing to learn")
    return Dataset(source, np.ascontiguousarray(features), labels, int(labels.max()) + 1, table.names[:-1])


def load_features(source: str, features: int) -> np.ndarray:
    """Return the features alone, float64 (samples, features), of a source as `load` takes it, labelled or not.

    In a .csv or .npy a column after `features` columns is taken for the label and left out; so is y of an .npz.
    Raises DataError as `load`, and for another number of columns.
    """
    table = _read(source, _UNLABELLED)
    columns = table.values.shape[1]
    if columns not in (features, features + 1):
        raise DataError(f"{source}: {_columns(columns)}, expected {features} features, with or without a label behind")
    values = np.ascontiguousarray(table.values[:, :features])
    _check_finite(values, lambda row, column: f"{source}: {table.place(row, column)}")
    return values


def check_layers(layers: tuple, dataset: Dataset) -> None:
    """Raise DataError unless a network of `layers` (sizes, inputs first) has room for the features and classes."""
    features = dataset.features.shape[1]
    shown = "-".join(map(str, layers))
    if layers[0] != features:
        raise DataError(f"layers: {shown} has {layers[0]} inputs, {dataset.name} has {features} features")
    if layers[-1] < dataset.classes:
        raise DataError(f"layers: {shown} has {layers[-1]} outputs, {dataset.name} has {dataset.classes} classes")


def split(dataset: Dataset, seed: int, test_fraction: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of the training samples and of the test samples: int64, each ascending.

    Of n samples, ceil(n * test_fraction) are tested. Each class gives its share, rounded down, and those with the
    largest remainders one more (of equal ones the lower label), but no class gives its last training sample. Which
    samples of a class are tested follows from `seed`. A data set of fewer than 5 samples per class that has any, on
    average, such as a truth table, would lose what there is to learn: it is trained and tested on all samples.

    Raises DataError for a test_fraction outside 0..1, the ends not included, or a negative seed.
    """
    labels = dataset.labels
    if not 0 < test_fraction < 1:
        raise DataError(f"test_fraction: {test_fraction} is not between 0 and 1")
    counts = np.bincount(labels)
    words = _words(len(labels), seed, _SPLIT)
    if len(labels) < TRUTH_TABLE * np.count_nonzero(counts):
        return np.arange(len(labels)), np.arange(len(labels))
    # The product is rounded first, so that 100 * 0.07 is 7 and not the next float above.
    wanted = int(np.ceil(round(len(labels) * test_fraction, 6)))
    tested = _shares(counts, min(max(wanted, 1), len(labels) - 1))
    by_class = np.lexsort((words, labels))
    rank = np.arange(len(labels)) - np.repeat(np.cumsum(counts) - counts, counts)
    in_test = rank < np.repeat(tested, counts)
    return np.sort(by_class[~in_test]), np.sort(by_class[in_test])


def fit_scaling(features: np.ndarray) -> Scaling:
    """Return the Scaling that suits `features`, finite numbers (samples, features): those of the training samples.

    Image-like features share one span, their largest value, and zero stays zero: a zero input costs a board nothing.
    Features are image-like when all of this holds:

    - none is negative;
    - a quarter of them or more are exactly zero, but not all;
    - of the columns that are not all zero, half or more reach half of the largest value: they share a scale.

    Others are centred: the smallest value of each column becomes -127, the largest 127. A column with only one value
    says nothing, and becomes 0.
    """
    features = np.asarray(features, np.float64)
    low, high = features.min(axis=0), features.max(axis=0)
    largest = high.max()
    sparse = 4 * np.count_nonzero(features == 0) >= features.size
    if low.min() >= 0 and largest > 0 and sparse and np.mean(high[high > 0] >= largest / 2) >= 0.5:
        return Scaling(features.shape[1], (0.0,), (float(largest),))
    # Halved before they are added: the sum of two large numbers could overflow.
    return Scaling(features.shape[1], tuple((low / 2 + high / 2).tolist()), tuple((high / 2 - low / 2).tolist()))


def prepare(dataset: Dataset, seed: int, test_fraction: float = 0.2) -> Prepared:
    """Return the data set split by `split` and scaled by `fit_scaling` of its training samples. Raises as `split`."""
    train, test = split(dataset, seed, test_fraction)
    scaling = fit_scaling(dataset.features[train])
    inputs = scaling.quantise(dataset.features)
    return Prepared(inputs[train], dataset.labels[train], inputs[test], dataset.labels[test], scaling, dataset.classes)


def epoch_order(count: int, seed: int, epoch: int) -> np.ndarray:
    """Return the order of `count` samples in epoch 0, 1, ... of a run: a permutation, int64, of (seed, epoch) alone.

    Raises DataError for a negative seed.
    """
    return np.argsort(_words(count, seed, _ORDER, epoch), kind="stable")


def _words(count, seed, *stream):
    """Return `count` random uint64, always the same for the same seed and stream."""
    if seed < 0:
        raise DataError(f"seed: {seed} is negative")
    return np.random.PCG64(np.random.SeedSequence(seed, spawn_key=stream)).random_raw(count)


def _shares(counts, total):
    """Return how many of `total`, less than all, each class of `counts` samples gives; see `split`."""
    shares, remainders = np.divmod(counts * total, counts.sum())
    able = np.flatnonzero(counts - shares > 1)
    largest = able[np.argsort(-remainders[able], kind="stable")]
    shares[largest[: total - shares.sum()]] += 1
    return shares


def _read(source, readers):
    """Return the `_Table` of a source, read by one of `readers`, by suffix. Raises DataError."""
    if source in SHIPPED:
        return _read_csv(source, io.BytesIO((resources.files(__package__) / "data" / f"{source}.csv").read_bytes()))
    reader = readers.get(Path(source).suffix.lower())
    if reader is None and not (source and Path(source).is_dir()):
        raise DataError(f"data: {source!r} is neither {', '.join(SHIPPED)} nor a .csv, .npy or .npz file")
    try:
        # A folder has no reader, and does not open.
        with open(source, "rb") as file:
            return reader(source, file)
    except FileNotFoundError as error:
        raise DataError(f"{source}: no such file") from error
    except IsADirectoryError as error:
        raise DataError(f"{source}: is a folder, not a file") from error
    except OSError as error:
        raise DataError(f"{source}: cannot be read: {error.strerror or error}") from error


def _read_csv(source, file):
    """Return the `_Table` of a .csv file."""
    content = file.read()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # error.object is the content without its byte order mark, and the offset is one into that
        line = error.object.count(b"\n", 0, error.start) + 1
        raise DataError(f"{source}: line {line}: byte 0x{error.object[error.start]:02x} is not UTF-8 text") from error
    reader = csv.reader(io.StringIO(text, newline=""))
    names: tuple[str, ...] = ()
    numbers, lines, first = array("d"), array("l"), None
    try:
        for row in reader:
            if not row:
                continue
            if first is None:
                first, columns = reader.line_num, len(row)
                if not any(map(_is_number, row)):
                    names = tuple(cell.strip() for cell in row)
                    continue
            if len(row) != columns:
                raise DataError(
                    f"{source}: line {reader.line_num}: {_columns(len(row))}, expected {columns} as in line {first}"
                )
            try:
                numbers.extend(_numbers(row))
            except ValueError as error:
                column = [_is_number(cell) for cell in row].index(False)
                where = f"{source}: line {reader.line_num}, column {column + 1}"
                raise DataError(f"{where}: {_shortened(row[column])} is not a number") from error
            lines.append(reader.line_num)
    except csv.Error as error:
        raise DataError(f"{source}: line {reader.line_num}: {error}") from error
    if not lines:
        raise DataError(f"{source}: has a header but no samples" if names else f"{source}: is empty")
    values = np.frombuffer(numbers).reshape(-1, columns)
    return _Table(values, lambda row, column: f"line {lines[row]}, column {column + 1}", names)


def _numbers(row):
    """Return the cells of a row as floats. Raises ValueError; also for 1_000, which only Python reads as a number."""
    if "_" in "".join(row):
        raise ValueError
    return [float(cell) for cell in row]


def _is_number(cell):
    try:
        return bool(_numbers([cell]))
    except ValueError:
        return False


def _read_npy(source, file):
    """Return the `_Table` of a .npy file."""
    values = _numeric(source, "array", _load_numpy(source, file, "npy"), 2)
    return _Table(values, lambda row, column: f"array[{row}, {column}]")


def _read_npz_x(source, file):
    """Return the `_Table` of an .npz file's features."""
    with _load_numpy(source, file, "npz") as arrays:
        return _Table(_member(source, arrays, "x", 2), lambda row, column: f"x[{row}, {column}]")


def _read_npz(source, file):
    """Return the `_Table` of an .npz file, features and labels."""
    with _load_numpy(source, file, "npz") as arrays:
        x, y = _member(source, arrays, "x", 2), _member(source, arrays, "y", 1)
    if len(x) != len(y):
        raise DataError(f"{source}: x has {len(x)} samples, y has {len(y)} labels")
    features = x.shape[1]
    return _Table(
        np.column_stack((x, y)),
        lambda row, column: f"x[{row}, {column}]" if column < features else f"y[{row}]",
    )


def _load_numpy(source, file, kind):
    """Return what NumPy reads from a file of this kind. Raises DataError for a file of another."""
    magic = file.read(6)
    if not magic:
        raise DataError(f"{source}: is empty")
    if not magic.startswith(_MAGIC[kind]):
        raise DataError(f"{source}: is no .{kind} file")
    file.seek(0)
    return _guarded(source, lambda: np.load(file, allow_pickle=False))


def _member(source, arrays, key, dimensions):
    """Return array `key` of an .npz file as `_numeric`."""
    if key not in arrays.files:
        raise DataError(f"{source}: has no array {key}, it holds {', '.join(map(repr, arrays.files)) or 'nothing'}")
    return _numeric(source, key, _guarded(source, lambda: arrays[key]), dimensions)


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


def _numeric(source, name, values, dimensions):
    """Return an array as float64 of so many dimensions, with samples in it. Raises DataError."""
    values = np.asarray(values)  # a member of an archive that is no array comes as bytes
    if values.dtype.kind not in "biuf":
        raise DataError(f"{source}: {name}: {values.dtype} is no type of real numbers")
    if values.ndim != dimensions:
        raise DataError(f"{source}: {name}: shape {values.shape}, expected {dimensions} dimensions")
    if not values.size:
        raise DataError(f"{source}: {name}: shape {values.shape} is empty")
    with np.errstate(over="ignore"):  # a long double beyond float64 is found not to be finite
        return values.astype(np.float64)


def _check_finite(values, place):
    """Raise DataError for the first value that is not finite, at place(row, column)."""
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        raise DataError(f"{place(row, column)}: {values[row, column]} is not finite")


def _check_labels(labels, place):
    """Raise DataError for the first label that is none, at place(row)."""
    whole = labels == np.floor(labels)
    wrong = np.flatnonzero(~(whole & (labels >= 0) & (labels <= LABEL_MAX)))
    if len(wrong):
        row = wrong[0]
        shown = f"{labels[row]:.17g}"
        if not whole[row]:
            raise DataError(f"{place(row)}: label {shown} is not a whole number")
        raise DataError(f"{place(row)}: label {shown} is not in 0..{LABEL_MAX}")


def _columns(count):
    return "1 column" if count == 1 else f"{count} columns"


def _shortened(value):
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


_LABELLED = {".csv": _read_csv, ".npy": _read_npy, ".npz": _read_npz}
_UNLABELLED = {**_LABELLED, ".npz": _read_npz_x}  # the others' labels stand beside the features, and are left out later
