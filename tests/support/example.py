"""Runs an example: as `eqprop simulate-app` does, or a program of its folder."""

import os
import subprocess

from eqprop_host.deploy import simulation
from support.places import ROOT


def simulate(name, *how, **options):
    """As `simulation.simulate`, of the example `name`."""
    return simulation.simulate(ROOT / "examples" / name, *how, **options)


def printed(*argv, environment=None):
    """Return what a command prints. environment: None for this one, in which Python finds this checkout's packages."""
    paths = os.pathsep.join(str(ROOT / folder) for folder in ("runtime", "host_tools", "board_sim"))
    environment = environment or {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout
