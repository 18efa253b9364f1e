"""Scales features to a board's inputs: int8, 127 for full scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DataError
from .blocks import Spool, blocks, first_rows
from .words import shortened

FULL_SCALE = 127

OUTLYING = 8
"""A column has outliers if its whole range is at least this many times its usual range."""

FEW = 20
"""Fewer samples are too few to tell the usual range."""

SAMPLED = 10000
"""The most samples examined for the usual range."""


@dataclass(frozen=True)
class Scaling:
    """The affine map from features to a board's inputs.

        input = min(max(rint((feature - offset) / span * 127), -127), 127)      0 where span is 0

    rint rounds halves to even. Values beyond offset ± span saturate at ±127.
    """

    features: int
    """The number of features in a sample."""

    offset: tuple[float, ...]
    """The feature value that becomes 0: one for all features, or one for each."""

    span: tuple[float, ...]
    """The distance above `offset` that becomes 127, 0 or more: one for all features, or one for each."""

    means: tuple[float, ...] = ()
    """Each feature's substitute for a missing value (NaN); empty if a missing value is an error."""

    def quantise(self, features: Any, rows: np.ndarray | None = None, name: str = "features") -> np.ndarray:
        """Return the inputs for `features`, numbers (samples, features), or for those rows of it: int8 in -127..127.

        name: what messages call the features. The result is C-contiguous; a large one lies in a file
        (`eqprop_host.datasets.blocks`). Raises DataError for another shape; for a value that is not finite, naming its
        row and column from 0; and for a missing value without `means`.
        """
        features = np.asarray(features)
        if features.ndim != 2 or features.shape[1] != self.features:
            raise DataError(f"{name}: shape {features.shape}, expected rows of {self.features}")
        span = np.array(self.span)
        spool = Spool()
        for first, block in blocks(features, rows):
            places = range(first, first + len(block)) if rows is None else rows[first : first + len(block)]

            def place(row: int, column: int, places: Any = places) -> str:
                return f"{name}[{places[row]}, {column}]"

            block = self._filled(block, place)
            # Far outside the training range the quotient may be infinite; it saturates like any other.
            with np.errstate(over="ignore"):
                inputs = block - self.offset
                inputs /= np.where(span > 0, span, 1)
                inputs *= FULL_SCALE
            inputs[:, np.broadcast_to(span == 0, self.features)] = 0
            np.clip(np.rint(inputs, out=inputs), -FULL_SCALE, FULL_SCALE, out=inputs)
            spool.append(inputs.astype(np.int8))
        return spool.finish()

    def _filled(self, block: np.ndarray, place: Callable[[int, int], str]) -> np.ndarray:
        """Return float64 (samples, features) with gaps filled from `means`.

        Raises DataError, naming place(row, column), for a gap if there are no means, and for an infinite value.
        """
        missing = np.isnan(block)
        if (infinite := np.isinf(block)).any():
            row, column = np.argwhere(infinite)[0]
            raise DataError(f"{place(row, column)}: {block[row, column]} is not finite")
        if not missing.any():
            return block
        if not self.means:
            way = "type --missing drop, or train with --missing mean"
            row, column = np.argwhere(missing)[0]
            raise DataError(f"{place(row, column)} is missing, and the network has no means to fill it with: {way}")
        return np.where(missing, self.means, block)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, ready for JSON, as `from_dict` takes them."""
        lists = {key: list(getattr(self, key)) for key in ("offset", "span", "means")}
        return {"features": self.features, **{key: values for key, values in lists.items() if values}}

    @classmethod
    def from_dict(cls, saved: Any) -> Scaling:
        """Return the Scaling that `to_dict` turned into `saved`. Raises DataError for anything else."""
        try:
            features, values = saved["features"], (saved["offset"], saved["span"], saved.get("means", []))
            scaling = cls(int(features), *(tuple(map(float, each)) for each in values))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise DataError(f"scaling: expected features, offset and span: {type(error).__name__}: {error}") from error
        for key, number in (("offset", 1), ("span", 1), ("means", 0)):
            values = getattr(scaling, key)
            if len(values) not in (number, scaling.features):
                raise DataError(f"scaling: {key} has {len(values)} values for {scaling.features} features")
            if not np.isfinite(values).all() or (key == "span" and min(values) < 0):
                raise DataError(f"scaling: {key} has a value out of range: {shortened(values)}")
        return scaling


def fit_scaling(features: np.ndarray, rows: np.ndarray | None = None) -> Scaling:
    """Return the Scaling for `features`, finite numbers (samples, features), fitted to all rows or to `rows`.

    Image-like features share one span, their largest value, and zero stays zero, because a zero input costs a board
    nothing. Features are image-like if all of this holds:

    - none is negative;
    - a quarter of them or more are exactly zero, but not all;
    - of the columns that are not all zero, half or more reach half of the largest value, so they share a scale.

    Images on a bright ground, such as scans of paper, are their mirror: the largest value becomes 0 and the smallest
    -127 if all of this holds for the distances from the largest value. Bright inputs would cost a board time, and a
    network errors.

    Other features are centred: each column's smallest value becomes -127, its largest 127. A constant column says
    nothing and becomes 0.

    A few values far from all others, such as a sensor's 65535 for "no answer", would squeeze the others into almost no
    range. If a column's whole range is at least OUTLYING times its range without the lowest and highest percent, the
    smaller range is used, and values outside saturate.
    """
    return fit_and_tell(features, rows)[0]


def fit_and_tell(features: np.ndarray, rows: np.ndarray | None = None) -> tuple[Scaling, np.ndarray]:
    """Return (the Scaling of `fit_scaling`, the columns whose outliers saturate)."""
    features = np.asarray(features)
    width = features.shape[1]
    low, high = np.full(width, np.inf), np.full(width, -np.inf)
    zeros = tops = size = 0
    for _, block in blocks(features, rows):
        if block.max() > high.max():
            tops = 0
        low, high = np.minimum(low, block.min(axis=0)), np.maximum(high, block.max(axis=0))
        zeros += int(np.count_nonzero(block == 0))
        tops += int(np.count_nonzero(block == high.max()))
        size += block.size
    none = np.zeros(0, np.int64)
    if _is_image(low, high, zeros / size):
        return Scaling(width, (0.0,), (float(high.max()),)), none
    top = high.max()
    if low.min() >= 0 and _is_image(top - high, top - low, tops / size):
        return Scaling(width, (float(top),), (float(top - low.min()),)), none
    least, most = _usual(features, rows)
    with np.errstate(over="ignore"):
        outlying = (most > least) & (high / 2 - low / 2 >= OUTLYING / 2 * (most - least))
    low, high = np.where(outlying, least, low), np.where(outlying, most, high)
    saturated = np.flatnonzero(outlying)
    if len(saturated) and _is_image(low, high, zeros / size):
        return Scaling(width, (0.0,), (float(high.max()),)), saturated
    # Halve before adding: the sum of two large numbers could overflow.
    return Scaling(width, tuple((low / 2 + high / 2).tolist()), tuple((high / 2 - low / 2).tolist())), saturated


def means_of(features: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return each column's mean over those rows, ignoring missing values; NaN for a column without values."""
    total, count = np.zeros(features.shape[1]), np.zeros(features.shape[1])
    for _, block in blocks(features, rows):
        known = ~np.isnan(block)
        total += np.where(known, block, 0).sum(axis=0)
        count += known.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def with_means(features: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Return the features with missing values replaced by the means."""
    if features.dtype.kind != "f" or not any(np.isnan(block).any() for _, block in blocks(features)):
        return features
    spool = Spool()
    for _, block in blocks(features):
        spool.append(np.where(np.isnan(block), means, block))
    return spool.finish()


def _is_image(low: np.ndarray, high: np.ndarray, zeros: float) -> bool:
    """Return whether columns with these smallest and largest values and this share of zeros use one scale."""
    largest = high.max()
    return bool(low.min() >= 0 and largest > 0 and zeros >= 0.25 and np.mean(high[high > 0] >= largest / 2) >= 0.5)


def _usual(features: np.ndarray, rows: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return each column's (smallest, largest) value after removing the lowest and highest percent, at least one.

    Of many samples, evenly spaced ones stand for all. Of few samples, none is removed.
    """
    count = len(features) if rows is None else len(rows)
    step = -(-count // first_rows(features.shape[1], SAMPLED))
    chosen = np.arange(0, count, step) if rows is None else rows[::step]
    if len(chosen) < FEW:
        infinite = np.full(features.shape[1], np.inf)
        return -infinite, infinite
    cut = max(1, len(chosen) // 100)
    ordered = np.sort(np.asarray(features[chosen], np.float64), axis=0)
    return ordered[cut], ordered[-1 - cut]
