"""A data set as read from its source, and the checks that every source must pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import DataError
from ..terminal.printing import printable
from .blocks import Spool, blocks
from .checks import check_finite
from .reading import Reading
from .words import listed, shortened

CLASSES_MAX = 8191
"""The most classes: the size limit of a layer."""


SAMPLES_A_CLASS = 4
"""With fewer samples per label than this, on average, labels may be sample numbers or measurements."""

FEW, MANY = 20, 100
"""Up to this many samples, such labels are accepted, because truth tables have them; above, they are refused."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples as read from a source."""

    name: str
    """The source as given to `load`."""

    features: np.ndarray
    """Finite real numbers (samples, features), in the type that they were stored in; large arrays lie in a file. NaN
    stands for a missing value if `with_means`."""

    labels: np.ndarray
    """int64 (samples,) in 0..classes - 1; at least two different values."""

    classes: int
    """The number of classes."""

    feature_names: tuple[str, ...] = ()
    """The name of each feature; empty if the source does not name its columns."""

    class_names: tuple[str, ...] = ()
    """The name of each class, by label; empty if the source's own labels are 0..classes - 1."""

    test_samples: int = 0
    """How many samples at the end were published as the test set; 0 if `split` is to choose the test samples."""

    recipe: dict[str, Any] = field(default_factory=dict)
    """How a sound or picture becomes features, ready for JSON; empty for tables of numbers."""

    notes: tuple[str, ...] = ()
    """What the reader left out or changed: one line each for the user, beginning with the source."""

    with_means: bool = False
    """Whether `Scaling.means`, the training samples' means, fill in missing values."""

    targets: np.ndarray | None = None
    """Numbers to learn in place of labels: finite float64 (samples, targets); None for classes. With targets, all
    labels are 0, and `classes` is the number of targets, as each has an output."""

    target_names: tuple[str, ...] = ()
    """The name of each target; empty if the source does not name its columns."""


@dataclass(frozen=True, eq=False)
class Table:
    """The numbers in a source, unchecked."""

    values: np.ndarray
    """Real numbers (samples, features), NaN for a missing value."""

    place: Callable[[int, int], str]
    """Return where the user finds (row, column) of `values` in the source."""

    labels: np.ndarray | None = None
    """Real numbers (samples,), NaN for a missing label; indices into `class_names` if there are any. None without
    labels."""

    label_place: Callable[[int], str] | None = None
    """Return where the user finds a row's label; needed with `labels`."""

    names: tuple[str, ...] = ()
    """The features' names, or empty."""

    class_names: tuple[str, ...] = ()
    """The classes' names by label, or empty."""

    test_samples: int = 0
    """As in `Dataset`."""

    recipe: dict[str, Any] = field(default_factory=dict)
    """As in `Dataset`."""

    notes: tuple[str, ...] = ()
    """As in `Dataset`, without the source."""

    rows: tuple[str, ...] = ()
    """Each sample's name, such as its file; or empty."""


def dataset_of(source: str, table: Table, reading: Reading = Reading()) -> Dataset:  # noqa: B008 (it is frozen)
    """Return the checked data set of a source's table. Raises DataError naming place and value."""
    notes = list(table.notes)
    features, labels, kept = known(source, table, reading, notes)
    label_place: Any = table.label_place  # every source that is read for its labels has it
    with_means = reading.missing == "mean"
    check_finite(features, lambda row, column: f"{source}: {table.place(int(kept[row]), column)}", with_means)
    _check_labels(labels, lambda row: f"{source}: {label_place(kept[row])}")
    labels, names = _classes(source, labels, table.class_names)
    notes += _about_names(names)
    if not table.recipe:  # for pictures and sounds, the folders give the classes
        notes += _about_labels(source, labels, label_place(kept[0]))
    notes += _about_features(source, features, table.names)
    first_tested = len(table.values) - table.test_samples
    tested = int(np.count_nonzero(np.asarray(kept) >= first_tested)) if table.test_samples else 0
    said = tuple(f"{source}: {note}" for note in notes)
    features_named, classes_named = (tuple(map(printable, each)) for each in (table.names, names))
    classes = int(labels.max()) + 1
    made = (table.recipe, said, with_means)
    return Dataset(source, features, labels, classes, features_named, classes_named, tested, *made)


