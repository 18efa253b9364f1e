"""What a training run logs, on boards that are sound, stuck, disturbed once, no emulators, or cut short."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

import eqprop
from eqprop.checkpoint import Checkpoints
from eqprop.fixed import V_MAX
from eqprop.service import Service
from eqprop_host import datasets
from eqprop_host.runlog import RunLog, open_log
from eqprop_host.runlog.verify import verify
from eqprop_host.training import recorder as recorder_module
from eqprop_host.training.average import Average
from eqprop_host.training.loop import Schedule, configuration, learn
from eqprop_host.training.recorder import Recorder
from eqprop_host.training.twin import probe
from eqprop_sim.emulator.compiled_network import Network
from eqprop_sim.in_process import EmulatedBoard
from support.boards.faulty_line import Line, connect
from support.boards.memory_flash import MemoryFlash
from support.scripted_interrupt import ScriptedInterrupt

LAYERS = (4, 3, 3)
DATA = datasets.prepare(datasets.load("iris"), seed=1)
COUNT = len(DATA.train_y)
CONFIGURATION = {"layers": "4-3-3", "model": "hopfield", "seed": 5, "lr_halving_samples": 2 * COUNT}
WHO = SimpleNamespace(requested=False)
CONFIGURED = configuration(LAYERS, 5, 2 * COUNT, DATA)


def configured(line=None, **options):
    """Return a board at the end of a line that will learn the run."""
    board = connect(line or Line(limit=192), **options)
    board.configure(**CONFIGURED)
    return board


def run(path, board=None, limit=3 * COUNT, log_every=50, reopen=False, interrupt=WHO, **options):
    """Train a configured board and log it; return (log, board)."""
    board = board or configured()
    log = RunLog.reopen(path) if reopen else RunLog(path, CONFIGURATION)
    recorder = Recorder(log, DATA, **{"budget_percent": 10.0, **options})
    learn(board, DATA, Schedule(10, 5, limit), interrupt, log=recorder, log_every=log_every)
    recorder.finish("closed")
    return open_log(path), board


def clean(samples=3 * COUNT):
    """Return the conductances of an undisturbed run after each sample, a list of flat arrays a crossbar."""
    network = Network(LAYERS, 5, 2 * COUNT)
    states = [[network.conductances(c).copy() for c in range(2)]]
    for n in Schedule(10, 5).order(COUNT).indices(0, samples):
        network.learn(DATA.train_x[n], DATA.train_y[n])
        states.append([network.conductances(c).copy() for c in range(2)])
    return states


@pytest.fixture(scope="module")
def states():
    return clean()


def holds(log, sample, state):
    return all(np.array_equal(a.ravel(), b) for a, b in zip(log.conductances(sample), state, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("board", ["line", "in this process"])
def test_every_steps_conductances_are_restored(tmp_path, states, board):
    """Catches a step that is lost, repeated or in another order, and a learning rate that does not follow."""
    near = EmulatedBoard()
    near.configure(**CONFIGURED)
    log, _ = run(tmp_path / "run.arrow", None if board == "line" else near)
    assert log.sample == 3 * COUNT and verify(log) == []
    assert all(holds(log, n, state) for n, state in enumerate(states))
    assert {row["source"] for row in log.read("conductances")} == {"twin" if board == "line" else "board"}
    assert log.metrics[-1]["confusion"].sum() == len(DATA.test_y)


def test_a_twin_costs_little_of_the_line(tmp_path):
    """The bytes of the whole run, tested after each epoch: with a log less than a tenth more than without."""
    bare = configured()
    learn(bare, DATA, Schedule(3, 5), WHO, on_progress=lambda progress: None)
    _, board = run(tmp_path / "run.arrow", log_every=None)
    totals = [b.line.sent_bytes + b.line.received_bytes for b in (bare, board)]
    assert totals[0] < totals[1] < 1.1 * totals[0]


def test_a_board_that_lost_its_average_has_not_diverged(tmp_path, states):
    """It restarts while it is tested, and learns the end of the run a second time. Catches a twin that is ahead."""
    board = configured()
    with RunLog(tmp_path / "run.arrow", {**CONFIGURATION, "average": 0.5}) as written:
        recorder = Recorder(written, DATA, 10.0)
        learn(board, DATA, Schedule(3, 5), WHO, log=recorder, average=Average(0.5, 3 * COUNT, twin=True))
        averaged = board.refresh().crc
        board.put_back(states[3 * COUNT], 3 * COUNT)
        assert board.refresh().crc != averaged
        recorder.interval(board, True)
        recorder.finish("closed")
    log = open_log(tmp_path / "run.arrow")
    assert verify(log) == [] and log.averaged == 3 * COUNT and events(log, "divergence") == []


class Faulty(eqprop.Network):
    """A board's network that something is done to after a sample is learnt."""

    fault = None

    def learn(self, x, label):
        super().learn(x, label)
        type(self).fault(self)


