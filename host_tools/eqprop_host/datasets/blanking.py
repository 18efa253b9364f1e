"""Training samples with some of their features blanked (set to 0), so that a network does not rely on single features.

A large network soon knows some ten thousand training samples by heart. Further epochs then improve its answers to other
samples only little. If different features of a sample are blanked each time it is learnt, the network never gets the
same sample twice (dropout of the inputs: Srivastava et al. 2014, JMLR 15).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from eqprop_sim.sample_order import SampleOrder

_PASSES = 64  # passes with blanks of their own; later ones repeat them
_STEP, _FIRST, _SECOND = (np.uint64(word) for word in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
_BYTES = 8  # features that share a random number


class Blanked:
    """The training samples of all passes, each with its own blanks: an array of int8 that is computed row by row.

    Row pass * count + i is sample i in that pass. Each feature is 0 with a probability of `share`, rounded to a 256th,
    by seed, pass, sample and feature alone: if byte feature % 8 of output (seed << 32) + row * words + feature // 8 + 1
    of a SplitMix64 that starts from 0, words = ceil(features / 8), is below 256 * share.
    """

    dtype = np.dtype(np.int8)
    ndim = 2

    def __init__(self, x: np.ndarray, share: float, seed: int, passes: int) -> None:
        """Blank `x`, int8 (count, features), in `passes` passes."""
        self._x, self._share, self._seed = x, round(256 * share), np.uint64(seed)
        self.shape = (passes * len(x), x.shape[1])

    def __len__(self) -> int:
        return self.shape[0]

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
        blanked: np.ndarray = self._x[rows % len(self._x)] * kept
        return blanked


def blanked(
    x: np.ndarray, y: np.ndarray, order: SampleOrder, share: float, seed: int, epochs: int
) -> tuple[Any, np.ndarray, SampleOrder]:
    """Return (rows, their labels or targets, their order) of a run that blanks a share of the features of `x`."""
    count = len(x)
    passes = min(epochs, _PASSES)
    rows = Blanked(x, share, seed, passes)
    return rows, np.concatenate([y] * passes), SampleOrder(count, lambda n: order.epoch(n) + n % passes * count)
