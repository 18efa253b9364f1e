"""Tiers of the network's dynamics: which is in use, and what they refuse before they touch memory."""

import shutil
import subprocess
from pathlib import Path

import pytest

import eqprop
from support.cross_compilers import compiled
from support.places import PROGRAMS, RUNTIME
from support.references.refusals import REFUSALS


def run(micropython, *arguments):
    """Return the lines that programs/faults/refusals.py prints."""
    argv, environment = micropython.command(PROGRAMS / "faults/refusals.py", *arguments, path=[str(RUNTIME)])
    result = subprocess.run(argv, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def test_the_fastest_tier_is_in_use_from_the_start(unix_micropython):
    assert run(unix_micropython)[0] == "viper"


@pytest.mark.parametrize("tier", ["viper", "plain"])
def test_every_tier_refuses_what_it_must_not_touch(unix_micropython, tier):
    """By the verbs of the crossbar itself. Catches: code that reads past a short buffer, or a number as an address."""
    _, *refusals = run(unix_micropython, tier)
    assert refusals == REFUSALS


def test_machine_code_of_another_processor_is_named(cortex_m3, tmp_path):
    """Catches MicroPython's own words alone, which name no file."""
    package = tmp_path / "eqprop"
    shutil.copytree(Path(eqprop.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "hopfield" / "kernels" / "thumb.py").unlink()
    source = package / "hopfield" / "kernels" / "viper.py"
    assert compiled("xtensawin", source, source.with_suffix(".mpy")) == ""
    source.unlink()
    program = tmp_path / "program.py"
    program.write_text("import eqprop\neqprop.Network('2-2')\n")
    argv, environment = cortex_m3.command(program, path=[tmp_path])
    done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ValueError: eqprop/hopfield/kernels/viper.mpy: ")
    assert last.endswith(": made for another processor?")
