"""Training samples with some of their features blanked (set to 0), so that a network does not rely on single features.

A large network soon knows some ten thousand training samples by heart. Further epochs then improve its answers to other
samples only little. If different features of a sample are blanked each time it is learnt, the network never gets the
same sample twice (dropout of the inputs: Srivastava et al. 2014, JMLR 15). The last fifth of the epochs blanks none,
because the network will be asked about samples without blanks.
"""

from __future__ import annotations

import numpy as np

from eqprop_sim.sample_order import SampleOrder

_PASSES = 64  # passes with blanks of their own; a longer run repeats them
_WHOLE = 5  # of so many epochs, the last one blanks nothing
_STEP, _FIRST, _SECOND = (np.uint64(word) for word in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
_BYTES = 8  # features that share a random number


class Blanked:
    """The training samples of all passes, each with its own blanks: an array of int8 that is computed row by row.

    Row pass * count + i is sample i in that pass; the last pass has no blanks. In the others, each feature is 0 with a
    probability of `share`, rounded to a 256th, by seed, pass, sample and feature alone: if byte feature % 8 of output
    (seed << 32) + row * words + feature // 8 + 1 of a SplitMix64 that starts from 0, words = ceil(features / 8), is
    below 256 * share.

    So all who know the samples, the share, the seed and the epochs have the same rows: the board's host, its digital
    twin, and a reader of its log.
    """

    dtype = np.dtype(np.int8)
    ndim = 2

    def __init__(self, x: np.ndarray, share: float, seed: int, epochs: int) -> None:
        """Blank `x`, int8 (count, features)."""
        self._x, self._share, self._seed = x, round(256 * share), np.uint64(seed)
        self._whole = _passes(epochs) * len(x)  # the first row without blanks
        self.shape = (self._whole + len(x), x.shape[1])

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def values(self) -> np.ndarray:
        """An array of int8 with every value that occurs in the rows: the samples without blanks, and a row of zeros."""
        return np.concatenate((self._x, np.zeros_like(self._x[:1])))

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        """Return rows, by their numbers (int64), as int8 (rows, features)."""
        features = self.shape[1]
        words = -(-features // _BYTES)
        at = rows.astype(np.uint64)[:, None] * np.uint64(words) + np.arange(1, words + 1, dtype=np.uint64)
        word = (at + (self._seed << np.uint64(32))) * _STEP
        word = (word ^ word >> np.uint64(30)) * _FIRST
        word = (word ^ word >> np.uint64(27)) * _SECOND
        word ^= word >> np.uint64(31)
        kept = word.astype("<u8").view(np.uint8)[:, :features] >= self._share
        kept |= (rows >= self._whole)[:, None]
        blanked: np.ndarray = self._x[rows % len(self._x)] * kept
        return blanked


def blanked(x: np.ndarray, y: np.ndarray, share: float, seed: int, epochs: int) -> tuple[Blanked, np.ndarray]:
    """Return (rows, their labels or targets) of a run that blanks a share of the features of `x`.

    x: int8 (count, features). y: labels (count,) or targets (count, outputs).
    """
    return Blanked(x, share, seed, epochs), np.concatenate([y] * (_passes(epochs) + 1))


def blanked_order(order: SampleOrder, epochs: int) -> SampleOrder:
    """Return the order of the rows of a run that learns its samples in the order `order`."""
    passes, blanking = _passes(epochs), blanking_epochs(epochs)
    return SampleOrder(order.count, lambda n: order.epoch(n) + (n % passes if n < blanking else passes) * order.count)


def blanking_epochs(epochs: int) -> int:
    """Return how many epochs of a run that blanks features do so, the first ones."""
    return epochs - epochs // _WHOLE


def _passes(epochs: int) -> int:
    """Return how many passes with different blanks a run has."""
    return min(blanking_epochs(epochs), _PASSES)
