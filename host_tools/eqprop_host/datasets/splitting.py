"""Chooses the training and test samples, and the order in which training samples come.

All randomness follows from a seed: PCG64 words are sorted. NumPy keeps PCG64's words the same across versions, but may
change `Generator.permutation`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import DataError
from .dataset import Dataset
from .numbers import TargetScaling
from .scaling import Scaling, fit_and_tell, means_of, with_means
from .words import listed, shortened

TEST_FRACTION = 0.2
"""The fraction of the samples used for testing."""

TRUTH_TABLE = 5
"""A data set with fewer samples per class than this, on average, is tested on its training samples."""

_STREAM = 0  # the stream of random numbers of a seed; `eqprop_sim.sample_order` draws from another


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
    """The scaling, fitted to the training samples."""

    classes: int
    """The largest label of the whole data set + 1."""

    recipe: dict[str, Any]
    """As in `Dataset`."""

    feature_names: tuple[str, ...] = ()
    """As in `Dataset`."""

    class_names: tuple[str, ...] = ()
    """As in `Dataset`."""

    target_scaling: TargetScaling | None = None
    """How targets became numbers; None for classes. With it, train_y and test_y are int16 (samples, targets)."""

    test_targets: np.ndarray | None = None
    """The test samples' targets as the source has them: float64 (samples, targets)."""

    notes: tuple[str, ...] = ()
    """What scaling did to the features: one line each for the user."""


def split(dataset: Dataset, seed: int, test_fraction: float = TEST_FRACTION) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of the training samples and of the test samples: int64, each ascending.

    Of n samples, ceil(n * test_fraction) are tested. Each class gives its share, rounded down; those with the largest
    remainders give one more (of equal remainders, the lower label first). No class gives its last training sample.
    `seed` decides which samples of a class are tested. A data set of fewer than 5 samples per class on average, such as
    a truth table, would lose what there is to learn, so it is trained and tested on all samples. A data set with test
    samples of its own keeps them, whatever the seed. With a test_fraction of 0 all samples are for training.

    Raises DataError unless 0 <= test_fraction < 1, and for a negative seed.
    """
    labels = dataset.labels
    if not 0 <= test_fraction < 1:
        raise DataError(f"test_fraction: {test_fraction} is not from 0 to below 1")
    if test_fraction == 0:
        return np.arange(len(labels)), np.arange(0)
    if dataset.test_samples:
        first = len(labels) - dataset.test_samples
        return np.arange(first), np.arange(first, len(labels))
    counts = np.bincount(labels)
    words = _words(len(labels), seed)
    if len(labels) < TRUTH_TABLE * np.count_nonzero(counts):
        return np.arange(len(labels)), np.arange(len(labels))
    # Round the product first, so that 100 * 0.07 is 7 and not the next float above.
    wanted = int(np.ceil(round(len(labels) * test_fraction, 6)))
    tested = _shares(counts, min(max(wanted, 1), len(labels) - 1))
    by_class = np.lexsort((words, labels))
    rank = np.arange(len(labels)) - np.repeat(np.cumsum(counts) - counts, counts)
    in_test = rank < np.repeat(tested, counts)
    return np.sort(by_class[~in_test]), np.sort(by_class[in_test])


def prepare(dataset: Dataset, seed: int, test_fraction: float = TEST_FRACTION, headroom: int = 1) -> Prepared:
    """Return the data set, split by `split` and scaled by `fit_scaling` of its training samples.

    headroom: the inputs' range as a multiple of the range that their features take.
    Raises DataError as `split` does, and for a class without a training sample.
    """
    train, test = split(dataset, seed, test_fraction)
    labels = dataset.labels
    missing = np.flatnonzero(np.bincount(labels[train], minlength=dataset.classes) == 0)
    if len(missing) and dataset.targets is None:
        where = "training samples" if missing[0] in labels else "samples"
        raise DataError(f"{dataset.name}: class {missing[0]} of 0..{dataset.classes - 1} has no {where}")
    features, means = _without_gaps(dataset, train)
    scaling, saturated = fit_and_tell(features, train)
    scaling = replace(scaling, span=tuple(headroom * span for span in scaling.span))
    notes: tuple[str, ...] = ()
    if len(saturated):
        names = dataset.feature_names or [f"feature {column}" for column in range(dataset.features.shape[1])]
        shown = listed([names[column] for column in saturated])
        text = "a few values far from all others saturate, so that the others keep their range"
        notes = (f"{dataset.name}: {shown}: {text}",)
    train_x = scaling.quantise(features, train)
    test_x = scaling.quantise(features, test) if len(test) else train_x[:0]
    train_y, test_y, targets, target_scaling = labels[train], labels[test], dataset.targets, None
    if targets is not None:
        target_scaling = TargetScaling.fitted(targets[train], dataset.target_names)
        train_y, test_y = (target_scaling.quantise(targets[rows]) for rows in (train, test))
    return Prepared(
        train_x,
        train_y,
        test_x,
        test_y,
        replace(scaling, means=means),
        dataset.classes,
        dataset.recipe,
        dataset.feature_names,
        dataset.class_names,
        target_scaling,
        None if targets is None else targets[test],
        notes,
    )


def _without_gaps(dataset: Dataset, train: np.ndarray) -> tuple[np.ndarray, tuple[float, ...]]:
    """Return (features without missing values, the means that replaced them). Raises DataError."""
    if not dataset.with_means:
        return dataset.features, ()
    means = means_of(dataset.features, train)
    if np.isnan(means).any():
        column = int(np.argmax(np.isnan(means)))
        name = shortened(dataset.feature_names[column]) if dataset.feature_names else f"feature {column}"
        raise DataError(f"{dataset.name}: {name} has no values in the training samples: type --drop {column + 1}")
    return with_means(dataset.features, means), tuple(means.tolist())


def _words(count: int, seed: int) -> np.ndarray:
    """Return `count` random uint64; the same seed always gives the same numbers."""
    if seed < 0:
        raise DataError(f"seed: {seed} is negative")
    return np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(_STREAM,))).random_raw(count)


def _shares(counts: np.ndarray, total: int) -> np.ndarray:
    """Return how many of `total` test samples each class gives, of its `counts` samples; see `split`."""
    shares, remainders = np.divmod(counts * total, counts.sum())
    able = np.flatnonzero(counts - shares > 1)
    largest = able[np.argsort(-remainders[able], kind="stable")]
    shares[largest[: total - shares.sum()]] += 1
    return shares
