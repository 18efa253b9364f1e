"""How far a network's confidence can be trusted, by its answers to samples that it did not learn.

A table has how often answers were right for eight ranges of the margin between the two highest outputs, the ranges of
`eqprop.extras.confidence`. Each range counts two answers more, right as often as all answers on average, so that a
range with few answers is not far off. The confidence of an answer is its range's entry. Samples that make a table do
not judge it: each half is judged by the other half's.

- ECE, the expected calibration error: |accuracy - confidence| in ten bins of confidence, mean over samples (Guo et al.
  2017), percent
- AUROC: how often a right answer has a larger margin than a wrong one, or an answer to a sample like those learnt than
  one to a sample that is not: 0.5 by chance, 1 at best
"""

import numpy as np

RANGES = 8
_PER_TARGET = 4  # ranges within the distance between the targets
_BINS = 10


def margins(outputs):
    """Return how far the highest output is above the next: int64 (samples,), of int16 (samples, outputs)."""
    if outputs.shape[1] < 2:
        return np.zeros(len(outputs), np.int64)
    highest = np.sort(outputs.astype(np.int64), axis=1)
    return highest[:, -1] - highest[:, -2]


def table_of(margin, right, targets):
    """Return the percentage of right answers in each range: whole numbers. targets: of `eqprop.Plan`."""
    places = _ranges(margin, targets)
    counts = np.bincount(places, minlength=RANGES) + 2
    hits = np.bincount(places, weights=right, minlength=RANGES) + 2 * (right.mean() if len(right) else 0.5)
    return np.rint(100 * hits / counts).astype(int).tolist()


def percent(table, margin, targets):
    """Return the confidence of answers with these margins: int64 (samples,), 0..100."""
    return np.array(table)[_ranges(margin, targets)]


def judged_by_halves(margin, right, targets):
    """Return the confidence of answers by tables of the other samples: those of even place by the odd ones', and so on.

    Of fewer than two samples, that of a range without any.
    """
    found = np.full(len(margin), 50)
    for first in (0, 1):
        own, other = slice(first, None, 2), slice(1 - first, None, 2)
        found[own] = percent(table_of(margin[other], right[other], targets), margin[own], targets)
    return found


def ece_percent(confidence, right):
    """Return the expected calibration error of confidences in percent, and whether the answers were right."""
    bins = np.minimum(confidence * _BINS // 100, _BINS - 1)
    counts = np.bincount(bins, minlength=_BINS)
    gaps = np.bincount(bins, weights=100.0 * right - confidence, minlength=_BINS)
    return float(np.abs(gaps).sum() / counts.sum())


def auroc(higher, lower):
    """Return how often one of `higher` is above one of `lower`, a tie for half; None if either is empty."""
    if not len(higher) or not len(lower):
        return None
    ordered = np.sort(lower)
    below, upto = (np.searchsorted(ordered, higher, side) for side in ("left", "right"))
    return float((below + upto).sum() / (2 * len(higher) * len(lower)))


def _ranges(margin, targets):
    right, wrong = targets
    return np.minimum(_PER_TARGET * margin // (right - wrong), RANGES - 1)
