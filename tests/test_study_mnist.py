"""The MNIST study in its short form, on the digits: what its rows are, and what becomes of them."""

import json

import pytest
from sklearn.neural_network import MLPClassifier

from eqprop_host import cli
from eqprop_host.studies import mnist
from eqprop_host.trials import Run, relu_width

STUDY = ["study", "mnist", "--data=digits", "--epochs=1", "--limit=400", "--seeds=2", "--workers=2"]


def run(capsys, *argv):
    """Return (exit code, standard output, standard error) of one command."""
    code = cli.main([str(arg) for arg in argv])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_rows_are_of_simulate_and_written_everywhere(tmp_path, capsys):
    """Caught: seeds that are all the same, a limit that is not passed on, a table that replaces the whole file."""
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- study mnist -->\nold\n<!-- end -->\nafter\n")
    files = [f"--json={tmp_path}/a.json", f"--markdown={page}", f"--picture={tmp_path}/a.png"]
    code, out, err = run(capsys, *STUDY, "--only=fixed point, as on a board", *files)
    assert code == 0 and len(err.splitlines()) == 4, err
    rows = json.loads((tmp_path / "a.json").read_text())["rows"]
    assert [(row["layers"], row["epochs"], row["seeds"]) for row in rows] == [("64-100-10", 1, 2), ("64-512-10", 2, 2)]
    for seed in range(2):
        alone = ["--layers=64-512-10", "--epochs=2", "--limit=800", f"--seed={seed}", f"--json={tmp_path}/alone.json"]
        run(capsys, "simulate", *alone)
        found = json.loads((tmp_path / "alone.json").read_text())
        assert rows[1]["runs"][seed]["conductance_crc"] == found["conductance_crc"]
        assert rows[1]["runs"][seed]["test_error_percent"] == found["test_error_percent"]
    assert rows[1]["test_error_percent"] == pytest.approx(sum(r["test_error_percent"] for r in rows[1]["runs"]) / 2)
    assert page.read_text() == f"before\n<!-- study mnist -->\n{out}<!-- end -->\nafter\n" and out == mnist.table(rows)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


# A nudge that is always positive is biased, and drives these outputs away from where they should be: so the study finds
ROWS = [
    row
    for row in mnist.rows_of("digits", 64, 10, 3)
    if row.text != "fixed point, as on a board" and row.run.nudging != "positive"
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.text)
def test_every_other_kind_of_network_learns(row):
    """Far better than chance, 90 %. Caught: an output's pair that is not compared, a rate ten times too high."""
    found = Run(**{**vars(row.run), "epochs": 6}).do()
    assert found["test_error_percent"] < 60 and found["training_samples_per_second"] > 0


@pytest.mark.parametrize("hidden", [1, 100, 512])
def test_relu_networks_have_the_parameters_that_scikit_learn_counts(hidden):
    """Caught: biases left out, the pair of rows counted once."""
    width = relu_width(64, 10, Run("fixed", (64, hidden, 10), "digits", 1, 0).parameters)
    network = MLPClassifier((width,), max_iter=1).partial_fit([[0.0] * 64] * 10, range(10), classes=range(10))
    counted = sum(w.size for w in [*network.coefs_, *network.intercepts_])
    assert counted == Run("relu", (64, width, 10), "digits", 1, 0).parameters
    assert abs(counted - (hidden * 130 + (hidden + 2) * 10)) <= 75 / 2
