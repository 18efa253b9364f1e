"""The digital twin of a board that was alone: from its black box to the conductances after any sample."""

import itertools
from array import array

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import eqprop
from eqprop.protocol import telemetry as kinds
from eqprop.telemetry.blackbox import BlackBox
from eqprop_host import cli, open_log
from eqprop_host.field import records
from eqprop_host.field.alone import blackbox
from eqprop_host.runlog.verify import verify
from support.boards.memory_flash import MemoryFlash

LAYERS = "5-4-3"
RANDOM = np.random.default_rng(0)
FEATURES = RANDOM.integers(-128, 128, (40, 5)).astype(np.int8)
SAMPLES = [(row.tobytes(), n * 7 % 3) for n, row in enumerate(FEATURES)]


class Board:
    """A program with a black box, in this process, and a `Listener` to it."""

    name = "here"
    missing = 0

    def __init__(self, files=20, features=5):
        self.flash = MemoryFlash(10**9)
        self.about_box = {"files": files, "records": 6, "features": features, "open_file": self.flash.open}
        self.saved = None
        self.seconds = 0
        self.start()

    def start(self):
        """Power up: with the last checkpoint."""
        self.network = eqprop.Network(LAYERS, seed=3)
        if self.saved:
            for c, data in enumerate(self.saved[1]):
                self.network.restore(c, 0, data)
            self.network.resume_at(self.saved[0])
        self.box = BlackBox(**self.about_box)
        self.box.start(self.network)

    def learn(self, n, tells=True):
        x, label = SAMPLES[n % len(SAMPLES)]
        self.network.learn(array("b", x), label)
        self.seconds += 1
        raw = np.array([self.seconds, 0, self.network.sample], "<u4").tobytes() + np.array([label, 0], "<u2").tobytes()
        if tells:
            self.box.keep(bytes([kinds.LEARNT, 0, 0, 0]) + raw + bytes(6), x)

    def save(self):
        """As a program does: first the black box, then the network."""
        self.box.flush()
        count = self.network.crossbar_count
        held = [np.array(self.network.conductances(c)).astype("<u2").tobytes() for c in range(count)]
        self.saved = self.network.sample, held

    # ---- as a Listener

    def wait_for_about(self):
        plan = self.network.plan
        flags = {"calibrated": False, "has_memory": False, "learns_numbers": False}
        return records.About(
            us=0, model=self.network.model, layers=plan.layers, seed=3, lr_halving_samples=0, identity="here", **flags
        )

    def ask(self, kind, payload):
        self.pieces = list(self.box.pieces(int.from_bytes(payload, "little"), 0)) + [(self.box.next, b"")]

    def poll(self):
        pieces, self.pieces = self.pieces, []
        payloads = (b"\0" * 8 + np.array([self.box.box, n], "<u4").tobytes() + data for n, data in pieces)
        found = [records.unpack(kinds.LOG, payload) for payload in payloads]
        for c in range(self.network.crossbar_count):
            steps = np.array(self.network.conductances(c))
            for first in range(0, len(steps), 24):
                part = {"crossbar": c, "first": first, "data": steps[first : first + 24].tobytes()}
                found.append(records.Devices(us=0, sample=self.network.sample, **part))
        return found


def pulled(board, path):
    told = []
    count, _ = blackbox.keep(path, board, "port", told.append)
    log = open_log(path)
    assert verify(log) == []
    return count, log, told


def test_a_log_has_all_that_the_board_learnt_since_its_first_start(tmp_path):
    """Catches a sample left out, one twice, and another order."""
    board = Board()
    for n in range(15):
        board.learn(n)
    board.save()
    _, log, _ = pulled(board, tmp_path / "a.arrow")
    assert log.steps == 15 and len(log.marks) == 5 and log.logged == [0]
    for n in range(15, 20):
        board.learn(n)
    board.save()
    _, log, _ = pulled(board, tmp_path / "a.arrow")
    exact = log.conductances(20)
    assert all(np.array_equal(exact[c].ravel(), board.network.conductances(c)) for c in range(2))
    again = eqprop.Network(LAYERS, seed=3)
    for n in range(17):
        again.learn(array("b", SAMPLES[n][0]), SAMPLES[n][1])
    assert all(np.array_equal(log.conductances(17)[c].ravel(), again.conductances(c)) for c in range(2))


