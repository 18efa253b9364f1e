"""The second energy model on the host: named in messages, files and logs; trained, logged, resumed and evaluated."""

import json

import numpy as np
import pytest

import eqprop
from eqprop_host import Model, RunConfig, open_board, open_log, train
from eqprop_host.cli import main
from eqprop_host.errors import DataError
from eqprop_host.training.config import LogConfig

CONFIG = RunConfig(data="iris", layers="4-8-3", epochs=3, model="hopfield")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A trained network's result, and its log."""
    path = tmp_path_factory.mktemp("run") / "run.arrow"
    return train(CONFIG, log=LogConfig(path)), path


def test_every_format_names_the_model_and_holds_signed_weights(run, tmp_path):
    """Catches: weights read as unsigned numbers, a model that a file forgets."""
    result, path = run
    log = open_log(path)
    assert log.plan.model == result.to_dict()["model"] == result.model.model == "hopfield"
    last = log.snapshot(log.averaged, ("average",))
    for found, kept in zip(last, result.model.conductances, strict=True):
        assert found.dtype == kept.dtype == np.int16
        assert np.array_equal(found.ravel(), kept)
        assert found.min() < 0 < found.max()
    saved = tmp_path / "net.npz"
    result.model.save(saved)
    loaded = Model.load(saved)
    assert (loaded.model, loaded.crc) == ("hopfield", result.model.crc)


def test_a_log_replays_to_the_same_conductances(run):
    """Catches: a replay by the other model's emulator."""
    result, path = run
    exact = open_log(path).conductances(result.training_samples)
    assert all(np.array_equal(a.ravel(), b) for a, b in zip(exact, result.model.conductances, strict=True))


@pytest.mark.slow
def test_a_simulated_board_ends_with_the_same_conductances(run):
    """Over the link, with a twin. Catches: a CONFIGURE that does not say the model."""
    result, _ = run
    with open_board("sim:") as board:
        again = train(CONFIG, board=board)
        assert board.state.model == 2
    assert again.conductance_crc == result.conductance_crc
    assert all(np.array_equal(a, b) for a, b in zip(again.model.conductances, result.model.conductances, strict=True))


def test_a_saved_network_infers_on_a_board(run):
    result, _ = run
    features = np.random.default_rng(0).uniform(0, 8, (20, 4))
    with open_board("sim:") as board:
        there = result.model.infer(features, board)
    assert all(np.array_equal(a, b) for a, b in zip(there, result.model.infer(features), strict=True))


def test_what_cannot_be_is_one_line(run, tmp_path, capsys):
    """Catches: a chip that is told to be of another model, a file of one model read as the other's."""
    with pytest.raises(
        DataError, match="^model: expected resistive or hopfield or differential or hopfield8, got 'ising'$"
    ):
        RunConfig(model="ising")
    assert main(["simulate", "--model", "hopfield", "--physics", "analog"]) == 1
    assert capsys.readouterr().err == (
        "eqprop: --model hopfield: a simulated chip is resistive: leave out --physics analog\n"
    )
    with pytest.raises(ValueError, match="^layers: 3-3000-2 is too wide for a hopfield network$"):
        eqprop.Network("3-3000-2", model="hopfield")


def test_commands_name_the_model(tmp_path):
    """`--model` reaches simulate's and bench's results."""
    file = tmp_path / "results.json"
    assert main(["simulate", "--data", "iris", "--epochs", "1", "--model", "hopfield", "--json", str(file)]) == 0
    assert json.loads(file.read_text())["model"] == "hopfield"


def test_a_checkpoint_resumes_with_its_model(tmp_path):
    """On the board's own flash. Catches: a checkpoint of one model restored into the other."""
    network = eqprop.Network("4-3-2", 1, model="hopfield")
    for n in range(10):
        network.learn(bytes((n, 100, 30 * n % 256, 7)), n % 2)
    assert network.save(str(tmp_path))
    loaded = eqprop.load(folder=str(tmp_path))
    assert (loaded.model, loaded.sample, loaded.crc()) == ("hopfield", 10, network.crc())


def test_memory_that_rots_is_noticed():
    """Each bit of each weight, a rate, a bias. Catches: a checksum that misses a bit."""
    network = eqprop.Network("3-2-2", 1, model="hopfield")
    network.learn(bytes((1, 2, 3)), 1)
    network.inspect()
    circuit = network.crossbar.circuit
    for items in (*circuit.w, circuit.rate_shifts, circuit.phases[0][0], circuit.inputs):
        for bit in range(8 * items.itemsize):
            at = len(items) - 1
            kept = items[at]
            flipped = bytearray(items.tobytes())
            flipped[at * items.itemsize + bit // 8] ^= 1 << bit % 8
            items[at] = type(items)(items.typecode, bytes(flipped))[at]
            with pytest.raises(RuntimeError, match="changed by itself"):
                network.inspect()
            items[at] = kept
    network.inspect()
