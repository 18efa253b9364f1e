"""Weights of 8 bits on the host: trained over the link, logged, replayed, saved, resumed, inferred with."""

import json

import numpy as np
import pytest

import eqprop
from eqprop_host import Model, RunConfig, open_board, open_log, train
from eqprop_host.cli import main
from eqprop_host.runlog.verify import verify
from eqprop_host.training.config import LogConfig
from eqprop_sim.emulator import compiled_network

CONFIG = RunConfig(data="iris", layers="4-8-3", epochs=3, model="hopfield8")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A trained network's result, and its log."""
    path = tmp_path_factory.mktemp("run") / "run.arrow"
    return train(CONFIG, log=LogConfig(path)), path


def test_every_format_names_the_model_and_holds_its_weights(run, tmp_path):
    """Catches: weights widened in one format only, a CRC of other bytes than the board's, a log that loses a sign."""
    result, path = run
    log = open_log(path)
    assert log.plan.model == result.to_dict()["model"] == result.model.model == "hopfield8"
    assert verify(log) == []
    for found, kept in zip(log.snapshot(log.averaged, ("average",)), result.model.conductances, strict=True):
        assert found.dtype == kept.dtype == np.int8
        assert np.array_equal(found.ravel(), kept)
        assert found.min() < 0 < found.max()
    exact = log.conductances(result.training_samples)
    assert all(np.array_equal(a.ravel(), b) for a, b in zip(exact, result.model.conductances, strict=True))
    result.model.save(tmp_path / "net.npz")
    loaded = Model.load(tmp_path / "net.npz")
    assert (loaded.model, f"{loaded.crc:08x}") == ("hopfield8", result.conductance_crc)


@pytest.mark.slow
@pytest.mark.parametrize("port", ["sim:", "sim:?flip=1e-4&drop=1e-4&reset_every=90&seed=3"])
def test_a_simulated_board_ends_with_the_same_weights(run, port):
    """Over the link, with a twin; a bad one, with resets. Catches: random bits that a repeated sample draws anew."""
    result, _ = run
    with open_board(port) as board:
        again = train(CONFIG, board=board)
    assert again.conductance_crc == result.conductance_crc
    assert all(np.array_equal(a, b) for a, b in zip(again.model.conductances, result.model.conductances, strict=True))


def test_a_saved_network_infers_on_a_board(run):
    """Catches: weights written to a board in pieces of another size than they have."""
    result, _ = run
    features = np.random.default_rng(0).uniform(0, 8, (20, 4))
    with open_board("sim:") as board:
        there = result.model.infer(features, board)
    assert all(np.array_equal(a, b) for a, b in zip(there, result.model.infer(features), strict=True))


def lesson(n):
    """Return the features and the label of sample n."""
    return bytes((n % 256, 100, 30 * n % 256, 7)), n % 2


def test_a_checkpoint_resumes_as_if_nothing_had_happened(tmp_path):
    """On the board's own flash. Catches weights twice as long, a wrong size, random bits that begin again."""
    network, whole = (eqprop.Network("4-3-2", 1, 20, bits=8) for _ in range(2))
    for n in range(10):
        network.learn(*lesson(n))
    assert network.save(str(tmp_path))
    largest = max(tmp_path.iterdir(), key=lambda path: path.stat().st_size)
    assert largest.stat().st_size < 31 + 18 + 6 + 5 + 23 + 1 + 4 + 1
    assert b"".join([b"\1\x17\0\0\0", *map(bytes, map(network.conductances, range(2)))]) in largest.read_bytes()
    resumed = eqprop.load(folder=str(tmp_path))
    assert (resumed.model, resumed.sample, resumed.crc()) == ("hopfield8", 10, network.crc())
    for n in range(10, 60):
        resumed.learn(*lesson(n))
    for n in range(60):
        whole.learn(*lesson(n))
    assert resumed.crc() == whole.crc() != network.crc()


@pytest.mark.parametrize("kept", [16, 8])
def test_a_board_with_a_network_of_other_bits_is_refused(kept):
    """One line that names both. Catches: weights of one model sent to a network of the other."""
    with open_board("sim:") as board:
        board.configure((4, 3, 2), 1, 0, model="hopfield8" if kept == 8 else "hopfield")
        state = board.state
    assert state.model == (4 if kept == 8 else 2)
    network = eqprop.Network("4-3-2", 1, bits=24 - kept)
    sizes = [len(bytes(network.conductances(c))) for c in range(2)]
    assert sizes == ([15, 8] if kept == 16 else [30, 16])


def test_the_emulator_learns_numbers_and_steps(tmp_path):
    """The verbs one by one, and `regress`. Catches: a compiled step of the other model's."""
    for build in (eqprop.Network, compiled_network.Network):
        network = build("2-6-1", 3, bits=8)
        network.regress()
        for n in range(300):
            network.learn(bytes((n % 100, 50)), 100 * (n % 100) - 5000)
        found = [int(network.predict(bytes((n, 50)))[0]) for n in (0, 99)]
        assert found[0] < -2500 and found[1] > 2500


def test_commands_have_the_option(tmp_path, capsys):
    """`--bits` reaches the results; with another model it is one line. Catches: an option that does nothing."""
    file = tmp_path / "results.json"
    assert main(["simulate", "--data", "iris", "--epochs", "1", "--bits", "8", "--json", str(file)]) == 0
    assert json.loads(file.read_text())["model"] == "hopfield8"
    capsys.readouterr()
    assert main(["simulate", "--data", "iris", "--bits", "8", "--model", "resistive"]) == 1
    words = "eqprop: --bits 8: only the model hopfield has weights of 8 bits, not resistive\n"
    assert capsys.readouterr().err == words


def test_memory_that_rots_is_noticed():
    """Each bit of each weight, a rate, a bias. Catches: a checksum that misses a bit of a byte."""
    network = eqprop.Network("3-2-2", 1, bits=8)
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
