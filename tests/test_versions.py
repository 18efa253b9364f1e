"""The runtime on every version of MicroPython from the oldest that it promises to the newest, as npm has them."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

import eqprop
from conftest import obtained
from eqprop_host import datasets
from eqprop_sim import interpreters

RUNTIME = Path(eqprop.__file__).parent.parent
PROGRAMS = Path(__file__).parent / "programs"
VERSIONS = ("1.23.0", "1.24.0", "1.24.1", "1.25.0", "1.26.0", "1.27.0", "1.28.0-6", "1.29.0-6")
LEARN = """
import sys
import eqprop
from lesson import SAMPLES
from digits import train
print(sys.implementation.version[:3], "%08x" % train(eqprop.Network("64-32-10", 0, 1437), SAMPLES))
"""


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """A folder with the module `lesson`: the 200 samples that `eqprop train --limit 200` learns first."""
    data = datasets.prepare(datasets.load("digits"), 0)
    order = datasets.epoch_order(len(data.train_y), 0, 0)[:200]
    samples = np.column_stack([data.train_x[order].view(np.uint8), data.train_y[order].astype(np.uint8)]).tobytes()
    folder = tmp_path_factory.mktemp("lesson")
    (folder / "lesson.py").write_text(f"SAMPLES = {samples!r}\n")
    return folder


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_learns_the_same_bits(version, lesson, tmp_path):
    """Catches what one version cannot compile or computes otherwise."""
    interpreter = obtained(interpreters.obtain_webassembly, version)
    script = tmp_path / "learn.py"
    script.write_text(LEARN)
    argv, environment = interpreter.command(script, path=[RUNTIME, PROGRAMS, lesson])
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=300)
    release = ", ".join(version.partition("-")[0].split("."))
    assert done.stdout == f"({release}) 5db56ec2\n", done.stderr
