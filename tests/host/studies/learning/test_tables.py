"""`eqprop study learning` in its short form: what it prints and writes, and how its tables compare."""

import json

import pytest

from eqprop_host.studies.learning import tables
from eqprop_host.studies.learning.runs import Run
from support.typed_command import run

STUDY = ["study", "learning", "--data=wine", "--epochs=2", "--hidden=4", "--workers=1"]


def rows(errors):
    """Rows of errors by (data set, learner), or by (data set, learner, variation)."""
    done = {Run(key[1], key[0], 1, 0, (4,), variation="".join(key[2:])): value for key, value in errors.items()}
    return tables.rows_of([*done], {each: {"test_error_percent": value} for each, value in done.items()})


def test_a_row_is_the_mean_of_all_its_seeds():
    """Caught: a mean of those seeds that are done."""
    runs = [Run("relu", "wine", 1, seed, (4,)) for seed in range(3)]
    done = {each: {"test_error_percent": float(4 + 2 * each.seed)} for each in runs}
    (row,) = tables.rows_of(runs, done)
    assert (row["test_error_percent"], row["spread_percent"], row["seeds"]) == (6, 2, 3)
    assert (row["loss"], row["hidden"]) == ("cross-entropy", "4")
    done.pop(runs[2])
    assert tables.rows_of(runs, done) == []


def test_a_model_is_compared_by_its_ratios():
    """Caught: the ratio upside down, the best data set named for the worst."""
    found = rows({("a", "hopfield"): 3.0, ("b", "hopfield"): 4.0, ("a", "relu"): 2.0, ("b", "relu"): 8.0})
    assert tables.ratios(found, "hopfield", "relu") == {"a": 1.5, "b": 0.5}
    text = tables.table(found)
    assert (
        "| a | 3.0 | 2.0 |\n| b | 4.0 | 8.0 |\n" in text and "hopfield (squared hinge) | ReLU, Adam (cross-ent" in text
    )
    assert "ReLU, Adam on 1 of 2 data sets; in the worst case, a, 1.50 times its error.\n" in text
    assert tables.ratios(rows({("a", "hopfield"): 0.0, ("a", "relu"): 0.0}), "hopfield", "relu") == {"a": 1.0}


def test_a_variation_is_compared_with_the_network_as_it_is():
    """The geometric mean of 2 and 1/2 is 1. Caught: a mean of ratios, which one bad data set decides."""
    errors = {("a", ""): 2.0, ("b", ""): 8.0, ("a", "feedback x2"): 4.0, ("b", "feedback x2"): 4.0}
    found = rows({(data, "hopfield", variation): error for (data, variation), error in errors.items()})
    lines = tables.varied_table(found).splitlines()
    assert lines[2:] == [
        "| hopfield, as it is | 1.000 |  | 2.0 | 8.0 |",
        "| hopfield, feedback x2 | 1.000 | 1 of 2 | 4.0 | 4.0 |",
    ]


@pytest.mark.slow
def test_the_study_is_written_everywhere_and_resumed(tmp_path, capsys):
    """Caught: seeds that are all the same, runs done twice, a table that replaces the whole file."""
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- study learning -->\nold\n<!-- end -->\nafter\n")
    study = [*STUDY, "--learners=hopfield,logistic", "--seeds=2", f"--json={tmp_path}/a.json"]
    code, out, err = run(capsys, *study, f"--markdown={page}", f"--picture={tmp_path}/a.png")
    assert code == 0 and len(err.splitlines()) == 4, err
    kept = json.loads((tmp_path / "a.json").read_text())
    assert [(row["data"], row["learner"]) for row in kept["rows"]] == [("wine", "hopfield"), ("wine", "logistic")]
    assert page.read_text() == f"before\n<!-- study learning -->\n{out}<!-- end -->\nafter\n"
    assert out == tables.table(kept["rows"]) and (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    lost = kept["runs"].pop(1)
    (tmp_path / "a.json").write_text(json.dumps(kept))
    code, again, err = run(capsys, *study)
    assert code == 0 and again == out and err.startswith("eqprop: 1/1 ") and f"seed {lost['seed']}" in err


@pytest.mark.slow
def test_the_held_out_form_compares_every_variation(capsys):
    code, out, _ = run(capsys, *STUDY, "--held-out", "--learners=relu", "--seeds=1")
    assert code == 0 and out.count("| relu, rate ") == 4 and "| relu, as it is | 1.000 |" in out


@pytest.mark.parametrize("typed", ["--data=wine,nonsense", "--learners=", "--hidden=0", "--seeds=0"])
def test_nonsense_is_refused_in_one_line(typed, capsys):
    code, out, err = run(capsys, *STUDY, typed)
    assert code == 2 and not out and err.count("\n") == 1 and typed.split("=")[0] in err
