"""`eqprop study rig` in its short form: a run of each row's kind, and its table."""

import json

import pytest

from eqprop_host.studies import rig
from support.typed_command import run


@pytest.mark.slow
def test_the_figures_of_a_few_seeds(capsys, tmp_path, monkeypatch):
    """Catches: a row whose rig does not learn, a run that depends on the one before it."""
    monkeypatch.setattr(rig, "XOR_EPOCHS", 60)
    code, out, err = run(capsys, "study", "rig", "--only=xor", "--seeds=2", f"--json={tmp_path}/a.json")
    assert code == 0, err
    lines = out.splitlines()
    assert lines[0] == "| simulated rig | right at the end |"
    solved = [int(line.split("|")[2].split()[0]) for line in lines[2:]]
    assert len(solved) == 4 and solved[0] == solved[1] == 2 and sum(solved) >= 7  # 60 epochs are few without a shadow
    runs = json.loads((tmp_path / "a.json").read_text())["rows"][0]["runs"]
    again = rig.compare(rig.ROWS[:1], 1, 1, lambda line: None)[0]["runs"]
    assert again == runs[1:]


@pytest.mark.slow
def test_a_stuck_wiper_is_learnt_around(monkeypatch):
    monkeypatch.setattr(rig, "XOR_EPOCHS", 60)
    row = next(row for row in rig.ROWS if row.task == "spoilt")
    runs = rig.compare([row], 0, 3, lambda line: None)[0]["runs"]
    assert all(run["wrong_when_stuck"] for run in runs) and sum(run["solved"] for run in runs) >= 2


@pytest.mark.slow
def test_iris_is_learnt(monkeypatch):
    monkeypatch.setattr(rig, "IRIS_EPOCHS", 8)
    row = next(row for row in rig.ROWS if row.task == "iris")
    assert rig.iris(row, 1)["test_error_percent"] <= 12
