"""A training run on a board in this process: what is logged, shown and counted, and when."""

from types import SimpleNamespace

import numpy as np
import pytest

from eqprop_host import datasets
from eqprop_host.errors import RestartError
from eqprop_host.training.config import default_lr_halving_epochs
from eqprop_host.training.loop import Schedule, configuration, learn
from eqprop_sim.emulator.compiled_network import Network
from eqprop_sim.in_process import EmulatedBoard
from eqprop_sim.sample_order import SampleOrder
from support.boards.faulty_line import Line, connect
from support.scripted_interrupt import ScriptedInterrupt

LAYERS = (4, 3, 3)
DATA = datasets.prepare(datasets.load("iris"), seed=1)
COUNT = len(DATA.train_y)


class Recorder:
    """An `on_progress` and a log that remember."""

    def __init__(self):
        self.updates, self.epochs, self.rows, self.samples, self.shapes, self.moments = [], [], [], [], [], []

    def __call__(self, progress):
        if progress.epoch_ends:
            self.epochs.append((progress.epoch, progress.epochs, progress.test_error_percent))
            self.shapes.append([steps.shape for steps in progress.conductances()])
        else:
            self.updates.append((progress.sample, progress.train_error_percent, progress.samples_per_second))

    def conductances(self):
        return self.board.conductances()

    def metrics(self, board, **row):
        self.rows.append(row)

    measured = -1

    def begin(self, board, x, y, order, teach):
        self.reached_samples, self.order, self.board = [board.state.sample], order, board
        assert len(order.indices(0, 7)) == 7 and callable(teach)

    def reached(self, sample):
        self.reached_samples.append(sample)

    def interval(self, board, complete):
        sample = board.state.sample
        self.moments.append((sample, complete))
        if sample not in self.samples:
            self.samples.append(sample)
        assert self.reached_samples[-1] == board.state.sample


BOARDS = {"behind a link": lambda: connect(Line(limit=192)), "in process": EmulatedBoard}


def run(schedule, interrupt=None, board="behind a link", lr_halving_epochs=2, **options):
    """Return (outcome, recorder, board) of a run on a new board."""
    board = BOARDS[board]()
    board.configure(**configuration(LAYERS, schedule.seed, lr_halving_epochs * COUNT, DATA))
    recorder = Recorder()
    interrupt = interrupt or SimpleNamespace(requested=False)
    ticks = iter(range(10**9))
    outcome = learn(board, DATA, schedule, interrupt, recorder, log=recorder, clock=lambda: next(ticks), **options)
    return outcome, recorder, board


@pytest.mark.parametrize("kind", BOARDS)
def test_every_epoch_is_logged_and_told(kind):
    outcome, recorder, board = run(Schedule(3, 0), board=kind)
    assert [row["sample"] for row in recorder.rows] == [COUNT, 2 * COUNT, 3 * COUNT]
    assert [row["epoch"] for row in recorder.rows] == [1, 2, 3]
    assert recorder.samples == [0, COUNT, 2 * COUNT, 3 * COUNT]
    assert recorder.epochs == [(row["epoch"], 3, row["test_error_percent"]) for row in recorder.rows]
    assert outcome.samples == 3 * COUNT and not outcome.interrupted
    assert outcome.test_error_percent == recorder.rows[-1]["test_error_percent"]
    assert outcome.crc == board.refresh().crc


def test_the_training_error_is_that_of_the_samples_as_they_came():
    """Catches totals that run on from one epoch, or one part of it, into the next."""
    whole, parts = run(Schedule(2, 0))[1], run(Schedule(2, 0), log_every=7)[1]
    for key in ("train_error_percent", "loss", "test_error_percent"):
        assert [row[key] for row in whole.rows] == [row[key] for row in parts.rows]
    wrong = [row["train_error_percent"] * COUNT / 100 for row in whole.rows]
    assert wrong == pytest.approx(np.round(wrong)) and 0 < wrong[1] < COUNT
    assert parts.updates[-1][:2] == (2 * COUNT, whole.rows[-1]["train_error_percent"])


@pytest.mark.parametrize(("limit", "log_every"), [(130, 50), (100, 50), (1, 50), (125, 120)])
def test_a_limit_and_an_interval_cut_where_they_say(limit, log_every):
    outcome, recorder, _ = run(Schedule(10, 0, limit), log_every=log_every)
    ends = {*range(0, limit, log_every), *range(0, limit, COUNT), limit}
    assert recorder.samples == sorted(ends) and outcome.samples == limit


@pytest.mark.parametrize("epochs", [1, 3])
def test_the_emulator_in_process_is_the_board_behind_a_link(epochs):
    """Catches a step, a total, or a halving of the rates (after 2 epochs) that the two do not share."""
    (far, far_told, far_board), (near, near_told, near_board) = (
        run(Schedule(epochs, 0), board=kind, log_every=50) for kind in BOARDS
    )
    assert far.crc == near.crc and far_told.rows[0]["loss"] > 0
    for key in ("train_error_percent", "test_error_percent", "loss"):
        assert [row[key] for row in far_told.rows] == [row[key] for row in near_told.rows]
    for ours, theirs in zip(near_board.infer(DATA.test_x), far_board.infer(DATA.test_x), strict=True):
        assert ours.dtype == theirs.dtype and (ours == theirs).all()


