"""The pole that is balanced by what was learnt: what its README promises, and that its interpreters agree."""

import re
import sys

import pytest

from support.example import printed
from support.places import ROOT, RUNTIME

pytestmark = pytest.mark.slow

POLE = ROOT / "examples/pole"
README = (POLE / "README.md").read_text()


def test_micropython_balances_as_its_readme_shows(unix_micropython):
    """Catches what CPython alone has, and a command that is not a whole number of the target's."""
    argv, environment = unix_micropython.command(POLE / "main.py", path=[str(RUNTIME), str(POLE)])
    assert f"main.py\n{printed(*argv, environment=environment)}```" in README


def test_it_stands_after_ten_seconds_and_again_with_its_wires_swapped():
    """The figures of the README, on two poles; with learning frozen, they fall."""
    table = printed(sys.executable, str(POLE / "study.py"), "--seeds=2")
    rows = re.findall(r"^\| (.+?) \| (\d+\.\d) \| (\d+\.\d) \| \d+ \|", table, re.M)
    means = [float(mean) for _, mean, _ in rows]
    worst = [float(each) for _, _, each in rows]
    assert means[0] < 3 and min(worst[1], worst[2], worst[4], worst[7]) > 19
    assert rows[5][0] == "wires swapped, learning frozen" and means[5] < 1
    assert [name for name, _, _ in rows] == re.findall(r"^\| (.+?) \| \d+\.\d \|", README, re.M)
