"""The differential model on the host: trained over the link, logged, replayed, saved, and inferred with."""

import sys

import numpy as np
import pytest

import eqprop
from eqprop_host import Model, RunConfig, open_board, open_log, train
from eqprop_host.training.config import LogConfig

CONFIG = RunConfig(data="iris", layers="4-8-6-3", epochs=3, model="differential")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A trained network's result, and its log."""
    path = tmp_path_factory.mktemp("run") / "run.arrow"
    return train(CONFIG, log=LogConfig(path)), path


def test_it_is_logged_replayed_and_saved(run, tmp_path):
    """Catches: a replay by another model's emulator, a file that forgets the model, shapes of another plan."""
    result, path = run
    log = open_log(path)
    assert log.plan.model == result.model.model == "differential"
    exact = log.conductances(result.training_samples)
    assert all(np.array_equal(a.ravel(), b) for a, b in zip(exact, result.model.conductances, strict=True))
    saved = tmp_path / "net.npz"
    result.model.save(saved)
    loaded = Model.load(saved)
    assert (loaded.model, loaded.crc) == ("differential", result.model.crc)


@pytest.mark.slow
def test_a_simulated_board_ends_with_the_same_conductances_and_infers_the_same(run):
    """Over the link, with a twin. Catches: outputs of nodes in place of classes."""
    result, _ = run
    with open_board("sim:") as board:
        again = train(CONFIG, board=board)
        assert board.state.model == 3
    assert again.conductance_crc == result.conductance_crc
    features = np.random.default_rng(0).uniform(0, 8, (20, 4))
    with open_board("sim:") as board:
        there = result.model.infer(features, board)
    assert all(np.array_equal(a, b) for a, b in zip(there, result.model.infer(features), strict=True))


def test_a_checkpoint_resumes_with_its_model(tmp_path):
    """Catches: a checkpoint of one model restored into another, a rate that depends on what was not saved."""
    network = eqprop.Network("3-5-2", 7, 20, model="differential")
    rows = [(bytes(((7 * n) % 128, (50 * n) % 256, (91 * n) % 256)), n % 2) for n in range(60)]
    for x, label in rows[:30]:
        network.learn(x, label)
    assert network.save(str(tmp_path))
    resumed = eqprop.load("3-5-2", str(tmp_path))
    for x, label in rows[30:]:
        network.learn(x, label)
        resumed.learn(x, label)
    assert resumed.model == "differential"
    assert resumed.crc() == network.crc()


def test_a_flipped_bit_is_found():
    """Catches: a displacement's bias, a conductance or a total that `inspect` does not look at."""
    network = eqprop.Network("3-5-2", 7, model="differential")
    circuit = network.crossbar.circuit
    network.inspect()
    for items, at in ((circuit.g[1], 3), (circuit.displaced[0], 5), (circuit.total[0], 1), (circuit.shape[1], 6)):
        items[at] ^= 4
        with pytest.raises(RuntimeError, match="changed by itself"):
            network.inspect()
        items[at] ^= 4
    network.inspect()


def test_a_board_without_it_says_so(monkeypatch):
    """`eqprop deploy` leaves it out. Catches: an ImportError that ends the service."""
    monkeypatch.setitem(sys.modules, "eqprop.differential.planning", None)
    monkeypatch.delattr("eqprop.differential.planning", raising=False)
    with pytest.raises(ValueError, match="^model: differential is not on this board: deploy it$"):
        eqprop.Network("3-5-2", model="differential")
