"""The progress of a training run, for its observers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..link.line import Line


@dataclass(frozen=True, eq=False)
class RunProgress:
    """The progress of a training run."""

    sample: int
    """Training samples learnt."""

    total: int
    """Training samples of the whole run."""

    epoch: int
    """The epoch of the last learnt sample, from 1."""

    epochs: int
    """Epochs of the whole run."""

    train_error_percent: float | None
    """The error of this epoch's samples, each predicted before it was learnt; None for numbers."""

    loss: float
    """Mean loss of this epoch's samples."""

    samples_per_second: float
    """Training samples per second in this process."""

    epoch_ends: bool = False
    """Whether this is the end of an epoch or of the run."""

    test_error_percent: float | None = None
    """At the end of an epoch: the test error. None without test samples."""

    line: Line | None = None
    """At the end of an epoch: the traffic on the board's line so far. None for a board in this process."""

    conductances: Callable[[], list[np.ndarray]] | None = None
    """At the end of an epoch: a function that returns each crossbar's conductances, uint16 steps (rows, columns). Call
    it at once or not at all, because a board sends them over its line."""

    fit: str = ""
    """At the end of an epoch: RMSE and R² of the test samples, in words, of a network that learns numbers."""
