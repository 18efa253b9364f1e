"""The average at a run's end: where it is the default, what it costs a line, and boards that cannot have it."""

import dataclasses
import importlib.util
import itertools
from types import SimpleNamespace

import numpy as np
import pytest

import eqprop
from eqprop.protocol.messages import NO_CRC, UNREADABLE
from eqprop_host import LogConfig, RunConfig, open_log, resume, train
from eqprop_host.averaging import means, moments
from eqprop_host.boards.board import Board
from eqprop_host.errors import DataError
from eqprop_host.runlog.verify import verify
from eqprop_host.training import run as training_run
from eqprop_host.training.average import networks_at, share_for
from eqprop_host.training.recorder import Recorder
from eqprop_sim.in_process import EmulatedBoard
from support.boards.faulty_line import Line, connect
from support.references.float_crossbar import NoisyCrossbar, UnreadableCrossbar

SAMPLES = 160
IRIS = RunConfig(data="iris", layers="4-5-3", limit=SAMPLES, seed=3)
MOMENTS = moments(SAMPLES, 0.1)


def far(build=eqprop.Network):
    """Return a board at the end of a line, whose service builds its networks so."""
    return connect(Line(limit=192, build=build))


def on(kind):
    """Return what builds a board's networks on parts of a kind."""

    def build(layers, seed, lr_halving_samples, model):
        crossbar = kind(eqprop.plan(layers, model))
        return eqprop.Network(layers, seed, lr_halving_samples, model, crossbar=crossbar)

    return build


class Shifted(eqprop.Network):
    """A network whose first conductances are nobody's but its own."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.conductances(0)[0] += 1
        self.crossbar.refresh()


class Wrong(eqprop.Network):
    """A network that starts as the emulator does and learns one sample otherwise."""

    def learn(self, x, label):
        super().learn(x, label if self.sample != 77 else (label + 1) % 3)


@pytest.fixture
def reads(monkeypatch):
    """The devices read of a board at a line, one number a request."""
    found, read = [], Board.read

    def counted(self, crossbar, start, count):
        found.append(count)
        return read(self, crossbar, start, count)

    monkeypatch.setattr(Board, "read", counted)
    return found


def emulated(share=None):
    return train(dataclasses.replace(IRIS, average=share), read_model=False).conductance_crc


def test_the_default_depends_on_the_samples_and_the_crossbar():
    """Catches a short run that is averaged, a chip that is, and a default that overrules what was asked for."""
    chip = SimpleNamespace(emulated=False)
    board = SimpleNamespace(emulated=None)
    shares = {None: (0, 0.1, 0.1), 0.25: (0.25, 0.25, 0.25), 0: (0, 0, 0)}
    for average, expected in shares.items():
        config = RunConfig(average=average)
        assert tuple(share_for(config, samples, None) for samples in (159, 160, 10**6)) == expected
        assert share_for(config, 160, "sim:") == share_for(config, 160, board, 1234) == expected[1]
    for unable in ((chip,), (chip, 1234), (board, UNREADABLE), (board, NO_CRC)):
        assert share_for(RunConfig(), 160, *unable) == share_for(RunConfig(average=0), 160, *unable) == 0
        with pytest.raises(DataError, match="^average 0.2: needs a crossbar that can be read and set exactly, not a"):
            share_for(RunConfig(average=0.2), 160, *unable)


@pytest.mark.parametrize("share", [None, 0.4])
def test_a_board_is_not_read_for_its_average(share, reads):
    """Its line carries the average alone. Catches networks read, or stops, where the host can compute them."""
    board = far()
    result = train(dataclasses.replace(IRIS, average=share), board=board, read_model=False)
    assert (result.conductance_crc, result.average) == (emulated(share), share or 0.1)
    assert reads == [] and board.refresh().sample == SAMPLES


def test_a_host_without_numba_reads_the_board_instead(reads, monkeypatch):
    """At each moment, once. Catches another average on such a host."""
    expected = emulated()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert train(IRIS, board=far(), read_model=False).conductance_crc == expected
    assert len(reads) == 2 * len(MOMENTS) and len(MOMENTS) == 16


@pytest.mark.parametrize("kind", [UnreadableCrossbar, NoisyCrossbar], ids=["unreadable", "noisy"])
def test_a_crossbar_that_is_not_read_exactly_has_no_average(kind, tmp_path):
    """By default without a word; asked for, it is refused. Catches a log that names an average that there is not."""
    config, told = dataclasses.replace(IRIS, model="resistive", limit=SAMPLES), []
    result = train(config, board=far(on(kind)), log=tmp_path / "a.arrow", tell=told.append, read_model=False)
    assert (result.average, result.training_samples, result.conductance_crc) == (0, SAMPLES, None)
    assert open_log(tmp_path / "a.arrow").averaged is None
    with pytest.raises(DataError, match="needs a crossbar that can be read and set exactly"):
        train(dataclasses.replace(config, average=0.1), board=far(on(kind)))


@pytest.mark.parametrize("build", [Shifted, Wrong], ids=["from the first", "later"])
@pytest.mark.parametrize("logged", [False, True])
def test_a_board_that_is_not_the_emulator_keeps_what_it_learnt(build, logged, tmp_path):
    """Catches an average of the host's own network, which would hide that the board computes otherwise."""
    told, log = [], tmp_path / "run.arrow" if logged else None
    plain = train(dataclasses.replace(IRIS, average=0), board=far(build), read_model=False)
    result = train(IRIS, board=far(build), log=log, tell=told.append, read_model=False)
    assert result.conductance_crc == plain.conductance_crc != emulated(0) and result.average == 0
    (line,) = [line for line in told if "this run averages no weights" in line]
    assert "emulator's" in line if build is Shifted else "digital twin" in line
    if logged:
        assert open_log(log).averaged is None and verify(open_log(log)) == []


