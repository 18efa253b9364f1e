"""A Raspberry Pi Pico's own firmware, from the box to learning and back: `make boards`, minutes.

Each command starts the board anew, with what it had in its flash.
"""

import contextlib
import json
import os
import re

import pytest

from eqprop.rig.layout import Layout
from eqprop_host import datasets
from eqprop_host.boards.ports import open_board
from eqprop_host.training import run as training_run
from eqprop_sim.emulated_board import pico_chips, rp2040
from eqprop_sim.emulator.compiled_network import Network
from eqprop_sim.rig.bench import Bench, Spread
from eqprop_sim.sample_order import SampleOrder
from support.places import ROOT
from support.scripted_interrupt import ScriptedInterrupt
from support.surroundings import obtained
from support.typed_command import run

pytestmark = pytest.mark.skipif(not os.environ.get("EQPROP_BOARDS"), reason="takes minutes: make boards")

DIGITS = "20141d34"  # the CRC that `eqprop train --limit 200` prints, on any board


@pytest.fixture(scope="module", autouse=True)
def firmware():
    """Obtain what the board is made of."""
    return obtained(rp2040.obtain)


@pytest.fixture
def blank(tmp_path):
    """The URL of a board as it is bought, which keeps its flash from command to command."""
    (tmp_path / "flash").mkdir()
    return f"sim:rp2040?blank&flash={tmp_path / 'flash'}"


def crc_after(layers, samples):
    """Return the CRC of a network of those layers after so many digits, in hexadecimal."""
    data = datasets.prepare(datasets.load("digits"), 0)
    order = SampleOrder.shuffled(len(data.train_y), 0).epoch(0)[:samples]
    network = Network(layers, 0, 2 * len(data.train_y))
    network.learn_all(data.train_x[order], data.train_y[order])
    return f"{network.crc():08x}"


def test_from_the_box_to_learning_and_back(blank, capsys, monkeypatch, tmp_path):
    """With stock settings. Catches: what real firmware does otherwise than our own emulated boards' firmware."""
    code, out, err = run(capsys, "deploy", "--port", blank, "--boot", "--json", tmp_path / "deploy.json")
    assert code == 0, err
    about = json.loads((tmp_path / "deploy.json").read_text())
    assert (about["architecture"], about["tier"], about["boot"]) == ("armv6m", "thumb", True)

    log = tmp_path / "run.arrow"
    with monkeypatch.context() as patched:
        patched.setattr(training_run, "on_ctrl_c", lambda: contextlib.nullcontext(ScriptedInterrupt(20)))
        assert run(capsys, "train", "--port", blank, "--log", log, "--limit", 200)[0] == 130
    code, out, err = run(capsys, "train", "--port", blank, "--resume", log)
    assert code == 0, err
    (resumed,) = re.findall(r"the board resumes at sample (\d+)\n", err)
    assert 0 < int(resumed) < 200
    assert f"conductance CRC {DIGITS}" in out

    code, out, err = run(capsys, "pull", tmp_path / "pulled.npz", "--port", blank)
    assert code == 0, err
    with open_board(blank) as board:  # another network takes its place
        board.configure((64, 16, 10), 1, 0)
        board.save()
    code, out, err = run(capsys, "push", tmp_path / "pulled.npz", "--port", blank)
    assert code == 0, err
    with open_board(blank) as board:
        assert (board.state.layers, f"{board.state.crc:08x}") == ((64, 32, 10), DIGITS)

    code, out, err = run(capsys, "undeploy", "--port", blank)
    assert code == 0, err
    assert run(capsys, "undeploy", "--port", blank)[1] == "there was nothing to remove\n"


def test_a_large_network_in_one_go(capsys):
    """64-300-10 is configured, and learns. Catches a host that asks anew while the board still builds."""
    code, out, err = run(capsys, "train", "--port", "sim:rp2040", "--layers", "64-300-10", "--limit", 20)
    assert code == 0, err
    assert f"conductance CRC {crc_after('64-300-10', 20)}" in out


def test_a_board_that_is_reset_learns_the_same_bits(capsys):
    """Its power goes, and its port with it, every 60 samples; its flash keeps what a checkpoint holds."""
    port = "sim:rp2040?reset_every=60&unplug=1&seed=3"
    code, out, err = run(capsys, "train", "--port", port, "--limit", 200)
    assert code == 0, err
    assert f"conductance CRC {DIGITS}" in out


@pytest.mark.parametrize(("dead", "last"), [(None, "+ +: 0 "), ("U20", "U20 ADS1115: no answer at I2C address 49, ")])
def test_the_rigs_program_drives_chips_through_the_picos_own_buses(tmp_path, dead, last):
    """It calibrates 36 potentiometers and learns exclusive-or, in the example's own words.

    Catches what a simulated `machine` hides: real firmware's SPI and I2C, in frames, with chip selects on real pins.
    """
    board, clock = rp2040.obtain(), pico_chips.Clock()
    example = ROOT / "examples" / "rig"
    image = tmp_path / "flash"
    board.fill(image, {"wired.py": (example / "wired.py").read_bytes(), "xor.py": (example / "main.py").read_bytes()})
    bench = Bench(Layout("2-4-2"), 1, Spread(), clock)
    bench.dead.update({dead} - {None})
    said = pico_chips.run(board, image, "xor", pico_chips.Rig(bench, ((6, 7, 8, 9), (10, 11))), clock)
    assert said.splitlines()[-1].startswith(last), said
    if not dead:
        assert said.startswith("calibrated: 36 devices of 40 to 59 kOhm\nright after ")
        assert re.findall(r": (\d) ", said) == list("0110") and "wrong" not in said
