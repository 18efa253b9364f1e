"""Samples into the records of `eqprop.packing`, many at once."""

import numpy as np


def levels_of(*inputs):
    """Return the bytes of the int8 values that occur in the arrays `inputs`, for `eqprop.packing.Code`: ascending."""
    return np.unique(np.concatenate([np.unique(x) for x in inputs])).astype(np.int8).tobytes()


def covers(levels, x):
    """Return whether every value of x (int8) is one of `levels`."""
    return bool(np.isin(x, np.frombuffer(levels, np.int8)).all())


def pack(code, x, y):
    """Return the records of samples as uint8 (samples, code.size).

    code: `eqprop.packing.Code`. x: int8 (samples, features), of the code's levels only. y: labels below code.outputs.
    """
    label_bits, group, width, last_bits, features, count = code.table[:6]
    number = np.zeros(256, np.int64)
    number[np.frombuffer(code.levels, np.uint8)] = np.arange(len(code.levels))
    digits = number[np.ascontiguousarray(x).view(np.uint8)]
    whole = features // group
    powers = count ** np.arange(group)
    parts = [_bits(np.asarray(y, np.int64)[:, None], label_bits)]
    parts.append(_bits(digits[:, : whole * group].reshape(len(x), whole, group) @ powers, width))
    if rest := features - whole * group:
        parts.append(_bits(digits[:, whole * group :] @ powers[:rest, None], last_bits))
    return np.packbits(np.concatenate(parts, axis=1), axis=1, bitorder="little")


def _bits(numbers, width):
    """Return the bits of numbers (samples, n), lowest first: uint8 (samples, n * width)."""
    bits = numbers[:, :, None] >> np.arange(width) & 1
    return bits.astype(np.uint8).reshape(len(numbers), -1)