def test_many_samples_in_one_call_are_learnt_as_one_by_one():
    """Caught: rates that halve only between two calls."""
    one, many = (Network(LAYERS, 0, 7) for _ in range(2))
    for x, label in zip(DATA.train_x, DATA.train_y, strict=True):
        one.learn(x, label)
    many.learn_all(DATA.train_x, DATA.train_y)
    assert (many.crc(), many.sample, many.prediction, many.loss) == (one.crc(), one.sample, one.prediction, one.loss)


def test_conductances_move_between_board_and_emulator_and_go_on():
    """Catches a total, a sample number or a rate that restoring forgets: both go on bit for bit."""
    whole = run(Schedule(2, 0), lr_halving_epochs=1)[2].refresh().crc
    for first, then in (BOARDS, tuple(BOARDS)[::-1]):
        half = run(Schedule(2, 0, limit=COUNT + 30), board=first, lr_halving_epochs=1)[2]
        other = BOARDS[then]()
        other.configure(LAYERS, 0, COUNT)
        other.restore(half.conductances(), half.refresh().sample)
        order = SampleOrder.shuffled(COUNT, 0)
        for _ in other.train(DATA.train_x, DATA.train_y, 2 * COUNT, order):
            pass
        assert other.refresh().crc == whole


@pytest.mark.parametrize("looks", [None, 0, 4])
def test_a_run_that_nobody_watches_is_tested_once_with_the_same_results(looks):
    """Catches a test between epochs, and an end that is not tested."""
    interrupts = [ScriptedInterrupt(looks) if looks is not None else SimpleNamespace(requested=False) for _ in range(2)]
    boards = [EmulatedBoard() for _ in range(2)]
    asked = []
    for board in boards:
        board.configure(**configuration(LAYERS, 0, 2 * COUNT, DATA))
    infer = boards[0].infer
    boards[0].infer = lambda x: asked.append(len(x)) or infer(x)
    alone = learn(boards[0], DATA, Schedule(3, 0), interrupts[0])
    watched = learn(boards[1], DATA, Schedule(3, 0), interrupts[1], on_progress=lambda progress: None)
    assert asked == [len(DATA.test_x)]
    for name in ("samples", "learnt", "crc", "train_error_percent", "test_error_percent", "confidence", "interrupted"):
        assert getattr(alone, name) == getattr(watched, name)
    assert (alone.confusion == watched.confusion).all()


@pytest.mark.parametrize("looks", [0, 1, 2, 5, 11, 12, 13, 30])
def test_an_interrupt_ends_the_run_with_all_that_was_sent(looks):
    """Catches samples lost or logged twice, and a run that goes on."""
    outcome, recorder, board = run(Schedule(10, 0), ScriptedInterrupt(looks), log_every=25)
    assert outcome.interrupted and outcome.samples == board.refresh().sample < 10 * COUNT
    assert recorder.moments == sorted(set(recorder.moments)) and recorder.moments[-1] == (outcome.samples, True)
    whole = run(Schedule(10, 0, outcome.samples))[0] if outcome.samples else None
    assert whole is None or whole.crc == outcome.crc
    assert (outcome.train_error_percent is None) == (outcome.samples == 0)  # what was not measured


def test_rates_halve_after_four_of_ten_epochs_by_default():
    assert [default_lr_halving_epochs(n) for n in (1, 3, 10, 60, 200)] == [2, 2, 4, 24, 80]


class ShortLived(EmulatedBoard):
    """A board that resets within each dozen answers, and comes back with the network that it had."""

    asked = answered = 0
    left = 12

    def infer(self, x):
        self.asked += 1
        assert self.asked < 50, "it asks for the same answers over and over"
        if len(x) > self.left:
            self.left = 12
            raise RestartError("it resets")
        self.left -= len(x)
        self.answered += len(x)
        return super().infer(x)

    def recover(self, error=None):
        return self.state


def test_a_board_that_resets_within_the_test_does_not_begin_it_anew(monkeypatch):
    """Of 30 test samples, 10 at once. Catches a test that never ends, or whose parts are mixed up."""
    monkeypatch.setattr("eqprop_host.training.loop.AT_ONCE", 10)
    monkeypatch.setitem(BOARDS, "short-lived", ShortLived)
    short, _, board = run(Schedule(1, 0), board="short-lived")
    whole = run(Schedule(1, 0), board="in process")[0]
    assert short.test_error_percent == whole.test_error_percent
    tests = 2  # before the first sample and after the last
    assert (short.confusion == whole.confusion).all() and board.answered == tests * len(DATA.test_y) < board.asked * 10
