"""Runs an example as `eqprop simulate-app` does."""

from eqprop_host.deploy import simulation
from support.places import ROOT


def simulate(name, *how, **options):
    """As `simulation.simulate`, of the example `name`."""
    return simulation.simulate(ROOT / "examples" / name, *how, **options)
