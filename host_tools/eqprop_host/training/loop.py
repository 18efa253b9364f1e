"""The training loop: sends a data set to a board, epoch by epoch, then measures and logs what it learns."""

import struct
import time
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from eqprop.network import DEFAULT
from eqprop.protocol.messages import MODELS, UNREADABLE
from eqprop_sim.sample_order import SampleOrder

from ..boards.interface import AT_ONCE, AnyBoard
from ..boards.records import alphabet_of
from ..datasets import blanked, blanked_order
from ..errors import RestartError
from ..link.steps import plan_of
from . import confidence, scores
from .average import Average
from .fit import Fit
from .progress import RunProgress


@dataclass(frozen=True)
class Schedule:
    """The length of a run, and the order of its samples."""

    epochs: int
    """Passes over the training samples."""

    seed: int
    """The seed of the initial conductances and of the samples' order."""

    limit: int | None = None
    """Most training samples in all; None for whole epochs."""

    blank: float = 0.0
    """The share of a training sample's features that are set to 0, until the last fifth of the epochs."""

    def samples(self, count):
        """Return how many training samples the run has on `count` distinct ones."""
        return min(self.epochs * count, self.limit or self.epochs * count)

    def order(self, count):
        """Return the `SampleOrder` in which `count` distinct samples are learnt."""
        return SampleOrder.shuffled(count, self.seed)

    def rows(self, x, y):
        """Return (x, y, the `SampleOrder` of their rows) to learn, of the training samples x and y."""
        order = self.order(len(y))
        if not self.blank:
            return x, y, order
        return *blanked(x, y, self.blank, self.seed, self.epochs), blanked_order(order, self.epochs)


@dataclass(frozen=True)
class Outcome:
    """The results of a run."""

    samples: int
    """Training samples learnt, including those before a resumption."""

    learnt: int
    """Samples learnt in this process; samples that a restarted board learnt twice count once."""

    seconds: float
    """Time spent training in this process, without the tests between epochs."""

    train_error_percent: float | None
    """Error of the last epoch's samples, each predicted before it was learnt; None without any."""

    test_error_percent: float | None
    """Error of the test samples at the end; None without any, and of numbers."""

    fit: Fit | None
    """The predictions of the test samples at the end, of a network that learns numbers; otherwise None."""

    confidence: list
    """Percentage of right answers to test samples by range of margin (`confidence.table_of`); empty without any."""

    confusion: np.ndarray | None
    """Test samples by (class, prediction) at the end, (outputs, outputs); None without a test."""

    crc: int
    """CRC-32 of the final conductances."""

    interrupted: bool
    """Whether the run was stopped early."""

    line_bytes: int
    """Bytes sent to the board to train it."""

    sample_bytes: int
    """The part of them that is samples, without repetitions."""

    conductances: list
    """The final conductances as from `Board.conductances`; empty unless `keep` was set."""


def configuration(layers, seed, lr_halving_samples, data, model=DEFAULT, schedule=None):
    """Return the arguments of `Board.configure` and `Board.resume` for a run on `data` (`datasets.Prepared`).

    schedule: of a run that blanks features; None for another. Its `run_number` is a CRC-32 of everything that
    determines the conductances after each of the run's samples, and their packing.
    """
    x, more = data.train_x, b""
    if schedule and schedule.blank:
        x, more = schedule.rows(x, data.train_y)[0], struct.pack("<dI", schedule.blank, schedule.epochs)
    alphabet = alphabet_of(x, data.test_x)
    count = len(data.train_y)
    about = struct.pack(f"<{len(layers)}HIII", *layers, seed, lr_halving_samples, count)
    run_number = zlib.crc32(about + alphabet, MODELS.index(model) - 1)
    for part in (data.train_x, data.train_y.astype("<i8"), np.frombuffer(more, np.uint8)):
        run_number = zlib.crc32(np.ascontiguousarray(part).data, run_number)  # without copying data that lie in a file
    return {
        "layers": layers,
        "seed": seed,
        "lr_halving_samples": lr_halving_samples,
        "run_number": run_number,
        "epoch": count,
        "alphabet": alphabet,
        "model": model,
        "regression": data.target_scaling is not None,
    }


