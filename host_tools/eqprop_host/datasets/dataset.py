"""A data set as it was read, and what every source of one is checked for."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..errors import DataError
from .blocks import blocks

LABEL_MAX = 8190
"""The largest label: a layer has at most 8191 nodes."""

_SHOWN = 40  # characters of a cell in a message


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples as they were read."""

    name: str
    """What `load` was asked for."""

    features: np.ndarray
    """Finite real numbers (samples, features), in the type that they were stored in; large ones lie in a file."""

    labels: np.ndarray
    """int64 (samples,), in 0..classes - 1; at least two different ones. A class may have no sample."""

    classes: int
    """Largest label + 1."""

    feature_names: tuple[str, ...] = ()
    """From the header of a .csv or .parquet file, one for each feature; empty without one."""

    class_names: tuple[str, ...] = ()
    """The names of a folder's subfolders, in the order of the labels; empty elsewhere."""

    test_samples: int = 0
    """How many samples, the last ones, were published for testing alone; 0 where they are to be split off."""

    recipe: dict = field(default_factory=dict)
    """What makes the features of a sound or a picture, ready for JSON; empty where they are read as they stand."""


@dataclass(frozen=True, eq=False)
class Table:
    """Numbers as they stand in a source."""

    values: np.ndarray
    """(samples, columns): the features; behind them the label where `labels` is None and the source has any."""

    place: Callable[[int, int], str]
    """Where (row, column) of `values` stands, as the user would find it."""

    labels: np.ndarray | None = None
    """Real numbers (samples,), or None."""

    label_place: Callable[[int], str] | None = None
    """Where the label of a row stands; needed with `labels`."""

    names: tuple[str, ...] = ()
    """Of the columns, or none."""

    class_names: tuple[str, ...] = ()
    """By label, or none."""

    test_samples: int = 0
    """As of `Dataset`."""

    recipe: dict = field(default_factory=dict)
    """As of `Dataset`."""


def dataset_of(source: str, table: Table) -> Dataset:
    """Return the data set that stands in the table of a source, checked. Raises DataError naming place and value."""
    features, labels, label_place = table.values, table.labels, table.label_place
    if labels is None:
        last = table.values.shape[1] - 1
        if last < 1:
            raise DataError(f"{source}: 1 column, expected features and a label")
        features, labels = table.values[:, :-1], np.asarray(table.values[:, -1], np.float64)

        def label_place(row):
            return table.place(row, last)

    check_finite(features, lambda row, column: f"{source}: {table.place(row, column)}")
    _check_labels(labels, lambda row: f"{source}: {label_place(row)}")
    labels = labels.astype(np.int64)
    if labels.min() == labels.max():
        raise DataError(f"{source}: label {labels[0]} on all samples ({len(labels)}): one class is nothing to learn")
    names = table.names[: features.shape[1]]
    classes = int(labels.max()) + 1
    return Dataset(source, features, labels, classes, names, table.class_names, table.test_samples, table.recipe)


def check_layers(layers: tuple, dataset: Dataset) -> None:
    """Raise DataError unless a network of `layers` (sizes, inputs first) has room for the features and classes."""
    features = dataset.features.shape[1]
    shown = "-".join(map(str, layers))
    if layers[0] != features:
        raise DataError(f"layers: {shown} has {layers[0]} inputs, {dataset.name} has {features} features")
    if layers[-1] < dataset.classes:
        raise DataError(f"layers: {shown} has {layers[-1]} outputs, {dataset.name} has {dataset.classes} classes")


def check_finite(values, place):
    """Raise DataError for the first of the values (rows, columns) that is not finite, at place(row, column)."""
    if values.dtype.kind in "biu":
        return
    for first, block in blocks(values):
        if not np.isfinite(block).all():
            row, column = np.argwhere(~np.isfinite(block))[0]
            raise DataError(f"{place(first + row, column)}: {block[row, column]} is not finite")


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


def check_numeric(source, name, values, dimensions):
    """Raise DataError unless an array holds real numbers, in so many dimensions, and is not empty."""
    if values.dtype.kind not in "biuf":
        raise DataError(f"{source}: {name}: {values.dtype} is no type of real numbers")
    if values.ndim != dimensions:
        raise DataError(f"{source}: {name}: shape {values.shape}, expected {dimensions} dimensions")
    if not values.size:
        raise DataError(f"{source}: {name}: shape {values.shape} is empty")


def columns_text(count):
    """Return "1 column" or "3 columns"."""
    return "1 column" if count == 1 else f"{count} columns"


def shortened(value):
    """Return the repr of a value, cut to what fits in a message."""
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