def known(
    source: str, table: Table, reading: Reading, notes: list[str]
) -> tuple[np.ndarray, Any, Sequence[int] | np.ndarray]:
    """Return (features, labels, their rows in the table); `reading` says whether missing values are dropped or NaN.

    Appends what it did to `notes`. Raises DataError if `reading` does not say what to do.
    """
    values, labels = table.values, table.labels
    rows, cells, first = _missing(values, labels)
    if first is None:
        return values, labels, range(len(values))
    row, missing = first
    if missing is not None:
        where, column = table.place(row, missing), "a value"
    else:
        label_place: Any = table.label_place  # a table with labels has it
        where, column = label_place(row), "the label"
    count = f"{len(rows)} of {len(values)} samples have"
    unlabelled = int(np.isnan(labels).sum()) if labels is not None else 0
    if reading.missing is None or (reading.missing == "mean" and unlabelled):
        way = "type --missing drop to leave them out"
        way += "" if unlabelled else ", or --missing mean to fill in the column's mean"
        raise DataError(f"{source}: {count} missing values, the first at {where} ({column}): {way}")
    if reading.missing == "drop":
        notes.append(f"{count} missing values: dropped")
        kept = np.setdiff1d(np.arange(len(values)), rows)
        if not len(kept):
            raise DataError(f"{source}: every sample has a missing value, so --missing drop leaves none")
        spool = Spool()
        for _, block in blocks(values, kept):
            spool.append(block.astype(values.dtype))
        return spool.finish(), labels if labels is None else labels[kept], kept
    what = f"{cells} value{'s' * (cells > 1)} missing in {len(rows)} of {len(values)} samples"
    notes.append(f"{what}: filled in with the mean of the training samples")
    return values, labels, range(len(values))


def _missing(values: np.ndarray, labels: np.ndarray | None) -> tuple[np.ndarray, int, tuple[int, int | None] | None]:
    """Return (rows with a missing value, count of missing values, the first as (row, column or None for the label))."""
    gone = np.isnan(labels) if labels is not None else np.zeros(len(values), bool)
    cells = int(gone.sum())
    first: tuple[int, int | None] | None = (int(np.argmax(gone)), None) if cells else None
    if values.dtype.kind == "f":
        for start, block in blocks(values):
            missing = np.isnan(block)
            if missing.any():
                gone[start : start + len(block)] |= missing.any(axis=1)
                cells += int(missing.sum())
                at = start + int(np.argmax(missing.any(axis=1)))
                if first is None or (at <= first[0] and first[1] is None):
                    first = (at, int(np.argmax(missing[at - start])))
    return np.flatnonzero(gone), cells, first


