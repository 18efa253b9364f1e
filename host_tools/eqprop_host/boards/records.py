"""Packs samples into the records of `eqprop.protocol.records`, many at once."""

import numpy as np

from ..datasets import Blanked

_ROWS = 4096  # rows examined at a time, because an array may be larger than memory


def alphabet_of(*inputs):
    """Return the bytes of the int8 values that occur in the arrays `inputs`, ascending, for `protocol.records.Code`."""
    occurs = np.zeros(256, np.bool_)
    for x in (each.values if isinstance(each, Blanked) else each for each in inputs):
        for first in range(0, len(x), _ROWS):
            occurs[np.asarray(x[first : first + _ROWS], np.int8).view(np.uint8)] = True
    return np.sort(np.flatnonzero(occurs).astype(np.uint8).view(np.int8)).tobytes()


def covers(alphabet, x):
    """Return whether every value of x (int8) is one of `alphabet`."""
    return set(alphabet_of(x)) <= set(alphabet)


def pack(code, x, y):
    """Return the records of samples as uint8 (samples, code.size).

    code: `eqprop.protocol.records.Code`. x: int8 (samples, features), of the code's alphabet. y: labels below
    code.outputs, or int16 (samples, outputs) for a code of `eqprop.service.targets`.
    """
    label_bits, group, width, last_bits, features, count = code.table[:6]
    number = np.zeros(256, np.int64)
    number[np.frombuffer(code.alphabet, np.uint8)] = np.arange(len(code.alphabet))
    digits = number[np.ascontiguousarray(x).view(np.uint8)]
    whole = features // group
    powers = count ** np.arange(group)
    y = np.asarray(y)
    parts = [] if y.ndim > 1 else [_bits(y.astype(np.int64)[:, None], label_bits)]
    parts.append(_bits(digits[:, : whole * group].reshape(len(x), whole, group) @ powers, width))
    if rest := features - whole * group:
        parts.append(_bits(digits[:, whole * group :] @ powers[:rest, None], last_bits))
    records = np.packbits(np.concatenate(parts, axis=1), axis=1, bitorder="little")
    if y.ndim == 1:
        return records
    return np.concatenate((records, np.ascontiguousarray(y, "<i2").view(np.uint8)), axis=1)


def packed(code, x, y, stretches):
    """Return the stretches of a frame for `host_messages.pack_samples`: (records or None, slots or None) each.

    stretches: from `SampleCache.stretches`; those without slots give the rows of x and y to pack.
    """
    return [
        ([record.tobytes() for record in pack(code, x[which], y[which])] if slots is None else None, slots)
        for which, slots in stretches
    ]


def _bits(numbers, width):
    """Return the bits of numbers (samples, n), lowest first: uint8 (samples, n * width)."""
    bits = numbers[:, :, None] >> np.arange(width) & 1
    return bits.astype(np.uint8).reshape(len(numbers), -1)
