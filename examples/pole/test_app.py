"""The program on its simulated pole: run `pytest` here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from balancer import Balancer  # noqa: E402
from body import Pole  # noqa: E402


def test_it_stands_after_ten_seconds_of_practice():
    """Before, it falls within three."""
    balancer = Balancer(Pole(1), 1)
    assert balancer.stands_s(5) < 3
    balancer.practise(500)
    assert balancer.stands_s(5) == 5