def faulty(fault):
    kind = type("Faulty", (Faulty,), {"fault": staticmethod(fault)})
    return configured(Line(limit=192, build=kind))


def flip_at_88(network, once):
    """Change a conductance together with the totals, as the board's own inspection does not notice."""
    if network.sample == 88 and next(once, False):
        network.conductances(0)[7] ^= 64
        network.crossbar.refresh()


def events(log, name):
    return [event["detail"] for event in log.events if event["event"] == name]


@pytest.mark.parametrize(("since", "crossbar"), [(0, 0), (73, 1), (149, 0), (150, 1)])
def test_a_stuck_device_is_found_at_its_first_sample_and_layer(tmp_path, states, since, crossbar):
    """Catches a first sample that is one off, another layer's name, and steps that go on to be logged as the twin's."""

    def stick(network):
        if network.sample > since:
            network.conductances(crossbar)[2] = 4321
            network.crossbar.refresh()

    log, board = run(tmp_path / "run.arrow", faulty(stick))
    (found,) = events(log, "divergence")
    assert found["first_sample"] == since and found["repeats"] and crossbar in found["crossbars"]
    assert found["until_sample"] == 50 * (since // 50 + 1) if since != 150 else 200
    assert holds(log, found["until_sample"] - 50, states[found["until_sample"] - 50])
    assert verify(log) == []
    # From then on the log holds the board's own, as it was left where it was
    last = log.snapshot(log.logged[-1])
    assert last[crossbar].ravel()[2] == 4321 and log.sample == 3 * COUNT
    assert all(np.array_equal(a.ravel(), b) for a, b in zip(last, board.conductances(), strict=True))


def test_a_board_that_was_disturbed_once_is_right_again(tmp_path, states):
    """Catches a twin that gives up too soon, and one that takes over what a board should not have."""
    once = iter([True])
    log, board = run(tmp_path / "run.arrow", faulty(lambda network: flip_at_88(network, once)))
    (found,) = events(log, "divergence")
    assert not found["repeats"] and found["until_sample"] == 100 and 0 in found["crossbars"]
    assert all(np.array_equal(a, b) for a, b in zip(board.conductances(), states[-1], strict=True))
    assert verify(log) == [] and holds(log, 95, states[95])
    assert log.steps == 3 * COUNT and {row["source"] for row in log.read("conductances")} == {"twin"}


class NotEmulated(eqprop.Network):
    """A network whose first conductances are nobody's but its own."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.conductances(0)[0] += 1
        self.crossbar.refresh()


@pytest.mark.parametrize("budget_percent", [5.0, 50.0])
def test_a_board_without_a_twin_is_read_within_the_budget(tmp_path, budget_percent):
    """Catches a budget that is exceeded, one that is never used, parts in the wrong place, and steps claimed exact."""
    board = configured(Line(limit=192, build=NotEmulated))
    read, costs = board.read, []

    def on_the_line():
        return board.line.sent_bytes + board.line.received_bytes

    def counted(*where):
        before = on_the_line()
        steps = read(*where)
        costs.append(on_the_line() - before)
        return steps

    board.read = counted
    log, _ = run(tmp_path / "run.arrow", board, log_every=20, budget_percent=budget_percent)
    assert events(log, "no-twin") and not list(log.read("steps"))
    rows = list(log.read("conductances"))
    assert log.logged[0] == 0 and log.logged[-1] == 3 * COUNT
    spent, others = sum(costs[2:-2]), on_the_line() - sum(costs)  # both crossbars are read first and last, always
    budget = budget_percent / (100 - budget_percent) * others
    assert 0.5 * min(budget, 2000) < spent <= budget + max(costs)
    parts = [row for row in rows if row["source"] == "part"]
    assert bool(parts) == (budget_percent < 50)
    assert verify(log) == []


class Still(NotEmulated):
    """It does not learn."""

    def learn(self, x, label):
        before = [self.conductances(c)[:] for c in range(self.crossbar_count)]
        super().learn(x, label)
        for c, steps in enumerate(before):
            self.conductances(c)[:] = steps
        self.crossbar.refresh()


def test_parts_are_where_they_say(tmp_path):
    """Of a board that does not learn: each part is the same devices of the first reading, and in time all are read."""
    log, _ = run(tmp_path / "run.arrow", configured(Line(limit=192, build=Still)), log_every=10, budget_percent=5.0)
    seen = [set(), set()]
    for row in log.read("conductances"):
        if row["source"] == "part":
            devices = range(row["first"], row["first"] + len(row["conductance_steps"]))
            steps = np.array(row["conductance_steps"], np.uint16).view(np.int16)
            assert np.array_equal(log.snapshot(0)[row["crossbar"]].ravel()[devices], steps)
            seen[row["crossbar"]] |= set(devices)
    assert [len(devices) for devices in seen] == [rows * columns for rows, columns in eqprop.plan(LAYERS).shapes]


@pytest.mark.parametrize("board_is", ["behind", "level", "ahead"])
@pytest.mark.parametrize("looks", [16, 40])
def test_a_resumed_run_leaves_no_gap_and_no_duplicate(tmp_path, states, board_is, looks):
    """A host that was killed finds its board where the log ends, behind it (an old checkpoint), or ahead of it.

    Catches steps logged again, steps left out, metrics or conductances twice, a twin that begins in the wrong place.
    """
    path = tmp_path / "run.arrow"
    log, board = run(path, interrupt=ScriptedInterrupt(looks))
    reached = log.sample
    assert 0 < reached < 3 * COUNT
    if board_is == "behind":
        at = reached - 7
        board.put_back(states[at], at)
    elif board_is == "ahead":
        order = Schedule(10, 5).order(COUNT)
        list(board.train(DATA.train_x, DATA.train_y, reached + 9, order))
    log, board = run(path, board, reopen=True)
    assert log.sample == 3 * COUNT and verify(log) == []
    assert [event["event"] for event in log.events] == ["connect", "resume"]
    covered = np.concatenate([np.arange(row["first"], row["sample"]) for row in log.read("steps")])
    assert covered.tolist() == list(range(3 * COUNT))
    samples = [row["sample"] for row in log.metrics]
    assert samples == sorted(set(samples)) and samples[-1] == 3 * COUNT
    assert all(holds(log, n, states[n]) for n in range(0, 3 * COUNT + 1, 7))
    assert all(np.array_equal(a, b) for a, b in zip(board.conductances(), states[-1], strict=True))


def test_an_epoch_that_is_learnt_again_is_measured_once(tmp_path, states):
    """Catches metrics and conductances logged twice where a board fell back over the end of an epoch."""
    path = tmp_path / "run.arrow"
    _, board = run(path, limit=COUNT)
    board.put_back(states[COUNT - 7], COUNT - 7)
    log, _ = run(path, board, limit=2 * COUNT, reopen=True)
    assert [row["sample"] for row in log.metrics] == [COUNT, 2 * COUNT]
    assert log.logged == sorted({0, 50, 100, COUNT, 150, 200, 2 * COUNT}) and verify(log) == []


@pytest.mark.parametrize("board_is", ["at 0", "at 60"])
def test_a_log_cut_after_any_record_is_gone_on_with(tmp_path, states, board_is):
    """A host killed between any two records: its log still comes to the same as if it had not been.

    Catches samples logged twice or half, conductances at 0 that were never logged, steps that a later record hides.
    """
    whole, _ = run(tmp_path / "whole.arrow", limit=90, log_every=30)
    content = whole.path.read_bytes()
    ends = [place.end for _, place in whole._records]
    for end in ends:
        path = tmp_path / f"cut{end}.arrow"
        path.write_bytes(content[:end])
        board = configured()
        if board_is != "at 0":
            board.restore(states[60], 60)
        log, _ = run(path, board, limit=90, log_every=30, reopen=True)
        assert verify(log) == [] and log.steps == 90
        assert len(log.samples[1]) == COUNT
        assert all(holds(log, n, states[n]) for n in range(0, 91, 15))
        samples = [row["sample"] for row in log.metrics]
        assert len(samples) == len(set(samples))


def test_a_killed_run_whose_twin_lagged_goes_on(tmp_path, states, monkeypatch):
    """Its log has steps without the snapshots of then, and its board an older checkpoint.

    Catches conductances logged under a sample that the twin has not come to.
    """
    for name, steps in (("_SNAPSHOT_STEPS", 20), ("_STEPS", 5), ("_STRIDE", 20)):
        monkeypatch.setattr(recorder_module, name, steps)
    path, board = tmp_path / "run.arrow", configured()
    with monkeypatch.context() as lagging:
        log_snapshots = Recorder._log_snapshots
        lagging.setattr(Recorder, "_log_snapshots", lambda self, wait: log_snapshots(self, wait) if wait else None)
        log = RunLog(path, CONFIGURATION)
        recorder = Recorder(log, DATA, 10.0)

        interval = recorder.interval

        def killed(board, complete):
            if board.state.sample < 90:
                return interval(board, complete)
            recorder._seen = board.state.sample
            recorder._catch_up()
            raise KeyboardInterrupt

        recorder.interval = killed
        with pytest.raises(KeyboardInterrupt):
            learn(board, DATA, Schedule(10, 5, 90), WHO, log=recorder, log_every=90)
        content = path.read_bytes()
        recorder.close()
    assert open_log(path).logged != [0]
    resumed = tmp_path / "resumed.arrow"
    resumed.write_bytes(content)
    assert open_log(resumed).logged == [0] and open_log(resumed).steps > 60
    board.put_back(states[45], 45)
    log, _ = run(resumed, board, reopen=True)
    assert verify(log) == []
    assert all(holds(log, n, states[n]) for n in log.logged)


def test_what_happens_to_a_board_is_an_event(tmp_path, states):
    """A board that restarts goes on from its checkpoint, or from the start, and one at a line that failed does.

    Catches steps or moments logged twice, an alarm, an event that is lost, and a line's failure taken for a reset.
    """
    flash = MemoryFlash()
    line = Line(limit=192, checkpoints=Checkpoints(every=60, rest_s=0, open_file=flash.open))
    board = configured(line, reconnect_s=60.0)
    write, frames = line.write, itertools.count()
    told = {30: "line", 40: "reset", 70: "reset"}

    def written(data):
        happens = told.get(next(frames))
        if happens == "line":
            raise OSError("cable is out")
        if happens == "reset":
            line.reset()
            line.service = Service(**{**line.options, "checkpoints": Checkpoints(open_file=flash.open)})
        write(data)

    line.write = written
    log, board = run(tmp_path / "run.arrow", board)
    found = [event["event"] for event in log.events]
    assert found[0] == "connect" and found.count("reset") == 2 and found.count("fault") == 1
    assert "checkpoint" in found
    (fault,) = events(log, "fault")
    assert "cable is out" in fault["reason"]
    for event in log.events:
        if event["event"] == "reset":
            assert event["sample"] % 60 == 0 and event["detail"]["reached"] >= event["sample"]
    assert verify(log) == [] and log.sample == 3 * COUNT
    assert log.logged == sorted({*range(0, 3 * COUNT, 50), *range(0, 3 * COUNT + 1, COUNT)})
    assert all(holds(log, n, states[n]) for n in range(0, 3 * COUNT + 1, 10))
    assert [row["sample"] for row in log.metrics] == [COUNT, 2 * COUNT, 3 * COUNT]


def test_a_board_that_starts_anew_while_it_is_searched_is_searched_again(tmp_path, states):
    """It was disturbed once, and its search is cut short. Catches a twin that stays where the search had put it."""
    disturbed = iter([True])
    kind = type("Flipped", (Faulty,), {"fault": staticmethod(lambda n: flip_at_88(n, disturbed))})
    line = Line(limit=192, build=kind)
    board = configured(line, reconnect_s=60.0)
    put_back = board.put_back
    resets = iter([True])

    def cut(conductances, sample):
        state = put_back(conductances, sample)
        if next(resets, False):
            line.reset()
        return state

    board.put_back = cut
    log, board = run(tmp_path / "run.arrow", board)
    assert all(np.array_equal(a, b) for a, b in zip(board.conductances(), states[-1], strict=True))
    assert len(events(log, "reset")) == 1
    assert verify(log) == [] and holds(log, 95, states[95]) and log.steps == 3 * COUNT


def test_a_probe_sees_the_circuit_and_leaves_it_alone():
    """Catches residuals of a settled network that are not zero, and a probe that learns."""
    network = Network(LAYERS, 5, model="resistive")
    crossbar, crc = network.crossbar, network.crc()
    found = probe(network, DATA.test_x[:8], DATA.test_y[:8])
    assert 0 < found["residual_free"] < 0.2 and 0 < found["residual_plus"] < 0.2
    crossbar.circuit = crossbar.circuit._replace(sweeps=40)
    found = probe(network, DATA.test_x[:8], DATA.test_y[:8])
    assert max(found[f"residual_{phase}"] for phase in ("free", "plus", "minus")) <= 2 / V_MAX
    assert network.crc() == crc
    for c in range(2):
        network.conductances(c)[:] = network.g_min
    network.resume_at(0)
    assert probe(network, DATA.test_x[:8], DATA.test_y[:8])["dead_nodes"] == 3
