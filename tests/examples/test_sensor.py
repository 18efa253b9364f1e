"""The sensor to start from: what its README shows, on CPython and on MicroPython."""

import subprocess
import sys

import pytest

from support.example import simulate
from support.places import ROOT

pytestmark = pytest.mark.slow
SENSOR = ROOT / "examples/sensor"
README = (SENSOR / "README.md").read_text()


def test_it_prints_what_its_readme_shows(unix_micropython):
    """Catches features or lessons that differ from board to board."""
    printed = simulate("sensor")
    shown = README.partition("The last lines are:\n\n```\n")[2].partition("```")[0]
    assert printed.endswith(shown) and printed.count("learnt: ") == 9
    assert simulate("sensor", port="sim:micropython") == printed


def test_its_study_gives_the_table():
    """Catches features that the program does not compute."""
    done = subprocess.run([sys.executable, SENSOR / "study.py"], capture_output=True, text=True, check=True)
    assert done.stdout in README
