"""The program on its simulated arm: run `pytest` here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from body import Arm  # noqa: E402
from reacher import Reacher  # noqa: E402


def test_it_reaches_nearer_with_practice():
    """After 800 movements, by a fifth of what it missed at first."""
    reacher = Reacher(Arm(1), 1)
    before = reacher.missed_percent(50)
    for _ in range(800):
        reacher.practise()
    assert reacher.missed_percent(50) < before / 5
