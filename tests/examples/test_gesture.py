"""examples/gesture: the same on every board, in spite of sensors, flash and power that fail; and how well it learns."""

import re
import shutil
import subprocess
import sys

import pytest

import eqprop
from eqprop.checkpoint import NAMES
from support.example import simulate
from support.places import ROOT

EXAMPLE = ROOT / "examples" / "gesture"
sys.path[:0] = [str(EXAMPLE.parent), str(EXAMPLE)]

import gestures  # noqa: E402

pytestmark = pytest.mark.slow

README = (EXAMPLE / "README.md").read_text()
BLINK = "    lamp on\n    lamp off\n"


@pytest.mark.usefixtures("unix_micropython")
@pytest.mark.parametrize("port", ["sim:", "sim:micropython"])
def test_it_prints_what_its_readme_shows(port):
    """Catches a README left behind."""
    assert f"```\n{simulate('gesture', port)}```" in README


def test_it_runs_in_96_kb_on_boards(cortex_board, tmp_path):
    """And goes on there. Catches: a program that outgrows the heap, and bits that differ on the machine-code tiers."""
    if cortex_board.cpu not in ("cortex-m0", "cortex-m3"):
        pytest.skip("M0 and M3 stand for all")
    port = f"sim:{cortex_board.cpu}"
    assert f"```\n{simulate('gesture', port, flash=tmp_path)}```" in README
    again = shutil.copytree(tmp_path, tmp_path / "again")
    assert simulate("gesture", port, "fifth", tmp_path) == simulate("gesture", act="fifth", flash=again)


@pytest.mark.parametrize(
    "act, says",
    [
        ("absent", "does not answer"),
        ("stuck", "it is stuck: [0-9]+ equal samples"),
        ("saturated", "it is saturated: 10 samples at full scale"),
        ("garbage", "it has lost its settings, or garbage"),
        ("wild", "garbage: [0-9]+ jumps of 4 g"),
    ],
)
def test_a_sensor_that_fails_is_named_and_taken_up_again(act, says):
    """Said by the lamp, too. Catches: samples that are believed, and a program that does not come back."""
    printed = simulate("gesture", act=act)
    named = [line for line in printed.splitlines() if line.startswith("sensor: ")]
    assert named and re.fullmatch(f"sensor: {says}", named[0])
    assert printed.count(named[0] + "\n" + 3 * BLINK) >= 1
    before, _, after = printed.rpartition(3 * BLINK)
    assert "learnt as gesture 0" in before and after.endswith("learnt as gesture 0\n")


def test_a_button_without_a_gesture_teaches_nothing():
    """Nor does a second press for one gesture. Catches features of an earlier one that are learnt again."""
    printed = simulate("gesture", act="nothing")
    assert printed.count("without a gesture\n" + 2 * BLINK) == 2
    assert printed.count("learnt as") == 1


def test_a_gesture_is_forgotten_when_the_sensor_fails():
    """Catches: a name for a gesture of before, a lamp that goes on asking for it."""
    printed = simulate("gesture", act="unnamed")
    assert "which is it?\nsensor: does not answer\n    lamp off\n" + 3 * BLINK in printed
    assert "button 0 without a gesture\n" + 2 * BLINK in printed
    assert "learnt as" not in printed


def test_what_was_learnt_survives_a_power_cut(tmp_path):
    """In the middle of a checkpoint: the one before is there. Catches a program that restarts, or saves too late."""
    printed = simulate("gesture", act="cut", flash=tmp_path)
    lessons = printed.count("learnt as")
    (kept,) = re.findall("^network 64-32-10: ([0-9]+) samples", simulate("gesture", act="show", flash=tmp_path))
    # Ten gestures, each with 40 that are rehearsed, and one that the power cut off
    assert lessons == 11
    assert eqprop.load(folder=str(tmp_path)).sample == int(kept)
    assert int(kept) == 10 * 41


def test_a_new_gesture_pushes_out_none_from_before_a_power_cut(tmp_path):
    """Catches examples that are gone with the power, so that the lessons after it are of the new gesture alone."""
    simulate("gesture", act="four", flash=tmp_path)
    kept = [label for _, label in eqprop.load(folder=str(tmp_path)).memory.samples()]
    assert kept.count(0) >= 2 and set(kept) == {0, 1, 2, 3}
    printed = simulate("gesture", act="fifth", flash=tmp_path)
    answers = re.findall("^(?:perhaps )?gesture ([0-9])", printed, re.MULTILINE)
    assert answers[-5:] == ["0", "1", "2", "3", "4"]


def test_buttons_may_be_added_but_not_taken_away():
    """Catches gestures that no button names."""
    network = eqprop.Network(gestures.LAYERS)
    network.remember(gestures.MEMORY)
    network.user_data = gestures.NAME
    network.learn(bytes(64), 1)
    gestures.Gestures(None, (1, 2, 3), None)._check(network)
    with pytest.raises(ValueError, match="^gesture 1: there are 1 buttons$"):
        gestures.Gestures(None, (1,), None)._check(network)


@pytest.mark.parametrize("act", ["full", "read-only"])
def test_a_flash_that_cannot_be_written_is_named_and_stops_nothing(act, tmp_path):
    """Catches: a failure that goes unsaid, learning that ends with it, a checkpoint that a full flash destroys."""
    printed = simulate("gesture", act=act, flash=tmp_path)
    assert f"flash: full, read-only or broken: learnt, but not kept\n{4 * BLINK}" in printed
    if act == "full":  # and when there is room again, all is kept
        assert printed.endswith("flash: kept again\n")
        assert eqprop.load(folder=str(tmp_path)).sample == 3 * 41
    else:
        assert printed.count("learnt as") == 2
        # Two presses; 1, 3 and 7 minutes after the second: more might wear out a flash that fails
        assert printed.count("not kept") == 5


@pytest.mark.parametrize("act, layers", [("other", (4, 3, 2)), ("alike", (64, 32, 10))])
def test_another_programs_network_is_left_as_it_is(act, layers, tmp_path):
    """Catches a program that restarts over what was learnt, or goes on with what is not its own."""
    printed = simulate("gesture", act=act, flash=tmp_path)
    assert printed.startswith("stopped, flash untouched: ") and 5 * BLINK in printed
    assert "learnt" not in printed
    kept = eqprop.load(folder=str(tmp_path))
    assert (kept.layers, kept.sample) == (layers, 0)
    assert not (tmp_path / NAMES[1]).exists() or not (tmp_path / NAMES[0]).exists()


@pytest.mark.parametrize("cpu", ["cortex-m0"])  # the slower one; the README has both
def test_a_control_loop_keeps_its_rhythm(cpu, cortex_board):
    """At 125 MHz: less than 5 ms late. Catches lessons that are learnt at one go: 10 million instructions."""
    if cortex_board.cpu != cpu:
        pytest.skip("another board")
    printed = simulate("gesture", f"sim:{cpu}", "timed", program="robot", options=["per_us=125"])
    moving, standing = map(int, re.search("stands: ([0-9]+) ([0-9]+)$", printed.strip()).groups())
    assert 10_000 < moving < 10_000 + 625_000 // 125
    assert printed.count("learnt as") == 5


def test_the_study_reaches_its_figures():
    """Of one hand; the README's are of ten. Catches features or lessons that spoil what is learnt."""
    argv = [sys.executable, str(EXAMPLE / "study.py"), "--seeds", "1"]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines() if line.startswith("|")]
    ours, near, relu = rows[2:]
    assert float(ours[6]) >= 95
    assert min(float(near[6]), float(relu[6])) >= 95
    assert ours[-1] in README and near[-1] in README and relu[-1] in README