def _classes(source: str, labels: np.ndarray, names: tuple[str, ...]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return (labels from 0 without gaps, class names) for labels that are whole numbers or indices into names."""
    labels = labels.astype(np.int64)
    if labels.min() >= 0 and labels.max() < CLASSES_MAX:
        present = np.flatnonzero(np.bincount(labels))  # takes less memory than sorting
    else:
        present = np.unique(labels)
    if len(present) == 1:
        shown = shortened(names[present[0]]) if names else str(present[0])
        raise DataError(f"{source}: label {shown} on every sample ({len(labels)}): expected two classes or more")
    if len(present) > CLASSES_MAX:
        raise DataError(f"{source}: {len(present)} classes, expected at most {CLASSES_MAX}")
    if names:
        if present[-1] >= len(names) or present[0] < 0:
            raise DataError(f"{source}: label {present[-1]}, but there are {len(names)} class names")
        called = tuple(names[place] for place in present)
    elif present[0] == 0 and present[-1] == len(present) - 1:
        return labels, ()
    else:
        called = tuple(map(str, present.tolist()))
    return np.searchsorted(present, labels), called


def _about_names(names: tuple[str, ...]) -> list[str]:
    """Return a note about class names that may mean the same class."""
    alike: dict[str, str] = {}
    for name in names:
        other = alike.setdefault(" ".join(name.casefold().split()), name)
        if other != name:
            what = f"classes {shortened(other)} and {shortened(name)} differ only in case or spaces"
            return [f"{what}: if they are one class, give them the same spelling"]
    return []


def _about_labels(source: str, labels: np.ndarray, place: str) -> list[str]:
    """Return a note about labels with very few samples each. Raises DataError if there are too many to be classes."""
    samples, classes = len(labels), int(labels.max()) + 1
    if samples < FEW or classes * SAMPLES_A_CLASS <= samples:
        return []
    what = f"{place} and below: {classes} different labels for {samples} samples"
    if samples >= MANY:
        raise DataError(f"{source}: {what} are too many to be classes: type --label COLUMN to use another column")
    return [f"{what}: if they are not classes, type --label COLUMN to use another column"]


def _about_features(source: str, features: np.ndarray, names: tuple[str, ...]) -> list[str]:
    """Return notes about constant features. Raises DataError if all are constant, or one has no value."""
    low, high = np.full(features.shape[1], np.inf), np.full(features.shape[1], -np.inf)
    zeros = 0
    for _, block in blocks(features):
        low, high = np.fmin(low, np.fmin.reduce(block)), np.fmax(high, np.fmax.reduce(block))  # these skip NaN
        zeros += int(np.count_nonzero(block == 0))
    if (low > high).any():
        column = int(np.argmax(low > high))
        raise DataError(f"{source}: {_column_text(names, column)} has no values: type --drop {column + 1}")
    constant = np.flatnonzero(low == high)
    if len(constant) == len(low):
        shown = f"{low[0]:g} in all samples" if len(set(low.tolist())) == 1 else "the same in all samples"
        raise DataError(f"{source}: every feature is {shown}: there is nothing to learn")
    if not len(constant) or (low.min() >= 0 and 4 * zeros >= features.size):  # pictures have dark edges
        return []
    shown = listed([_column_text(names, int(column)) for column in constant])
    change, them = ("changes", "it") if len(constant) == 1 else ("change", "them")
    return [f"{shown} never {change}, so the network cannot learn from {them}"]


def _column_text(names: tuple[str, ...], column: int) -> str:
    return shortened(names[column]) if names else f"feature {column}"


def check_layers(layers: tuple[int, ...], dataset: Dataset) -> None:
    """Raise DataError unless `layers` (sizes, inputs first) match the features and have an output for each class."""
    features = dataset.features.shape[1]
    shown = "-".join(map(str, layers))
    fits = "-".join(map(str, (features, *layers[1:-1], max(dataset.classes, layers[-1]))))
    if layers[0] != features:
        given = f"{shown} has {layers[0]} inputs, {dataset.name} has {features} features"
        raise DataError(f"layers: {given}: {fits} would fit")
    if dataset.targets is not None and layers[-1] != dataset.classes:
        fits = "-".join(map(str, (*layers[:-1], dataset.classes)))
        given = f"{shown} has {layers[-1]} outputs, {dataset.name} has {dataset.classes} targets"
        raise DataError(f"layers: {given}: {fits} would fit")
    if layers[-1] < dataset.classes:
        given = f"{shown} has {layers[-1]} outputs, {dataset.name} has {dataset.classes} classes"
        raise DataError(f"layers: {given}: {fits} would fit")


def _check_labels(labels: np.ndarray, place: Callable[[int], str]) -> None:
    """Raise DataError for the first label that is not a class number, at place(row)."""
    wrong = np.flatnonzero(~((labels == np.floor(labels)) & (np.abs(labels) <= 2**53)))
    if len(wrong):
        row = wrong[0]
        what = "is too large" if labels[row] == np.floor(labels[row]) else "is not a whole number"
        way = "type --label COLUMN to use another column"
        raise DataError(f"{place(row)}: label {labels[row]:.17g} {what}: {way}")
