"""The study's runs: every learner learns, and eqprop's own do what `eqprop simulate` does."""

import json

import pytest

from eqprop_host.studies.learning.runs import LEARNERS, OWN, Run
from eqprop_host.studies.learning.variations import of
from support.typed_command import run

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("learner", LEARNERS)
def test_every_learner_learns(learner):
    """Far better than chance, 67 %."""
    found = Run(learner, "wine", 20, 1, (16,)).do()
    assert found["test_error_percent"] < 25 and found["seconds"] > 0


@pytest.mark.parametrize("model", OWN)
def test_a_network_is_the_one_of_simulate(model, tmp_path, capsys):
    """Caught: another split, order or halving of the rate than every other command's."""
    options = ("--bits=8",) if model == "hopfield8" else (f"--model={model}",)
    run(capsys, "simulate", *options, "--epochs=3", "--seed=2", "--hidden=8", f"--json={tmp_path}/a.json")
    error = json.loads((tmp_path / "a.json").read_text())["test_error_percent"]
    assert Run(model, "digits", 3, 2, (8,)).do()["test_error_percent"] == pytest.approx(error)


def test_what_is_held_out_or_varied_has_another_error():
    """Caught: a run that ignores the field."""
    plain, other = Run("hopfield", "digits", 1, 0, (8,)), {"learner": "relu", "variation": of("relu")[-1]}
    errors = {plain.do()["test_error_percent"], Run(**{**vars(plain), "held_out": True}).do()["test_error_percent"]}
    for about in ({"variation": of("hopfield")[1]}, {"learner": "relu"}, other):
        errors.add(Run(**{**vars(plain), **about}).do()["test_error_percent"])
    assert len(errors) == 5
