"""The arm that learns to reach: what its README promises, and that its interpreters agree."""

import re
import sys

import pytest

from support.example import printed
from support.places import ROOT, RUNTIME

pytestmark = pytest.mark.slow

ARM = ROOT / "examples/arm"
README = (ARM / "README.md").read_text()


def test_it_prints_what_its_readme_shows():
    assert f"main.py\n{printed(sys.executable, str(ARM / 'main.py'))}```" in README


def test_micropython_learns_the_same(unix_micropython):
    """Catches what CPython alone has, and a step of learning that is still open when the network is asked."""
    argv, environment = unix_micropython.command(ARM / "main.py", path=[str(RUNTIME), str(ARM)])
    assert f"main.py\n{printed(*argv, environment=environment)}```" in README


def test_it_reaches_within_two_percent_and_again_once_it_is_bent():
    """The figures of the README, on two arms: with learning frozen, it misses by five times as much and more."""
    table = printed(sys.executable, str(ARM / "study.py"), "--seeds=2")
    means, worst = zip(*re.findall(r"\| (\d+\.\d) \| (\d+\.\d) \|", table), strict=True)
    before, learnt, bent, frozen, again = map(float, means)
    assert before > 30 and max(float(worst[1]), float(worst[4])) <= 2
    assert frozen > 5 * again and bent > 5 * learnt
    shown = re.findall(r"^\| (.+?) \| \d+\.\d \|", README, re.M)
    assert shown == re.findall(r"^\| (.+?) \| \d+\.\d \|", table, re.M) and len(shown) == 5