def learn(
    board: AnyBoard,
    data,
    schedule,
    interrupt,
    on_progress=None,
    tell=lambda line: None,
    log=None,
    log_every=None,
    keep=False,
    average=None,
    clock=time.perf_counter,
):
    """Train a configured board on `data` (`datasets.Prepared`) and return the `Outcome`.

    It continues from the board's next sample, which is not 0 for a resumed run, and goes back if the board restarts.
    on_progress: called with a `RunProgress` now and then, or None. tell: called with a line for the user when the board
    restarts. log: a `recorder.Recorder` or None. log_every: training samples between two logged sets of conductances,
    None for one epoch. keep: whether the outcome includes the conductances. average: the `average.Average` that
    replaces the weights at the end of the run; None for none. The network is tested at the end, and after
    each epoch if on_progress or log uses the result. After an interrupt, the samples under way are still learnt, tested
    and logged.
    """
    run = _Run(board, data, schedule, interrupt, on_progress, log, log_every, keep, average or Average(), clock)
    while True:
        try:
            if run.note():
                return run.outcome()
            run.resume()
        except RestartError as error:
            tell(f"{error}: resuming")
            run.tested = None  # the tested network may have rotted before the board reported it
            board.recover(error)


class _Run:
    """The state of `learn`. Its next action depends only on the board's next sample, which may go back."""

    def __init__(self, board, data, schedule, interrupt, on_progress, log, log_every, keep, average, clock):
        self.board, self.data, self.schedule = board, data, schedule
        self.interrupt, self.on_progress, self.log, self.clock = interrupt, on_progress, log, clock
        self.count = len(data.train_y)
        self.total = schedule.samples(self.count)
        self.log_every = log_every or self.count
        self.watched = bool(on_progress or log)  # whether the tests between epochs are seen
        self.average = average
        self.x, self.y, self.order = schedule.rows(data.train_x, data.train_y)
        self.learnt = 0
        self.seconds = 0.0
        self.bytes = 0
        self.train_error = None if data.target_scaling else 100.0
        self.loss = 0.0
        self.measured = False  # whether both come from samples
        self.test_error = None
        self.fit: Any = None  # the `fit.Fit` of the last test
        self.tested = self.told = self.noted = None
        self.asked: int | None = None  # the sample after which the board gave `answers`, for AT_ONCE test samples each
        self.answers: list = []
        self.confidence: list[int] = []
        self.table: Any = None  # the `scores.confusion` of the last test
        self.keep = keep
        if log:
            log.begin(board, self.x, self.y, self.order, self._teach)
            self.told = log.measured

    def _teach(self, until):
        """Let the board learn up to sample `until` a second time."""
        for _ in self._train(until):
            pass

    def _train(self, until, stop=lambda: False):
        return self.board.train(self.x, self.y, until, self.order, stop)

    def note(self):
        """Test and log the network at this point if that is due; return whether the run is over."""
        sample = self.board.state.sample
        ends = sample >= self.total or self.interrupt.requested
        self.average.hold(self.board)
        complete = self.noted is None or ends
        due = complete or sample % self.log_every == 0 or sample % self.count == 0
        if self.log and due and self.noted != (sample, complete):
            self.log.interval(self.board, complete)
            self.noted = (sample, complete)
        if (ends or (self.watched and sample % self.count == 0)) and self.tested != sample:
            if self.average.moments and sample == self.total:
                self._average()
            if len(self.data.test_y):
                self._test(sample)
            if sample:
                self._take(self.board.progress())
                self._tell_epoch(sample)
            self.tested = sample
        return ends

    def _average(self):
        """Give the board the mean of its conductances at the run's moments; after a restart, the same once more."""
        averages = self.average.found(self.board, self.x, self.y, self.order)
        self._take(self.average.progress(self.board))  # before the new session, which counts from 0
        if averages is None:
            return
        if self.log:  # first, so that the log of a host that ends now knows what the board may have
            self.log.average(self.total, averages)
        self.board.put_back(averages, self.total)
        self.average.given = True

    def _test(self, sample):
        """Ask the board about the test samples; what it answered before a restart, at this sample, is kept."""
        if self.asked != sample:
            self.asked, self.answers = sample, []
        for first in range(AT_ONCE * len(self.answers), len(self.data.test_x), AT_ONCE):
            answers = self.board.infer(self.data.test_x[first : first + AT_ONCE])
            self.board.refresh()  # if the board's memory rotted meanwhile, it says so, and these are asked for again
            self.answers.append(answers)
        predictions, outputs = (np.concatenate(part) for part in zip(*self.answers, strict=True))
        if self.data.target_scaling:
            scaling = self.data.target_scaling
            self.fit = Fit.of(self.data.test_targets, scaling.predicted(outputs), scaling.names)
            return
        self.table = scores.confusion(self.data.test_y, predictions, self.board.state.layers[-1])
        self.test_error = scores.error_percent(self.table)
        right = predictions == self.data.test_y
        self.confidence = confidence.table_of(confidence.margins(outputs), right, plan_of(self.board.state).targets)

    def _take(self, progress):
        """Update the results by the epoch's totals."""
        if progress.counted:
            if not self.data.target_scaling:
                self.train_error = 100 - 100 * progress.correct / progress.counted
            self.loss = progress.loss / progress.counted
            self.measured = True

    def _tell_epoch(self, sample):
        """Show and log an epoch's results, once, however often the board learns it."""
        if self.told is not None and sample <= self.told:
            return
        self.told = sample
        rate = self.learnt / self.seconds if self.seconds else 0.0
        maps = self._maps if self.board.state.crc != UNREADABLE else None
        ended = (True, self.test_error, self.board.line, maps, self.fit.summary() if self.fit else "")
        if self.on_progress:
            self.on_progress(self._progress(sample, rate, *ended))
        if self.log:
            about = {"sample": sample, "epoch": self._epoch(sample), "loss": self.loss, "samples_per_second": rate}
            self.log.metrics(self.board, **about, **self._tested())

    def _tested(self):
        """Return the errors of the last test, as columns of a log's metrics."""
        if self.fit:
            found = self.fit.to_dict()
            share = {} if found["r2"] is None else {"test_r2": found["r2"]}
            return {"test_rmse": found["rmse"], **share}
        errors = {"train_error_percent": self.train_error, "test_error_percent": self.test_error}
        return {**errors, "confusion": self.table.ravel()}

    def _epoch(self, sample):
        """Return the epoch, from 1, after `sample` samples."""
        return (max(1, sample) - 1) // self.count + 1

    def _progress(self, sample, rate, *ended):
        epochs = self._epoch(sample), self.schedule.epochs
        return RunProgress(sample, self.total, *epochs, self.train_error, self.loss, rate, *ended)

    def _maps(self):
        """Return each crossbar's present conductances: steps (rows, columns)."""
        shapes = plan_of(self.board.state).shapes
        conductances = (self.log or self.board).conductances()
        return [steps.reshape(shape) for steps, shape in zip(conductances, shapes, strict=True)]

    def resume(self):
        """Train up to the next test or log entry."""
        sample = self.board.state.sample
        until = next_stop(sample, self.total, self.count, self.log_every if self.log else self.count)
        until = min([until, *(moment for moment in self.average.stops if moment > sample)])
        started, sent = self.clock(), self.board.sent
        before = sample
        try:
            for progress in self._train(until, lambda: self.interrupt.requested):
                self.learnt += max(progress.sample - before, 0)
                before = progress.sample
                self._take(progress)
                if self.log:
                    self.log.reached(progress.sample)
                if self.on_progress:
                    rate = self.learnt / (self.seconds + self.clock() - started)
                    self.on_progress(self._progress(progress.sample, rate))
        finally:
            self.seconds += self.clock() - started
            self.bytes += self.board.sent - sent

    def outcome(self):
        state = self.board.save()
        return Outcome(
            samples=state.sample,
            learnt=self.learnt,
            seconds=self.seconds,
            train_error_percent=self.train_error if self.measured else None,
            test_error_percent=self.test_error,
            fit=self.fit,
            confidence=self.confidence,
            confusion=self.table,
            crc=state.crc,
            interrupted=self.interrupt.requested,
            line_bytes=self.bytes,
            sample_bytes=self.board.sample_bytes,
            conductances=self.board.conductances() if self.keep else [],
        )


def next_stop(sample, total, count, log_every):
    """Return the next sample after `sample` at which a run of `total`, `count` per epoch, is tested or logged."""
    return min(total, *(sample + step - sample % step for step in (count, log_every)))