def test_an_average_that_is_asked_for_is_read_where_there_is_no_twin(reads, tmp_path):
    """Catches a mean of other moments. Its former host alone had them, so such a run cannot be resumed."""
    board, config = far(Shifted), dataclasses.replace(IRIS, average=0.1)
    result = train(config, board=board, read_model=False)
    network = Shifted(IRIS.layers, IRIS.seed, board.state.lr_halving_samples)
    data, order = result.data, training_run.Schedule(10, 3, SAMPLES).order(len(result.data.train_y))
    held = {}
    for n in order.indices(0, SAMPLES):
        network.learn(data.train_x[n].tobytes(), int(data.train_y[n]))
        if network.sample in MOMENTS:
            held[network.sample] = [np.array(network.conductances(c)) for c in range(2)]
    for c, steps in enumerate(means(held.values())):
        assert np.array_equal(steps, board.read(c, 0, len(steps)))
    log = LogConfig(tmp_path / "run.arrow", about={"config": config.to_dict()})
    train(config, board=board, log=log, read_model=False)
    with pytest.raises(
        DataError, match=f"^average 0.1: cannot resume: .* at sample {MOMENTS[0]} were lost .*: start a new run$"
    ):
        resume(log, board)


KILLED = {
    "before the first moment": (Recorder, "reached", 100, False),
    "between two moments": (Recorder, "reached", 150, False),
    "at the end": (Recorder, "interval", SAMPLES, False),
    "before the average is logged": (Recorder, "average", SAMPLES, False),
    "before it is on the board": (Board, "put_back", SAMPLES, False),
    "after it is on the board": (Board, "put_back", SAMPLES, True),
}
"""Where a host ends: a method's class and name, from which sample on, and whether the method is done before."""


@pytest.mark.parametrize("name", KILLED)
def test_a_killed_run_ends_with_the_usual_average(name, tmp_path, monkeypatch):
    """Catches an average of averages, one that a new host leaves out, and an alarm without cause."""
    path, line = tmp_path / "run.arrow", Line(limit=192)
    board = connect(line)
    kind, method, at, after = KILLED[name]
    done = getattr(kind, method)

    def ends(self, *given):
        if after:
            done(self, *given)
        if board.state.sample >= at:
            raise KeyboardInterrupt
        return done(self, *given)

    with monkeypatch.context() as patched:
        patched.setattr(kind, method, ends)
        log = LogConfig(path, about={"config": IRIS.to_dict()})
        with pytest.raises(KeyboardInterrupt):
            train(IRIS, board=board, log=log, read_model=False)
    result = resume(path, connect(line), read_model=False)
    assert (result.conductance_crc, result.average) == (emulated(), 0.1)
    found = open_log(path)
    assert verify(found) == [] and found.averaged == SAMPLES
    assert found.metrics[-1]["train_error_percent"] == train(IRIS).train_error_percent == result.train_error_percent
    assert not {"divergence", "no-twin"} & {event["event"] for event in found.events}


def test_a_chip_in_this_process_has_no_average():
    """Catches a chip's network that is averaged because it is at hand."""

    class Chip(EmulatedBoard):
        def __init__(self):
            super().__init__()
            self.emulated = False

    assert train(IRIS, board=Chip(), read_model=False).average == 0
    with pytest.raises(DataError, match="needs a crossbar that can be read and set exactly"):
        train(dataclasses.replace(IRIS, average=0.1), board=Chip())


def test_networks_at_moments_are_those_of_the_run():
    """Catches a moment that is one off, and copies that are one and the same network."""
    board, again = EmulatedBoard(), EmulatedBoard()
    result = train(dataclasses.replace(IRIS, average=0), board=board)
    for each in (board, again):
        each.configure(IRIS.layers, IRIS.seed, board.state.lr_halving_samples)
    rows = (result.data.train_x, result.data.train_y)
    order = training_run.Schedule(10, 3, SAMPLES).order(len(rows[1]))
    found = list(networks_at(board, *rows, order, [7, 8, SAMPLES]))
    assert all(np.array_equal(a, b) for a, b in zip(found[2], result.model.conductances, strict=True))
    for one, other in itertools.pairwise(found):
        assert not np.array_equal(one[1], other[1])
    list(again.train(*rows, 8, order))
    assert np.array_equal(found[1][0], again.conductances()[0])
