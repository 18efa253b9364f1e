"""How far a training run has come, for whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..link.line import Line


@dataclass(frozen=True, eq=False)
class RunProgress:
    """How far a training run has come."""

    sample: int
    """Training samples learnt."""

    total: int
    """Training samples of the whole run."""

    epoch: int
    """The epoch of the last of them, from 1."""

    epochs: int
    """Epochs of the whole run."""

    train_error_percent: float
    """This epoch's samples that were predicted wrongly, each asked before it was learnt."""

    loss: float
    """Mean loss of this epoch's samples."""

    samples_per_second: float
    """Training samples that this process trained a second."""

    epoch_ends: bool = False
    """Whether an epoch, or the run, ends here."""

    test_error_percent: float | None = None
    """Where an epoch ends: test samples that the network puts into a wrong class. None if there are none."""

    line: Line | None = None
    """Where an epoch ends: what went over the line to the board so far. None for a board in this process."""

    conductances: Callable[[], list[np.ndarray]] | None = None
    """Where an epoch ends: a function that returns each crossbar's conductances, uint16 steps (rows, columns). Call it
    at once, if at all: a board sends them over its line."""
