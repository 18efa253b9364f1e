"""The short form of `make mutants`: its table is up to date, and a few of its mutations are caught."""

import os
import subprocess
import sys

import pytest

from soak import mutants
from support.places import ROOT

FEW = ("features/window.py", "service/states.py", "field/clock.py", "datasets/splitting.py")


@pytest.mark.parametrize("each", mutants.mutations(), ids=lambda each: each.test)
def test_a_mutation_is_up_to_date(each):
    """If you change a line that the table names, change the table too."""
    assert not mutants.stale(each)


@pytest.mark.slow
def test_a_few_are_caught_and_one_that_breaks_nothing_is_told(tmp_path):
    """Catches: a copy that Python does not import, a mutation that stays in it, a survivor without a word."""
    # In a process of its own, because a process has one forkserver: `soak.hostile` lets it load the tree as it is
    argv = [sys.executable, "-m", "soak.mutants", *FEW]
    path = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run(argv, cwd=ROOT, env=path, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    harmless = mutants.mutations([FEW[0]])[0]
    harmless = harmless._replace(new=harmless.old)
    assert mutants.survives(mutants.Copies(tmp_path, 1), harmless).endswith(f"{harmless.test} passes")
