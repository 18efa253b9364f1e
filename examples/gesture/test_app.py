"""The program in its simulated world: run `pytest` here."""

import re
from pathlib import Path

import pytest

from eqprop_host.deploy.simulation import simulate

HERE = Path(__file__).parent


def test_it_knows_the_gestures_that_it_was_taught():
    """Somebody teaches five gestures twice each, and then makes each once more."""
    answers = re.findall("^(?:perhaps )?gesture ([0-9])", simulate(HERE), re.MULTILINE)
    assert answers[-5:] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("act", ["absent", "stuck", "saturated", "garbage", "wild"])
def test_it_names_a_sensor_that_fails_and_goes_on(act):
    """It fails after two gestures, and comes to itself."""
    printed = simulate(HERE, act=act)
    assert "sensor: " in printed and printed.endswith("learnt as gesture 0\n")
