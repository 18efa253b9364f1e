"""The guard of a machine: what its README promises, on every board, and all that may go wrong."""

import re
import shutil
import subprocess
import sys

import pytest

import eqprop
from support.example import simulate
from support.places import ROOT

sys.path.insert(0, str(ROOT / "examples"))


pytestmark = pytest.mark.slow

FAULTS = """\
goes on after 10000 samples
sensor: no answer
button: nothing to learn from
    absent: 0 alarms, the LED flashed 20 times
sensor: well again
button: learns that this is normal, too
flash: cannot be written, learning goes on
sensor: no answer
    absent: 0 alarms, the LED flashed 14 times
sensor: well again
sensor: stuck
    stuck: 0 alarms, the LED flashed 8 times
sensor: well again
sensor: saturated
    saturated: 0 alarms, the LED flashed 9 times
sensor: well again
sensor: samples are lost
    garbage: 0 alarms, the LED flashed 14 times
sensor: well again
"""


@pytest.fixture(scope="module")
def first_run(tmp_path_factory):
    """What the board said that learnt from nothing, and the flash that it leaves."""
    folder = tmp_path_factory.mktemp("flash")
    return simulate("anomaly", "sim:", "main", folder), folder


@pytest.fixture
def flash(first_run, tmp_path):
    """The flash of a board that has learnt."""
    return shutil.copytree(first_run[1], tmp_path / "flash")


def test_faults_that_nobody_has_seen_are_told():
    """The figures of the README, on one seed. Catches: nothing made up, a scale that is not, a limit below normal."""
    study = [sys.executable, str(ROOT / "examples/anomaly/study.py"), "--seeds", "1"]
    done = subprocess.run(study, capture_output=True, text=True, check=True)
    assert float(re.search(r"EqProp \S+ \| (\d\.\d+)", done.stdout)[1]) >= 0.95
    assert "alarms in 500 normal windows: 0\n" in done.stdout
    assert "within 100 windows: 7 of 7\n" in done.stdout


def test_a_board_learns_what_is_normal_and_then_guards_it(first_run):
    """From nothing to the alarm. Catches an alarm before the fault, or none."""
    said = first_run[0].splitlines()
    left = [f"{n} windows left to learn" for n in (2000, 1500, 1000, 500, 0)]
    assert said[:6] == ["knows nothing yet", *left]
    limit = re.fullmatch(r"on guard: the limit is (-?\d+)", said[6])[1]
    assert re.fullmatch(rf"alarm: score -?\d+, limit {limit}", said[7])


@pytest.mark.parametrize("port", ["sim:micropython", "sim:cortex-m3", "sim:cortex-m0"])
def test_the_alarm_is_the_same_on_every_board(port, flash, unix_micropython, cortex_m3):
    """After a reset, in 96 KB. Catches: a scale or a limit that is not kept, arithmetic that differs."""
    reference = simulate("anomaly", "sim:", "imbalance", flash)
    assert "alarm: score" in reference
    assert simulate("anomaly", port, "imbalance", flash) == reference


def test_what_goes_wrong_is_said_and_survived(flash, unix_micropython):
    """Catches a window of a broken sensor that is learnt or judged, a fault that ends the program or is not shown."""
    before = eqprop.load(folder=str(flash)).crc()
    for port in ("sim:", "sim:micropython"):
        assert simulate("anomaly", port, "faults", flash) == FAULTS
    assert eqprop.load(folder=str(flash)).crc() == before


def test_another_network_is_left_alone(tmp_path):
    """Catches a program that learns over another one's checkpoint."""
    assert eqprop.Network("4-5-3").save(str(tmp_path))
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    said = simulate("anomaly", "sim:", "measured", tmp_path)
    assert said.startswith("flash: layers: expected (144, 24, 2), saved (4, 5, 3)\n")
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_network_without_a_scale_and_a_limit_is_left_alone(tmp_path):
    """Of the same layers. Catches a program that takes what is no scale for one, or fails at it."""
    assert eqprop.Network("144-24-2").save(str(tmp_path))
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert simulate("anomaly", "sim:", "measured", tmp_path).startswith(
        "flash: user_data: expected 152 bytes, saved 0\n"
    )
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


@pytest.mark.parametrize(("port", "most"), [("sim:cortex-m3", 800_000), ("sim:cortex-m0", 1_000_000)])
def test_a_decision_is_quick(port, most, flash, cortex_m3):
    """Catches a slow way to the features. On boards without hardware, instructions are exact."""
    said = simulate("anomaly", port, "measured", flash).splitlines()[-1]
    assert 10_000 < int(re.fullmatch(r"from sample to decision: (\d+) instructions", said)[1]) < most
