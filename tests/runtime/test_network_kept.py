"""What a program on a board has of the runtime beside learning: keeping, loading, margin, learning in slices."""

import subprocess
import tempfile
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eqprop
from eqprop.checkpoint import NAMES
from eqprop_sim.emulator import compiled_network
from support.places import PROGRAMS, ROOT

ROWS = [(bytes((17 * n % 128, 5 * n % 90, 100 - n, 3)), n % 3) for n in range(40)]


def learnt(network, rows):
    for x, label in rows:
        network.learn(x, label)
    return network


def test_a_network_goes_on_where_it_was_saved(tmp_path):
    """With its rates too. Catches a sample number, a seed or a halving that is not kept."""
    whole = learnt(eqprop.Network("4-5-3", 7, 15), ROWS)
    assert learnt(eqprop.Network("4-5-3", 7, 15), ROWS[:23]).save(str(tmp_path))
    again = eqprop.load("4-5-3", str(tmp_path))
    assert (again.layers, again.seed, again.lr_halving_samples, again.sample) == ((4, 5, 3), 7, 15, 23)
    assert learnt(again, ROWS[23:]).crc() == whole.crc()
    assert again.save(str(tmp_path)) and eqprop.load(folder=str(tmp_path)).crc() == whole.crc()


def test_what_is_saved_last_is_loaded_whoever_saved_before(tmp_path):
    """Catches a program that never loads: its first checkpoint would be older than what an earlier one left."""
    for rows in (10, 20, 30):
        network = learnt(eqprop.Network("4-5-3", rows), ROWS[:rows])
        assert network.save(str(tmp_path))
        assert eqprop.load(folder=str(tmp_path)).crc() == network.crc()


def test_nothing_to_load_is_none(tmp_path):
    assert eqprop.load(folder=str(tmp_path)) is None
    (tmp_path / NAMES[0]).write_bytes(b"somebody else's")
    assert eqprop.load("4-5-3", str(tmp_path)) is None


def test_another_network_is_refused_and_kept(tmp_path):
    """Catches a program that restarts over what was learnt."""
    assert eqprop.Network("4-5-3").save(str(tmp_path))
    before = (tmp_path / NAMES[0]).read_bytes()
    with pytest.raises(ValueError, match=r"^layers: expected \(4, 6, 3\), saved \(4, 5, 3\)$"):
        eqprop.load("4-6-3", str(tmp_path))
    assert (tmp_path / NAMES[0]).read_bytes() == before


@pytest.mark.parametrize("error", [MemoryError("no room"), OSError(5)])
def test_a_network_that_cannot_be_read_is_no_network_that_is_not_there(error, tmp_path, monkeypatch):
    """Catches a program that restarts over what was learnt because its heap was too full that day."""
    assert eqprop.Network("4-5-3").save(str(tmp_path))
    monkeypatch.setattr(eqprop.Network, "restore", Mock(side_effect=error))
    with pytest.raises(type(error)):
        eqprop.load("4-5-3", str(tmp_path))


def test_a_folder_that_is_not_there_keeps_nothing(tmp_path):
    """And the program is told why. Catches a save that was too lately taken for one that failed."""
    network = eqprop.Network("4-5-3")
    assert not network.save(str(tmp_path / "none")) and network.save_failures == 1
    kept = eqprop.Network("4-5-3")
    while kept.save(str(tmp_path)):
        learnt(kept, ROWS[:1])
    assert kept.save_failures == 0


@given(st.binary(max_size=600), st.binary(max_size=600))
def test_user_data_are_kept_with_what_was_learnt(notes, others):
    """Of any length, and written when they alone changed. Catches notes with the CRC, or those of another one."""
    with tempfile.TemporaryDirectory() as folder:
        network = learnt(eqprop.Network("4-5-3", 7), ROWS[:3])
        assert network.user_data == b""
        for each in (notes, others):
            network.user_data = each
            assert network.save(folder)
            again = eqprop.load("4-5-3", folder)
            assert (again.user_data, again.crc(), again.sample) == (each, network.crc(), 3)
        assert again.save(folder) and eqprop.load(folder=folder).user_data == others


def test_user_data_that_are_no_bytes_are_refused_at_once(tmp_path):
    """What is like bytes is kept as it was assigned last. Catches a save that fails in the middle of its file."""
    network = eqprop.Network("4-5-3")
    for wrong in ("text", None, 5, [1, 2]):
        with pytest.raises(TypeError):
            network.user_data = wrong
    scale = bytearray(b"scale")
    network.user_data = scale
    scale[0] = 0
    with pytest.raises(RuntimeError, match="^memory: user_data changed by itself$"):
        network.save(str(tmp_path))
    network.user_data = scale
    assert network.save(str(tmp_path))
    assert eqprop.load(folder=str(tmp_path)).user_data == b"\0cale"


@given(st.lists(st.sampled_from(ROWS), max_size=12), st.integers(0, 99))
def test_slices_learn_what_learn_learns(rows, seed):
    """Catches a phase left out, and a sample counted before it is learnt."""
    network, twin = eqprop.Network("4-5-3", seed, 5), eqprop.Network("4-5-3", seed, 5)
    for x, label in rows:
        before = network.crc()
        for _ in network.learn_steps(x, label):
            assert network.crc() == before
        twin.learn(x, label)
        assert (network.crc(), network.sample) == (twin.crc(), twin.sample)
        assert (network.prediction, network.loss) == (twin.prediction, twin.loss)


@pytest.mark.parametrize("label", range(3))
def test_confidence_grows_with_learning(label):
    """Catches the lead over the lowest, or over an output before the highest alone; a share of another distance."""
    network = eqprop.Network("4-5-3", 1)
    x, _ = ROWS[5]
    seen = []
    for _ in range(200):
        network.learn(x, label)
        network.infer(x)
        seen.append(network.margin_percent)
        first, second = sorted(network.outputs)[:-3:-1]
        high, low = network.plan.targets
        assert seen[-1] == min(100, 100 * (first - second) // (high - low))
    assert seen[0] < 50 < 90 < seen[-1] <= 100


def test_confidence_is_the_same_in_the_simulator():
    """Catches NumPy's int16, which wraps."""
    network, twin = compiled_network.Network("4-5-3", 1), eqprop.Network("4-5-3", 1)
    for x, label in ROWS:
        network.learn(np.frombuffer(x, np.int8), label)
        twin.learn(x, label)
        assert network.infer(np.frombuffer(x, np.int8)) == twin.infer(x)
        assert network.margin_percent == twin.margin_percent


def test_a_slice_is_short_on_boards(cortex_board):
    """The same network in slices, and how long the longest takes. Catches slices that are none."""
    program = PROGRAMS / "learning/learn_steps.py"
    argv, environment = cortex_board.command(program, "64-32-10", path=[ROOT / "runtime"])
    done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    crcs, longest, margin = done.stdout.split(" ")
    assert len(set(crcs.split(","))) == 1
    assert 0 < int(margin) <= 100
    assert 10_000 < int(longest) < 625_000  # instructions; 5 ms at 125 MHz
