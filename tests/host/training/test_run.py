"""Training by the Python API: the bits of the command, the same files, the same answers to what goes wrong."""

import contextlib
import dataclasses
import json
from unittest.mock import Mock

import numpy as np
import pytest

from eqprop_host import LogConfig, Model, RunConfig, load_data, open_board, open_log, resume, train
from eqprop_host.averaging import means
from eqprop_host.errors import DataError, LogError, PortError
from eqprop_host.runlog.verify import verify
from eqprop_host.training import average as training_average
from eqprop_host.training import recorder
from eqprop_host.training import run as training_run
from support.boards.faulty_line import Line, connect
from support.scripted_interrupt import ScriptedInterrupt
from support.typed_command import run

pytestmark = pytest.mark.slow

DIGITS = "20141d34"
"""CRC of the conductances after 200 samples of the digits with seed 0, on every board, by default."""

LAST = {"hopfield": "09633c35", "resistive": "5db56ec2", "hopfield8": "2aa4b93c"}
"""CRC of the last conductances of the same run, not averaged, by energy model."""

IRIS = RunConfig(data="iris", layers="4-5-3", epochs=2, seed=3)


@pytest.mark.parametrize("board", [None, "sim:"])
def test_a_run_by_the_api_is_the_commands(board, tmp_path, capsys):
    """Catches a default that the two do not share, and a result that only one of them has."""
    told, seen = [], []
    result = train(RunConfig(limit=200), board=board, on_progress=seen.append, tell=told.append)
    assert result.conductance_crc == DIGITS and f"{result.model.crc:08x}" == DIGITS
    command = ["simulate"] if board is None else ["train", f"--port={board}"]
    assert run(capsys, *command, "--limit=200", f"--json={tmp_path}/out.json")[0] == 0
    typed = json.loads((tmp_path / "out.json").read_text())
    measured = ("seconds", "training_samples_per_second", "line_bytes")  # a busy machine asks again
    ours = json.loads(json.dumps({**result.to_dict(), "version": typed["version"], "versions": typed["versions"]}))
    place = {"physics", "port"} & typed.keys()
    assert {**ours, **dict.fromkeys(measured)} == {
        key: None if key in measured else value for key, value in typed.items() if key not in place
    }
    assert told[-3].startswith("digits: 1,797 samples") and told[-1].startswith("network 64-32-10: ")
    assert [each.sample for each in seen] == sorted(each.sample for each in seen) and seen[-1].sample == 200
    assert seen[-1].epoch_ends and seen[-1].test_error_percent == result.test_error_percent


@pytest.mark.parametrize("model", LAST)
@pytest.mark.parametrize("board", [None, "sim:"])
def test_another_model_is_one_word_away(board, model):
    """Catches: a default that a word does not overrule, a bit of a network that changed."""
    result = train(RunConfig(limit=200, model=model, average=0), board=board)
    assert (result.conductance_crc, result.average) == (LAST[model], 0)


def test_a_board_that_the_caller_opened_stays_open():
    with open_board("sim:") as board:
        result = train(RunConfig(limit=200), board=board)
        assert result.conductance_crc == DIGITS == f"{board.refresh().crc:08x}"
        assert result.board == board.identity


def test_a_log_is_read_by_open_log(tmp_path):
    """Catches steps or conductances that the API does not log, and entries of `about` that are lost."""
    result = train(IRIS, log=LogConfig(tmp_path / "run.arrow", every=50, about={"who": "me"}))
    log = open_log(tmp_path / "run.arrow")
    assert verify(log) == [] and log.end == "closed" and log.sample == 240
    assert log.configuration["who"] == "me" and log.configuration["physics"] == "fixed"
    assert log.metrics[-1]["test_error_percent"] == result.test_error_percent
    for ours, theirs in zip(log.conductances(240), result.model.conductances, strict=True):
        assert (ours.ravel() == theirs).all()


def test_an_interrupted_run_says_so_and_is_resumed(tmp_path, monkeypatch):
    """By the log alone, in which the configuration is. Catches a run that goes on otherwise than it began."""
    log = tmp_path / "run.arrow"
    whole = train(IRIS, board="sim:")
    with monkeypatch.context() as patched:
        patched.setattr(training_run, "on_ctrl_c", lambda: contextlib.nullcontext(ScriptedInterrupt(5)))
        stopped = train(IRIS, board="sim:", log=log)
    assert stopped.interrupted and 0 < stopped.training_samples < 240
    result = resume(log, "sim:")
    assert not result.interrupted and result.config == IRIS
    assert result.conductance_crc == whole.conductance_crc and verify(open_log(log)) == []


