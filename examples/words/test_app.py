"""The program in its simulated world: run `pytest` here. espeak-ng (apt, brew) lends the voices."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from eqprop_host.deploy.simulation import simulate

HERE = Path(__file__).parent


@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs espeak-ng")
def test_it_knows_the_words_that_it_was_taught(tmp_path):
    """Four voices teach, and another asks."""
    argv = [sys.executable, str(HERE / "tape.py"), str(tmp_path), "--voices", "4", "--asked", "1", "--times", "1"]
    subprocess.run(argv, check=True)
    said = re.findall(r"-- \S+ says (\S+)\nheard (\S+)", simulate(HERE, flash=tmp_path))
    assert len(said) > 20 and sum(word == heard for word, heard in said[-6:]) >= 3
