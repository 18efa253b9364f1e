"""Every example runs as its README says, on the interpreter its reader has."""

import os
import subprocess
import sys

import pytest

from support.places import ROOT

pytestmark = pytest.mark.slow

# Those in a simulated field, and those that have a study, have tests of their own
OWN = {path.parent for name in ("scene.py", "study.py") for path in (ROOT / "examples").glob(f"*/{name}")}
EXAMPLES = [path for path in sorted((ROOT / "examples").glob("*/*.py")) if path.parent not in OWN]


def run(argv, environment):
    done = subprocess.run(argv, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def on_cpython(example):
    paths = os.pathsep.join(str(ROOT / folder) for folder in ("runtime", "host_tools", "board_sim"))
    return run([sys.executable, str(example)], {**os.environ, "PYTHONPATH": paths})


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_prints_what_its_readme_shows(example):
    """Catches an example or a transcript left behind by the code: what it learns is the same bits everywhere."""
    readme = (example.parent / "README.md").read_text()
    assert f"```\n{on_cpython(example)}```" in readme


def test_the_board_example_prints_the_same_on_a_board(micropython):
    (example,) = (path for path in EXAMPLES if path.parent.name == "board")
    argv, environment = micropython.command(example, heap_bytes=192 * 1024, path=[ROOT / "runtime"])
    assert run(argv, environment) == on_cpython(example)


def test_there_is_an_example_for_each_user():
    assert {path.parent.name for path in EXAMPLES} == {"board", "host", "simulator"}