def test_an_epoch_left_untested_is_tested_on_resume(tmp_path, monkeypatch):
    """Another host took the board further, as by `eqprop push`. Catches a log that lacks an epoch's metrics."""
    log, line = LogConfig(tmp_path / "run.arrow", 200, about={"config": IRIS.to_dict()}), Line(limit=192)
    board = connect(line)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(recorder.Recorder, "metrics", Mock(side_effect=KeyboardInterrupt))
        train(IRIS, board=board, log=log, read_model=False)
    assert open_log(log.path).sample == board.state.sample == 120
    data = training_run.prepared(IRIS).data
    list(board.train(data.train_x, data.train_y, 170, training_run.Schedule(2, IRIS.seed).order(120)))
    result = resume(log, connect(line), read_model=False)
    found = open_log(log.path)
    assert [row["sample"] for row in found.metrics] == [120, 240] and verify(found) == []
    assert result.conductance_crc == train(IRIS).conductance_crc


def test_a_data_set_in_memory_is_learnt_as_from_its_source(tmp_path):
    """And is logged, but cannot be resumed: its log does not know where it comes from."""
    dataset = load_data("iris")
    result = train(dataclasses.replace(IRIS, data=dataset), board="sim:", log=tmp_path / "run.arrow")
    assert result.conductance_crc == train(IRIS).conductance_crc and result.model.data == ""
    with pytest.raises(DataError, match="without the configuration that a resumed run needs"):
        resume(tmp_path / "run.arrow", "sim:")


def test_without_test_samples_nothing_is_tested(tmp_path):
    """All are learnt. Catches a division by no samples."""
    untested = dataclasses.replace(IRIS, test_fraction=0)
    result = train(untested)
    assert (result.training_samples, len(result.data.train_y), len(result.data.test_y)) == (300, 150, 0)
    assert result.test_error_percent is None and result.confusion is None
    assert json.loads(json.dumps(result.to_dict()))["confusion"] is None
    with pytest.raises(DataError, match="test_fraction 0: a log holds each epoch's test error"):
        train(untested, log=tmp_path / "run.arrow")
    assert not (tmp_path / "run.arrow").exists()
    result.model.save(tmp_path / "run.npz")
    assert Model.load(tmp_path / "run.npz").test_fraction == 0


@pytest.mark.parametrize("board", [None, "sim:"])
def test_a_model_predicts_what_its_board_does(board, tmp_path):
    result = train(IRIS)
    result.model.save(tmp_path / "iris.npz")
    model, dataset = Model.load(tmp_path / "iris.npz"), load_data("iris")
    predicted = model.predict(dataset.features, board)
    classes, voltages = model.infer(dataset.features, board)
    assert (voltages.argmax(axis=1) == classes).all() and voltages.dtype == np.int16
    assert (predicted == classes).all() and set(predicted[:50]) == {0}
    named = dataclasses.replace(model, class_names=("setosa", "versicolor", "virginica"))
    assert list(named.predict(dataset.features[::50], board)[:1]) == ["setosa"]
    with pytest.raises(DataError, match="expected rows of 4"):
        model.predict([[1.0, 2.0]])


def test_a_run_without_its_model_reads_none():
    assert train(IRIS, read_model=False).model is None


WRONG = {
    "hidden 5: layers 4-5-3 says it already": {"hidden": "5"},
    "epochs: expected a whole number in 1..100000, got 0": {"epochs": 0},
    "epochs: expected a whole number in 1..100000, got 1.5": {"epochs": 1.5},
    "seed: expected a whole number in 0..4294967295, got -1": {"seed": -1},
    "seed: expected a whole number in 0..4294967295, got None": {"seed": None},
    "limit: expected a whole number in 1..1073741823, got 0": {"limit": 0},
    "model: expected resistive or hopfield or differential or hopfield8, got 'backprop'": {"model": "backprop"},
    "test_fraction: expected a share from 0 to below 1, got 1": {"test_fraction": 1},
    "test_fraction 0.5: test names the samples to test": {"test": "iris", "test_fraction": 0.5},
    "test iris: is also data: omit test": {"test": "iris"},
    "blank: expected 0 or a share from 1/256 to 255/256, got 1": {"blank": 1},
    "blank: expected 0 or a share from 1/256 to 255/256, got 0.001": {"blank": 0.001},
    "average: expected a share from 0 to 1, got 1.5": {"average": 1.5},
    "average: expected a share from 0 to 1, got True": {"average": True},
    "layers: 2..16 sizes of 1..8191": {"layers": "4"},
    "layers: 4-5-2 has 2 outputs, iris has 3 classes: 4-5-3 would fit": {"layers": (4, 5, 2)},
    "hidden: 2..16 sizes of 1..8191": {"layers": None, "hidden": (0,)},
    "nowhere.csv: ": {"data": "nowhere.csv"},
}


