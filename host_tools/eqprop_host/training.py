"""A training run: a data set goes to a board, epoch by epoch, and what it learns is measured and logged."""

import time
from dataclasses import dataclass

import numpy as np

import eqprop

from .datasets import Rows, epoch_order


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn."""

    epochs: int
    """Passes over the training samples."""

    seed: int
    """Of the initial conductances and of the order of the samples."""

    halve_epochs: int
    """Epochs after which the learning rate halves; 0 for never."""

    limit: int | None = None
    """Most training samples in all; None for whole epochs."""

    def samples(self, count):
        """Return how many training samples the run has on `count` distinct ones."""
        return min(self.epochs * count, self.limit or self.epochs * count)


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    samples: int
    """Training samples learnt."""

    seconds: float
    """Time spent training, the tests between the epochs left out."""

    train_error_percent: float
    """Of the last epoch's samples, each asked before it was learnt."""

    test_error_percent: float
    """Of the test samples, at the end."""

    crc: int
    """CRC-32 of the conductances at the end."""

    interrupted: bool
    """Whether it was asked to stop early."""


def default_halve_epochs(epochs):
    """Return the epochs after which the rates halve by default: 4 of 10, and 2 at least."""
    return max(2, (2 * epochs + 4) // 5)


def error_percent(board, x, y):
    """Return the percentage of x (int8 (samples, inputs)) that the board does not put into the classes y."""
    return 100 * float(np.mean(board.infer(x)[0] != y))


def train(board, data, schedule, interrupt, reporter, log=None, log_every=None, clock=time.perf_counter):
    """Train a configured board on `data` (`datasets.Prepared`) and return the `Outcome`.

    reporter: of `progress.show_progress`. log: a `runlog.RunLog` or None. log_every: training samples between two
    logged sets of conductances, None for an epoch. After an interrupt the samples under way are still learnt,
    tested and logged.
    """
    count = len(data.train_y)
    total = schedule.samples(count)
    log_every = log_every or count
    seconds = 0.0
    train_error = 100.0
    test_error = error_percent(board, data.test_x, data.test_y)
    if log:
        log_conductances(log, board)
    while (begin := board.state.sample) < total and not interrupt.requested:
        epoch, skip = divmod(begin, count)
        order = epoch_order(count, schedule.seed, epoch)[skip : skip + total - begin]
        right = loss = 0
        for part in _parts(order, begin, log_every):
            started = clock()
            before = board.state.sample
            totals = (right, loss)
            for progress in board.train(Rows(data.train_x, part), data.train_y[part], lambda: interrupt.requested):
                right, loss = totals[0] + progress.right, totals[1] + progress.loss
                error = 100 - 100 * right / (progress.sample - begin)
                reporter.update(progress.sample, error, progress.sample / (seconds + clock() - started))
            seconds += clock() - started
            if log and board.state.sample > before:
                log_conductances(log, board)
            if interrupt.requested:
                break
        learnt = board.state.sample - begin
        if learnt:
            train_error = 100 - 100 * right / learnt
            test_error = error_percent(board, data.test_x, data.test_y)
            rate = board.state.sample / seconds
            reporter.line(
                f"epoch {epoch + 1}/{schedule.epochs}: {board.state.sample} samples, "
                f"training error {train_error:.2f} %, test error {test_error:.2f} %, {rate:,.0f} samples/s"
            )
            if log:
                log.metrics(
                    sample=board.state.sample,
                    epoch=epoch + 1,
                    train_error_percent=train_error,
                    test_error_percent=test_error,
                    loss=loss / learnt,
                    samples_per_second=rate,
                )
    state = board.refresh()
    return Outcome(state.sample, seconds, train_error, test_error, state.crc, interrupt.requested)


def _parts(order, begin, log_every):
    """Cut the order of samples `begin`, `begin` + 1, ... where their number is a multiple of `log_every`."""
    return np.split(order, range(log_every - begin % log_every, len(order), log_every))


def log_conductances(log, board):
    """Log every crossbar's conductances as they are now."""
    shapes = eqprop.plan(board.state.layers).shapes
    for c, steps in enumerate(board.conductances()):
        log.conductances(sample=board.state.sample, crossbar=c, shape=shapes[c], steps=steps)
