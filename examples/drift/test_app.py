"""The program in its simulated world: run `pytest` here."""

import re
from pathlib import Path

from eqprop_host.deploy.simulation import simulate

HERE = Path(__file__).parent


def test_it_sorts_though_its_sensor_ages():
    """An operator checks some of what it sorts."""
    right = re.findall("of the last 100 ([0-9]+) were right", simulate(HERE))
    assert int(right[-1]) >= 90


def test_it_names_what_fails_and_goes_on():
    """The sensor, the flash and the button fail, one after another."""
    printed = simulate(HERE, act="faults")
    assert "sensor: no answer" in printed and "sensor: well again" in printed