@pytest.mark.parametrize("message", WRONG)
def test_a_configuration_that_cannot_be_learnt_is_named(message, tmp_path):
    """And no log is begun. Catches a value that is found out once the board has begun."""
    with pytest.raises(DataError) as raised:
        train(dataclasses.replace(IRIS, **WRONG[message]), log=tmp_path / "run.arrow")
    assert str(raised.value).startswith(message) and not list(tmp_path.iterdir())


SMOOTH = {"default": {}, "blank": {"blank": 0.25, "average": 0}, "both": {"blank": 0.25, "average": 0.4}}
FAULTS = "sim:?flip=1e-4&reset_every=60&seed=7"


@pytest.mark.parametrize("name", SMOOTH)
def test_blanks_and_averages_are_the_same_everywhere(name, tmp_path):
    """On a board, on one that restarts, in a log, and in what a log is replayed to.

    Catches a board that learns samples as they are, one that averages other moments after a restart or counts its
    average as a fault, and a log whose end is not the network of the run.
    """
    config = dataclasses.replace(IRIS, **SMOOTH[name])
    near, plain = train(config), train(dataclasses.replace(IRIS, average=0), read_model=False)
    told = near.to_dict()
    assert {key: told[key] for key in ("blank", "average")} == {"blank": 0, "average": 0.1, **SMOOTH[name]}
    assert near.conductance_crc != plain.conductance_crc and near.training_samples == plain.training_samples
    for board, log in ((None, "near.arrow"), ("sim:", "far.jsonl"), (FAULTS, "faults.arrow")):
        path = tmp_path / log
        again = train(config, board=board, log=LogConfig(path, every=50))
        assert (again.conductance_crc, again.test_error_percent) == (near.conductance_crc, near.test_error_percent)
        held = open_log(path)
        assert held.configuration.get("average", 0) == told["average"]
        assert verify(held) == [] and not {"divergence", "no-twin"} & {event["event"] for event in held.events}
        for found, wanted in zip(held.conductances(held.sample), near.model.conductances, strict=True):
            assert np.array_equal(found.ravel(), wanted)


@pytest.mark.parametrize("name", ["default", "both"])
@pytest.mark.parametrize("looks", [3, 8, 14, 10**6])
def test_a_smoothed_run_resumes_where_it_stopped(looks, name, tmp_path, monkeypatch):
    """Before the first moment, among them, and after the average. Catches moments that a new host does not know."""
    config, path = dataclasses.replace(IRIS, epochs=3, **SMOOTH[name]), tmp_path / "run.arrow"
    whole = train(config, read_model=False).conductance_crc
    log = LogConfig(path, about={"config": config.to_dict()})  # as for a port, which a new host opens
    with open_board("sim:") as board:
        with monkeypatch.context() as patched:
            patched.setattr(training_run, "on_ctrl_c", lambda: contextlib.nullcontext(ScriptedInterrupt(looks)))
            stopped = train(config, board=board, log=log, read_model=False)
        assert stopped.interrupted == (looks < 10**6) and (stopped.conductance_crc == whole) == (looks == 10**6)
        assert resume(path, board, read_model=False).conductance_crc == whole
    whole_log = open_log(path)
    assert verify(whole_log) == [] and whole_log.averaged == 360
    assert not {"divergence", "no-twin"} & {event["event"] for event in whole_log.events}


def test_an_average_that_is_not_the_runs_is_found(tmp_path, monkeypatch):
    """Catches a verification that trusts the average, or compares it with the last conductances."""
    monkeypatch.setattr(training_average, "means", lambda networks: [each + np.int16(1) for each in means(networks)])
    train(dataclasses.replace(IRIS, average=0.5), board="sim:", log=tmp_path / "run.arrow")
    wrong = [f"crossbar {c} at sample 240: its average is not that of the run" for c in range(2)]
    assert verify(open_log(tmp_path / "run.arrow")) == wrong


def test_a_port_or_a_log_that_cannot_be_had_is_named(tmp_path):
    with pytest.raises(PortError, match="'/dev/nowhere' cannot be opened"):
        train(IRIS, board="/dev/nowhere")
    with pytest.raises(LogError, match=r"run.csv: .csv would not survive a kill"):
        train(IRIS, log=tmp_path / "run.csv")
    with pytest.raises(DataError, match="budget_percent: expected 0..90, got 95"):
        LogConfig(tmp_path / "run.arrow", budget_percent=95)


def test_a_configuration_is_what_it_was_written_as():
    """Catches a field that a log forgets, and a default that stands in for it."""
    config = RunConfig(data="xor", layers=(2, 8, 2), epochs=7, limit=9, seed=5, lr_halving_epochs=0, test_fraction=0.25)
    config = dataclasses.replace(config, blank=0.125, average=0.25)
    assert RunConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    assert {field.name for field in dataclasses.fields(RunConfig)} == config.to_dict().keys()
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.epochs = 8
