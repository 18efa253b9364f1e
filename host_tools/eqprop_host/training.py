"""A training run: a data set goes to a board, epoch by epoch, and what it learns is measured and logged."""

import struct
import time
import zlib
from dataclasses import dataclass

import numpy as np

import eqprop

from .datasets import epoch_order
from .errors import RestartError
from .packing import levels_of


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
    """Training samples learnt, those before a resumption counted."""

    learnt: int
    """Those learnt by this process; samples that a board which started anew had to learn again count once."""

    seconds: float
    """Time spent training here, the tests between the epochs left out."""

    train_error_percent: float
    """Of the last epoch's samples, each asked before it was learnt."""

    test_error_percent: float
    """Of the test samples, at the end."""

    crc: int
    """CRC-32 of the conductances at the end."""

    interrupted: bool
    """Whether it was asked to stop early."""

    line_bytes: int
    """Bytes sent to the board to train it."""

    sample_bytes: int
    """Those of them that are samples, repetitions left out."""

    conductances: list
    """As `Board.conductances` returns them, at the end; none unless they were to be kept."""


def default_halve_epochs(epochs):
    """Return the epochs after which the rates halve by default: 4 of 10, and 2 at least."""
    return max(2, (2 * epochs + 4) // 5)


def error_percent(board, x, y):
    """Return the percentage of x (int8 (samples, inputs)) that the board does not put into the classes y."""
    return 100 * float(np.mean(board.infer(x)[0] != y))


def configuration(layers, seed, halve_every, data):
    """Return what `Board.configure` and `Board.resume` take, for a run on `data` (`datasets.Prepared`).

    Its `run` is a CRC-32 of all that decides the run's conductances and how its samples are packed.
    """
    levels = levels_of(data.train_x, data.test_x)
    count = len(data.train_y)
    run = zlib.crc32(struct.pack(f"<{len(layers)}HIII", *layers, seed, halve_every, count) + levels)
    for part in (data.train_x, data.train_y.astype("<i8")):
        run = zlib.crc32(np.ascontiguousarray(part).data, run)  # no copy of data that lie in a file
    return {
        "layers": layers,
        "seed": seed,
        "halve_every": halve_every,
        "run": run,
        "epoch": count,
        "levels": levels,
    }


def train(
    board,
    data,
    schedule,
    interrupt,
    reporter,
    log=None,
    log_every=None,
    logged=(),
    keep=False,
    clock=time.perf_counter,
):
    """Train a configured board on `data` (`datasets.Prepared`) and return the `Outcome`.

    It goes on from the board's next sample, which is not 0 where a run is resumed, and falls back where the board
    starts anew. reporter: of `progress.show_progress`. log: a `runlog.RunLog` or None. log_every: training samples
    between two logged sets of conductances, None for an epoch. logged: what the log of a resumed run holds, see
    `logged_by`; nothing is logged twice. keep: whether the outcome is to hold the conductances. After an interrupt the
    samples under way are still learnt, tested and logged.
    """
    run = _Run(board, data, schedule, interrupt, reporter, log, log_every, set(logged), keep, clock)
    while True:
        try:
            run.note()
            if run.over():
                return run.outcome()
            run.go_on()
        except RestartError as error:
            reporter.line(f"{error}: going on")
            board.recover()


class _Run:
    """What `train` knows. Whatever it does next follows from the board's next sample, which may fall back."""

    def __init__(self, board, data, schedule, interrupt, reporter, log, log_every, logged, keep, clock):
        self.board, self.data, self.schedule = board, data, schedule
        self.interrupt, self.reporter, self.log, self.clock = interrupt, reporter, log, clock
        self.count = len(data.train_y)
        self.total = schedule.samples(self.count)
        self.log_every = log_every or self.count
        self.learnt = 0
        self.seconds = 0.0
        self.bytes = 0
        self.train_error = 100.0
        self.loss = 0.0
        self.tested = None
        self.test_error = 100.0
        self.logged = logged
        self.keep = keep

    def over(self):
        return self.board.state.sample >= self.total or self.interrupt.requested

    def note(self):
        """Test and log the network where it stands, if it is to be done here and was not."""
        sample = self.board.state.sample
        ends = self.over()
        if self.log and (sample % self.log_every == 0 or sample % self.count == 0 or ends):
            self._log_conductances(sample)
        if (sample % self.count == 0 or ends) and self.tested != sample:
            self.test_error = error_percent(self.board, self.data.test_x, self.data.test_y)
            self.tested = sample
            if sample:
                self._take(self.board.progress())
                self._tell_epoch(sample)

    def _take(self, progress):
        """Take up the totals of the epoch."""
        if progress.counted:
            self.train_error = 100 - 100 * progress.right / progress.counted
            self.loss = progress.loss / progress.counted

    def _log_conductances(self, sample):
        shapes = eqprop.plan(self.board.state.layers).shapes
        wanted = [c for c in range(len(shapes)) if ("conductances", sample, c) not in self.logged]
        if wanted:
            conductances = self.board.conductances()
            for c in wanted:
                self.log.conductances(sample=sample, crossbar=c, shape=shapes[c], steps=conductances[c])
                self.logged.add(("conductances", sample, c))

    def _tell_epoch(self, sample):
        if ("metrics", sample) in self.logged:
            return
        self.logged.add(("metrics", sample))
        epoch = (sample - 1) // self.count
        rate = self.learnt / self.seconds if self.seconds else 0.0
        self.reporter.line(
            f"epoch {epoch + 1}/{self.schedule.epochs}: {sample} samples, "
            f"training error {self.train_error:.2f} %, test error {self.test_error:.2f} %, {rate:,.0f} samples/s"
        )
        if self.log:
            self.log.metrics(
                sample=sample,
                epoch=epoch + 1,
                train_error_percent=self.train_error,
                test_error_percent=self.test_error,
                loss=self.loss,
                samples_per_second=rate,
            )

    def go_on(self):
        """Train up to where the network is to be tested or logged next."""
        board, data = self.board, self.data
        sample = board.state.sample
        until = next_stop(sample, self.total, self.count, self.log_every if self.log else self.count)
        started, sent = self.clock(), board.sent
        before = board.state.sample
        try:
            for progress in board.train(
                data.train_x,
                data.train_y,
                until,
                lambda epoch: epoch_order(self.count, self.schedule.seed, epoch),
                lambda: self.interrupt.requested,
            ):
                self.learnt += max(progress.sample - before, 0)
                before = progress.sample
                self._take(progress)
                rate = self.learnt / (self.seconds + self.clock() - started)
                self.reporter.update(progress.sample, self.train_error, rate)
        finally:
            self.seconds += self.clock() - started
            self.bytes += board.sent - sent

    def outcome(self):
        state = self.board.save()
        return Outcome(
            samples=state.sample,
            learnt=self.learnt,
            seconds=self.seconds,
            train_error_percent=self.train_error,
            test_error_percent=self.test_error,
            crc=state.crc,
            interrupted=self.interrupt.requested,
            line_bytes=self.bytes,
            sample_bytes=self.board.sample_bytes,
            conductances=self.board.conductances() if self.keep else [],
        )


def next_stop(sample, total, count, log_every):
    """Return where a run of `total` samples, `count` an epoch, stops next behind `sample`, to be tested or logged."""
    return min(total, *(sample + step - sample % step for step in (count, log_every)))


def furthest(logged, total, count, log_every):
    """Return how many samples a run can have learnt of whose log `logged_by` told: it stops to log, then goes on."""
    return next_stop(max((what[1] for what in logged), default=0), total, count, log_every)


def logged_by(log):
    """Return what a `runlog.Log` holds of a run, for `train` not to log it again."""
    conductances = {("conductances", record["sample"], record["crossbar"]) for record in log.conductances}
    return conductances | {("metrics", record["sample"]) for record in log.metrics}
