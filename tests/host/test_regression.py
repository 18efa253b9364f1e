"""Numbers learnt from a table to a board, a file and back: the commands, and the same bits on every port."""

import contextlib
import json

import numpy as np
import pytest

from eqprop_host import Model, transfer
from eqprop_host.boards import description
from eqprop_host.datasets import Reading
from eqprop_host.link.steps import learns_numbers
from eqprop_host.report.picture import draw
from eqprop_host.runlog import open_log
from eqprop_host.runlog.verify import verify
from eqprop_host.training import run as training_run
from eqprop_host.training.config import RunConfig
from eqprop_host.training.run import resume, train
from eqprop_sim.emulator import compiled_network
from eqprop_sim.in_process import EmulatedBoard
from eqprop_sim.sample_order import SampleOrder
from support.scripted_interrupt import ScriptedInterrupt
from support.typed_command import run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A table of two features and two numbers that depend on them."""
    path = tmp_path_factory.mktemp("numbers") / "table.csv"
    x = np.random.default_rng(0).uniform(-1, 1, (300, 2))
    y = np.stack([20 * x[:, 0] * x[:, 1] + 5, np.abs(x[:, 0])], axis=1)
    np.savetxt(path, np.c_[x, y], "%.4f", ",", header="left,right,product,size", comments="")
    return path


def typed(table, *more):
    return ["train", f"--data={table}", "--target=product,size", "--hidden=12", "--model=hopfield", *more]


def test_numbers_are_learnt_saved_and_asked_for(table, tmp_path, capsys):
    """Catches: a scale lost on the way, targets in the order of the table, an evaluation on other samples."""
    saved, drawn = tmp_path / "a.npz", tmp_path / "a.png"
    argv = typed(table, "--epochs=20", f"--save={saved}", f"--json={tmp_path}/a.json", f"--picture={drawn}")
    code, out, err = run(capsys, *argv)
    results = json.loads((tmp_path / "a.json").read_text())
    assert code == 0 and out.startswith(f"test RMSE {results['rmse']:.4g}, R² {results['r2']:.3f}, conductance CRC ")
    assert results["r2"] > 0.9 and [*results["targets"]] == ["product", "size"] and "features, 2 targets" in err
    assert results["test_error_percent"] is None and results["confusion"] is None
    assert drawn.read_bytes().startswith(b"\x89PNG")
    code, out, _ = run(capsys, "evaluate", str(saved), f"--json={tmp_path}/b.json")
    again = json.loads((tmp_path / "b.json").read_text())
    assert code == 0 and again["rmse"] == pytest.approx(results["rmse"]) and again["test_samples"] == 60
    code, out, _ = run(capsys, "infer", str(saved), str(table))
    lines = out.splitlines()
    features = np.loadtxt(table, delimiter=",", skiprows=1)[:, :2]
    numbers = Model.load(saved).predict(features)
    assert lines[0] == "product,size" and np.allclose(np.loadtxt(lines[1:], delimiter=","), numbers, rtol=1e-5)
    assert np.sqrt(np.mean((numbers[:, 0] - (20 * features.prod(axis=1) + 5)) ** 2)) < 2


@pytest.mark.parametrize("model", ["hopfield", "resistive", "differential"])
def test_a_faulty_line_and_resets_change_nothing(table, tmp_path, capsys, model):
    """Catches: a sample learnt twice, a board that learns classes after a reset, a cache of other records."""
    crcs = set()
    for port in ("sim:", "sim:?flip=5e-5&drop=1e-4&reset_every=150&seed=7"):
        argv = typed(table, "--epochs=3", f"--port={port}", f"--json={tmp_path}/a.json", f"--model={model}")
        assert run(capsys, *argv)[0] == 0
        crcs.add(json.loads((tmp_path / "a.json").read_text())["conductance_crc"])
    simulated = [f"--data={table}", "--target=product,size", "--hidden=12", f"--model={model}", "--epochs=3"]
    assert run(capsys, "simulate", *simulated, f"--json={tmp_path}/a.json")[0] == 0
    crcs.add(json.loads((tmp_path / "a.json").read_text())["conductance_crc"])
    assert len(crcs) == 1


BAD = {
    "--layers=2-12-3": "has 3 outputs, ",
    "--label=size": "label size: the task is regression",
}


@pytest.mark.parametrize("option", BAD)
def test_what_cannot_be_is_refused_in_one_line(table, tmp_path, capsys, monkeypatch, option):
    monkeypatch.chdir(tmp_path)
    argv = ["train", f"--data={table}", "--target=product,size", "--model=hopfield", option]
    code, out, err = run(capsys, *argv)
    assert code == 1 and not out and BAD[option] in err.splitlines()[-1], err
    assert not [*tmp_path.iterdir()]


def test_classes_and_numbers_are_not_evaluated_as_each_other(table, tmp_path, capsys):
    run(capsys, *typed(table, "--epochs=1", f"--save={tmp_path}/numbers.npz"))
    run(capsys, "train", "--data=iris", "--epochs=1", f"--save={tmp_path}/classes.npz")
    code, _, err = run(capsys, "evaluate", f"{tmp_path}/classes.npz", "--data=iris", "--task=regression")
    assert code == 1 and "iris: is read for numbers, but the network learnt classes" in err
    code, _, err = run(capsys, "evaluate", f"{tmp_path}/numbers.npz", "--data=iris", "--task=classes")
    assert code == 1 and err.count("\n") >= 1 and "task is classes" in err


def test_a_board_keeps_what_a_network_of_numbers_needs(table, tmp_path, capsys):
    """As `push` puts it there, and as `pull` reads it. Catches: a board that learns classes, a scale left behind."""
    run(capsys, *typed(table, "--epochs=1", f"--save={tmp_path}/a.npz"))
    model = Model.load(tmp_path / "a.npz")
    board = EmulatedBoard()
    state = model.put_on(board)
    assert learns_numbers(state) and board.refresh().crc == model.crc
    names = (model.feature_names, model.class_names)
    noted = description.unpack(description.pack(model.scaling, model.recipe, *names, targets=model.targets)[0])
    told = []
    assert transfer._noted(state, noted, told.append)["targets"] == model.targets != {} and not told
    found = transfer._noted(state, None, told.append)["targets"]
    assert found == {"offset": [0, 0], "span": [32767, 32767], "names": []}
    assert "how its targets are scaled: they are taken as -32767..32767" in told[-1]


@pytest.mark.parametrize("suffix", ["arrow", "jsonl"])
def test_a_log_of_numbers_gives_the_network_after_any_step(table, tmp_path, capsys, suffix):
    """On a board that resets. Catches: replayed labels, a twin that learns classes, a scale that the log lost."""
    log, results = tmp_path / f"run.{suffix}", tmp_path / "a.json"
    faulty = "--port=sim:?flip=5e-5&drop=1e-4&reset_every=150&seed=7"
    argv = typed(table, "--epochs=3", faulty, f"--log={log}", f"--json={results}", f"--save={tmp_path}/a.npz")
    assert run(capsys, *argv)[0] == 0
    found = json.loads(results.read_text())
    code, out, _ = run(capsys, "log", "verify", str(log))
    assert code == 0 and "intact" in out
    for other in ("csv", "npz", "parquet", "arrow" if suffix == "jsonl" else "jsonl"):
        assert run(capsys, "log", "export", str(log), f"{tmp_path}/copy.{other}")[0] == 0
        read = open_log(f"{tmp_path}/copy.{other}")
        assert read.learns_numbers and verify(read) == []
        assert read.samples[1].dtype == np.int16 and read.samples[1].shape == (240, 2)
        assert read.metrics[-1]["test_rmse"] == pytest.approx(found["rmse"])
        assert read.metrics[-1]["test_r2"] == pytest.approx(found["r2"]) and "confusion" not in read.metrics[-1]
    code, out, _ = run(capsys, "log", "replay", str(log), "--at=720", f"--save={tmp_path}/b.npz")
    assert code == 0 and found["conductance_crc"] in out
    kept, again = (Model.load(tmp_path / f"{name}.npz") for name in "ab")
    assert again.targets == kept.targets and np.allclose(again.predict([[0.5, -0.5]]), kept.predict([[0.5, -0.5]]))
    half = open_log(log).conductances(333)
    network = compiled_network.Network("2-12-2", 0, 480, "hopfield")
    network.regress()
    order = SampleOrder.shuffled(240, 0).indices(0, 333)
    x, targets = open_log(log).samples
    network.learn_all(x[order], targets[order])
    assert all(np.array_equal(half[c].ravel(), network.conductances(c)) for c in range(2))


def test_an_interrupted_run_of_numbers_resumes_from_its_log(table, tmp_path, monkeypatch):
    """To the bits of a run in one go. Catches a resumed run that learns classes."""
    config = RunConfig(data=str(table), reading=Reading(target="product,size"), hidden="12", epochs=2)
    whole = train(config, board="sim:")
    with monkeypatch.context() as patched:
        patched.setattr(training_run, "on_ctrl_c", lambda: contextlib.nullcontext(ScriptedInterrupt(3)))
        stopped = train(config, board="sim:", log=tmp_path / "run.arrow")
    assert stopped.interrupted and 0 < stopped.training_samples < 480
    result = resume(tmp_path / "run.arrow", "sim:")
    log = open_log(tmp_path / "run.arrow")
    assert result.conductance_crc == whole.conductance_crc and verify(log) == []
    assert log.metrics[-1]["test_rmse"] == pytest.approx(whole.fit.to_dict()["rmse"])


def test_reports_show_how_far_predictions_are_off(table, tmp_path, capsys):
    """Also beside a run of classes. Catches a figure, a page or a view that expects errors in percent."""
    logs = [f"{tmp_path}/{name}.arrow" for name in ("numbers", "classes")]
    assert run(capsys, *typed(table, "--epochs=2", f"--log={logs[0]}", f"--json={tmp_path}/a.json"))[0] == 0
    assert run(capsys, "train", "--data=iris", "--epochs=2", f"--log={logs[1]}")[0] == 0
    rmse = json.loads((tmp_path / "a.json").read_text())["rmse"]
    code, out, _ = run(capsys, "log", "info", logs[0])
    assert code == 0 and f"test RMSE    {rmse:.4g}, R² 0." in out
    code, out, _ = run(capsys, "monitor", "--once", logs[0])
    assert code == 0 and f"epoch 2: 480 samples, test RMSE {rmse:.4g}, R² 0." in out and "%" not in out
    for chosen, shown in ((logs[:1], ("test RMSE",)), (logs, ("test RMSE or test error (%)",))):
        assert run(capsys, "report", *chosen, f"--html={tmp_path}/r.html", f"--svg={tmp_path}/r.svg")[0] == 0
        svg = (tmp_path / "r.svg").read_text()
        assert all(text in svg for text in shown)
        page = (tmp_path / "r.html").read_text()
        assert f'"best_test_rmse": {min(rmse, open_log(logs[0]).metrics[0]["test_rmse"])}' in page
    draw(tmp_path / "r.png", open_log(logs[0]))
    assert (tmp_path / "r.png").read_bytes().startswith(b"\x89PNG")


def test_a_simulated_chip_learns_numbers(table, tmp_path, capsys):
    """With its energy, and after a time. Catches a ledger that takes targets for labels."""
    chip = ["simulate", "--physics=analog", "--set=levels=256", "--set=retention_s=1e4"]
    argv = [*chip, f"--data={table}", "--target=product,size", "--hidden=12", "--epochs=2", "--age=1e5"]
    code, out, err = run(capsys, *argv, f"--json={tmp_path}/a.json", f"--log={tmp_path}/a.arrow")
    results = json.loads((tmp_path / "a.json").read_text())
    assert code == 0, err
    assert f"test RMSE {results['aged_rmse']:.4g}" in out and results["aged_rmse"] > 1.2 * results["rmse"]
    assert results["r2"] > 0.5 and results["energy_joule_per_training_sample"] > 0
    log = open_log(tmp_path / "a.arrow")
    assert verify(log) == [] and log.metrics[-1]["test_rmse"] == pytest.approx(results["rmse"])
