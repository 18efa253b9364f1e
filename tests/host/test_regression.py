"""Numbers learnt from a table to a board, a file and back: the commands, and the same bits on every port."""

import json

import numpy as np
import pytest

from eqprop_host import Model
from eqprop_host.boards import description
from eqprop_host.commands.boards import pull
from eqprop_host.link.steps import learns_numbers
from eqprop_sim.in_process import EmulatedBoard
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


@pytest.mark.parametrize("model", ["hopfield", "resistive"])
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
    "--log=x.arrow": "x.arrow: logs are of networks that learn classes",
    "--layers=2-12-3": "has 3 outputs, ",
    "--label=size": "label size: the task is regression",
    "--model=differential": "regress: expected model hopfield or resistive, got differential",
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
    assert pull._noted(state, noted)["targets"] == model.targets != {}
    capsys.readouterr()
    found = pull._noted(state, None)["targets"]
    assert found == {"offset": [0, 0], "span": [32767, 32767], "names": []}
    assert "how its targets are scaled: they are taken as -32767..32767" in capsys.readouterr().err
