"""Checks of numbers from files: their type, their shape, and that each of them is finite."""

import numpy as np

from ..errors import DataError
from .blocks import blocks


def check_numeric(source, name, values, dimensions):
    """Raise DataError unless an array holds real numbers, has enough dimensions and is not empty."""
    if values.dtype.kind not in "biuf":
        raise DataError(f"{source}: {name}: expected real numbers, got {values.dtype}")
    if values.ndim < dimensions:
        raise DataError(f"{source}: {name}: shape {values.shape}, expected {dimensions} dimensions")
    if not values.size:
        raise DataError(f"{source}: {name}: shape {values.shape} is empty")


def check_finite(values, place, missing=False):
    """Raise DataError for the first of the values (rows, columns) that is not finite, at place(row, column).

    missing: whether NaN stands for a missing value and passes.
    """
    if values.dtype.kind in "biu":
        return
    for first, block in blocks(values):
        wrong = ~(np.isfinite(block) | np.isnan(block)) if missing else ~np.isfinite(block)
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise DataError(f"{place(first + row, column)}: {block[row, column]} is not finite")