def test_a_bit_that_flipped_on_the_board_is_found(tmp_path, capsys):
    """One that changes nothing that is learnt later. Catches a CRC that is not compared."""
    board = Board()
    for n in range(4):
        board.learn(n)
    board.save()
    board.network.conductances(0)[3] ^= 1
    for n in range(4, 12):
        board.learn(n)
    board.save()
    path = tmp_path / "a.arrow"
    blackbox.keep(path, board, "port")
    found = verify(open_log(path))
    assert len(found) == 1 and found[0].startswith("conductances at sample 9: the steps since 4 do not reproduce them")
    assert cli.main(["log", "replay", str(path), "--at", "4"]) == 0
    assert "sample 4: conductance CRC " in capsys.readouterr().out
    assert cli.main(["log", "replay", str(path), "--at", "7"]) == 1
    assert "its samples up to 7 do not reproduce the conductances logged at 9" in capsys.readouterr().err


def test_a_ring_that_went_round_begins_with_what_the_board_tells(tmp_path):
    """Catches steps that begin with conductances that the board no longer had."""
    board = Board(files=2)
    for n in range(40):
        board.learn(n)
    board.save()
    _, log, told = pulled(board, tmp_path / "a.arrow")
    assert log.steps == 0 and log.logged == [40] and not told
    for n in range(6):
        board.learn(n)
    board.save()
    _, log, _ = pulled(board, tmp_path / "a.arrow")
    assert log.steps == 46 and max(log.marks) == 46
    exact = log.conductances(46)
    assert all(np.array_equal(exact[c].ravel(), board.network.conductances(c)) for c in range(2))


def test_records_that_waited_while_the_board_told_its_conductances_are_older(tmp_path):
    """A board that goes on learning while it is pulled. Caught: the next pull found samples missing, and each after."""
    board = Board(files=2)
    for n in range(40):
        board.learn(n)
    board.save()
    list(board.box.pieces(0, 0))  # ten minutes pass before a host has what waits written again
    for n in range(2):
        board.learn(n)
    _, log, told = pulled(board, tmp_path / "a.arrow")
    assert log.logged == [42] and not told
    for n in range(6):
        board.learn(n)
    board.save()
    _, log, _ = pulled(board, tmp_path / "a.arrow")
    assert log.steps == 48 == max(log.marks) and not [each for each in log.events if each["event"] == "no-twin"]
    exact = log.conductances(48)
    assert all(np.array_equal(exact[c].ravel(), board.network.conductances(c)) for c in range(2))


def test_a_box_begun_since_comes_home(tmp_path, monkeypatch):
    """The board's flash was erased. Caught: a pull that waited for records that only the old box had, and failed."""
    monkeypatch.setattr(blackbox, "_PATIENCE_S", 0.01)
    board = Board(features=0)
    for n in range(12):
        board.learn(n)
    board.save()
    assert blackbox.keep(tmp_path / "a.arrow", board, "port")[0] > 12
    old = board.box.box
    board.flash.files.clear()
    board.saved = None
    board.start()
    board.box.box = old ^ 1
    for count in (3, 2):  # the start, too
        board.learn(0)
        board.save()
        assert blackbox.keep(tmp_path / "a.arrow", board, "port") == (count, 0)
    assert blackbox.keep(tmp_path / "a.arrow", board, "port") == (0, 0)


def untold(board):
    board.learn(9, tells=False)


def untold_at_the_end(board):
    board.box.clock(9, 9)
    board.learn(9, tells=False)
    board.save()


