"""The program in its simulated world: run `pytest` here."""

from pathlib import Path

from eqprop_host.deploy.simulation import simulate

HERE = Path(__file__).parent


def test_it_sounds_the_alarm_at_a_bearing_that_fails():
    """After eleven minutes in which the machine is well."""
    well, alarm, _ = simulate(HERE).partition("alarm: ")
    assert alarm and "on guard" in well