def without_features(board):
    board.about_box["features"] = 0
    board.save()
    board.start()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (untold, "records are missing"),
        (untold_at_the_end, "samples that it did not tell"),
        (without_features, "did not tell the features"),
    ],
)
def test_where_samples_are_missing_the_history_ends(tmp_path, spoil, reason):
    """Catches steps after a gap."""
    board = Board()
    board.learn(0)
    board.save()
    spoil(board)
    for n in range(1, 9):
        board.learn(n)
    board.save()
    _, log, _ = pulled(board, tmp_path / "a.arrow")
    (ended,) = [event for event in log.events if event["event"] == "no-twin"]
    assert reason in ended["detail"]["reason"] and log.steps == 1


@settings(max_examples=20)
@example(["learn", "save", *["learn"] * 9, "cut", *["learn"] * 7])  # flash has samples that the checkpoint lacks
@given(st.lists(st.sampled_from(("learn", "learn", "learn", "learn", "save", "cut", "pull")), max_size=60))
def test_power_cuts_and_pulls_at_any_moment_leave_a_history_that_holds(tmp_path_factory, steps):
    """Its conductances are the board's wherever it leads. Catches samples of a life that a power cut ended."""
    board, path = Board(), tmp_path_factory.mktemp("history") / "a.arrow"
    for n, step in enumerate([*steps, "save", "pull"]):
        if step == "learn":
            board.learn(n)
        elif step == "save":
            board.save()
        elif step == "cut":
            board.start()
        else:
            _, log, _ = pulled(board, path)
    if log.logged and "cut" not in steps:
        exact = log.conductances(board.network.sample)
        assert all(np.array_equal(exact[c].ravel(), board.network.conductances(c)) for c in range(2))


class Busy(Board):
    """It learns `pace` samples between two pieces that it sends, of which the line loses those numbered in `lost`."""

    def __init__(self, pace, lost=(), **options):
        super().__init__(**options)
        self.pace, self.lost, self.sent = pace, lost, 0

    def ask(self, kind, payload):
        self.stream = self.box.pieces(int.from_bytes(payload, "little"), 0)

    def poll(self):
        number, data = next(self.stream, (self.box.next, b""))
        for n in range(self.pace):
            self.learn(n)
        self.sent += 1
        if self.sent - 1 in self.lost:
            self.missing += 1  # as the next record that comes shows
            return []
        return [records.unpack(kinds.LOG, b"\0" * 8 + np.array([self.box.box, number], "<u4").tobytes() + data)]


@pytest.mark.parametrize("pace", [1, 4, 30])
def test_what_a_busy_board_overwrites_meanwhile_is_counted_and_the_rest_comes_once(pace):
    """The ring has 24 records. Catches: a pull that fails, or never ends, a record that comes twice."""
    board = Busy(pace, files=4)
    for n in range(40):
        board.learn(n)
    _, first, overwritten = blackbox.pull(board, 0)
    _, then, more = blackbox.pull(board, first[-1].number + 1)
    numbers = [each.number for each in [*first, *then]]
    assert numbers == sorted(set(numbers)) and len(numbers) + overwritten + more == numbers[-1] + 1
    assert overwritten >= 18 and (more > 0) == (pace > 3)
    learnt = [each for each in [*first, *then] if each.kind == kinds.LEARNT]
    for one, other in itertools.pairwise(learnt):
        assert other.sample - one.sample == 1 or other.number - one.number > 1 < other.sample - one.sample


@pytest.mark.parametrize("lost", [(0,), (1,), (0, 3), (2, 3, 4, 12), (16, 19)])
def test_a_piece_that_the_line_loses_is_not_taken_for_overwritten(lost):
    """Caught: a pull whose first piece was lost began with the second; one that lost its last piece twice ended."""
    board = Busy(0, lost)
    for n in range(40):
        board.learn(n)
    _, found, overwritten = blackbox.pull(board, 0)
    assert [each.number for each in found] == list(range(board.box.next)) and overwritten == 0 and len(found) > 40
