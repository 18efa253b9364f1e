"""Networks that remember samples: what they forget, what they learn of few, and that all interpreters agree."""

import runpy
import struct
import subprocess
from binascii import crc32
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eqprop
from eqprop.checkpoint import NAMES
from eqprop_host import datasets
from eqprop_host.studies.baselines import nearest_neighbours
from eqprop_sim.emulator import compiled_network
from support.places import PROGRAMS, RUNTIME

PROGRAM = PROGRAMS / "learning/remembering.py"
KEEPS_100 = 20 + 64 + 5 * 10 + 100 * (64 + 22)
"""Bytes for 100 samples of the digits."""


@pytest.fixture(scope="module")
def reference():
    """What CPython's plain kernels make of programs/learning/remembering.py."""
    program = runpy.run_path(str(PROGRAM))
    return program["report"](eqprop.Network(program["LAYERS"], 1))


def test_the_emulator_remembers_the_same(reference):
    program = runpy.run_path(str(PROGRAM))
    assert program["report"](compiled_network.Network(program["LAYERS"], 1)) == reference


def printed(interpreter, tier):
    argv, environment = interpreter.command(PROGRAM, tier, path=[str(RUNTIME)])
    done = subprocess.run(argv, env=environment, input="", capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.mark.parametrize("tier", ["viper", "plain"])
def test_micropython_remembers_the_same_and_allocates_nothing(tier, reference, unix_micropython):
    """Catches: a slice or an iterator on the heap, an order that differs, a sign that viper sees otherwise."""
    assert printed(unix_micropython, tier) == reference


def test_boards_remember_the_same_and_allocate_nothing(emulated_board, reference):
    tier = "thumb" if emulated_board.cpu.startswith("cortex") else "viper"
    assert printed(emulated_board, tier) == reference


@cache
def digits(seed):
    return datasets.prepare(datasets.load("digits"), seed)


def error(network, x, y):
    """Return the percentage of these samples whose class is not what the network says."""
    return 100 * float(np.mean([network.infer(row) != label for row, label in zip(x, y, strict=True)]))


@pytest.mark.slow
def test_classes_that_come_in_pairs_are_not_forgotten():
    """Two of ten classes at a time, once, with 100 samples kept: 9 % at most; without any 60 % or more.

    Catches: nothing rehearsed, a memory that the last classes fill.
    """
    errors = {True: [], False: []}
    for seed in range(5):
        data = digits(seed)
        for remembers, found in errors.items():
            network = compiled_network.Network("64-32-10", seed)
            if remembers:
                network.remember(KEEPS_100)
                assert network.memory.capacity == 100
            for first in range(0, 10, 2):
                pair = np.flatnonzero(data.train_y // 2 == first // 2)
                for n in np.random.default_rng([seed, first]).permutation(pair):
                    network.learn(data.train_x[n], int(data.train_y[n]), 4 if remembers else 0)
            found.append(error(network, data.test_x, data.test_y))
    assert np.mean(errors[True]) <= 9 < 60 < np.mean(errors[False]), errors


@pytest.mark.slow
def test_a_class_that_comes_later_costs_the_others_little():
    """Fifty samples of it: the others get worse by two points at most, and it is known. Catches: no rehearsal."""
    worse, unknown = [], []
    for seed in range(5):
        data = digits(seed)
        new = (9, 3, 0, 5, 7)[seed]
        network = compiled_network.Network("64-32-10", seed)
        network.remember(KEEPS_100)
        others, tested = data.train_y != new, data.test_y != new
        for epoch in range(3):
            for n in np.random.default_rng([seed, epoch]).permutation(np.flatnonzero(others)):
                network.learn(data.train_x[n], int(data.train_y[n]), 2)
        before = error(network, data.test_x[tested], data.test_y[tested])
        for n in np.flatnonzero(~others)[:50]:
            network.learn(data.train_x[n], new, 8)
        worse.append(error(network, data.test_x[tested], data.test_y[tested]) - before)
        unknown.append(error(network, data.test_x[~tested], data.test_y[~tested]))
    assert np.mean(worse) <= 2, worse
    assert np.mean(unknown) <= 12, unknown


@pytest.mark.slow
@pytest.mark.parametrize("source", ["digits", "iris"])
def test_few_samples_are_as_good_as_to_nearest_neighbours(source):
    """Within two points for up to ten samples a class. Catches: a network that answers before it knows."""
    for seed in range(3):
        data = datasets.prepare(datasets.load(source), seed)
        classes = int(data.train_y.max()) + 1
        network = compiled_network.Network((data.train_x.shape[1], 32, classes), seed)
        network.remember(20000)
        order = [np.flatnonzero(data.train_y == c) for c in range(classes)]
        shown = []
        for shot in range(10):
            for c in range(classes):
                shown.append(order[c][shot])
                network.learn(data.train_x[shown[-1]], c, 4)
            near = nearest_neighbours(data.train_x[shown], data.train_y[shown], data.test_x)
            theirs = 100 - near.right_percent(data.test_y)
            assert error(network, data.test_x, data.test_y) <= theirs + 2


@pytest.mark.slow
def test_the_network_takes_over():
    """After a pass over the digits nearly every class is its own. Catches: neighbours that decide for ever."""
    data = digits(0)
    network = compiled_network.Network("64-32-10", 0)
    network.remember(KEEPS_100)
    for x, y in zip(data.train_x, data.train_y, strict=True):
        network.learn(x, int(y), 2)
    alone = 100 * np.mean(network.infer_all(data.test_x)[0] != data.test_y)
    assert network.memory.new_classes <= 1
    assert error(network, data.test_x, data.test_y) == pytest.approx(alone, abs=1)


ROWS = [(bytes((17 * n % 128, 5 * n % 90, 100 - n, 3)), n % 3) for n in range(40)]


@given(st.lists(st.tuples(st.sampled_from(ROWS), st.integers(0, 3)), max_size=12), st.integers(0, 99))
def test_steps_learn_and_keep_what_learn_does(samples, seed):
    """Catches: a sample that is kept before it is learnt, or rehearsed twice; the last rehearsed one's prediction."""
    network, twin = eqprop.Network("4-5-3", seed, 5), eqprop.Network("4-5-3", seed, 5)
    network.remember(200)
    twin.remember(200)
    for (x, label), replay in samples:
        for _ in network.learn_steps(x, label, replay):
            pass
        before = twin.infer(x)
        twin.learn(x, label, replay)
        assert twin.prediction == before
        assert (network.crc(), network.sample) == (twin.crc(), twin.sample)
        assert (network.prediction, network.loss) == (twin.prediction, twin.loss)
        assert [bytes(x) for x, _ in network.memory.samples()] == [bytes(x) for x, _ in twin.memory.samples()]


def test_rehearsed_samples_count_as_learnt():
    """So the rate falls by them, too."""
    network = eqprop.Network("4-5-3")
    network.remember(200)
    for x, label in ROWS[:5]:
        network.learn(x, label, 3)
    assert network.sample == 5 + 15


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda n: n.learn(bytes(4), 0, 2), "replay: 2, but the network has no memory: call remember first"),
        (lambda n: n.learn_steps(bytes(4), 0, 2), "replay: 2, but the network has no memory: call remember first"),
        (lambda n: n.remember(60), "size_bytes: 60 keep no sample, 65 keep one"),
        (lambda n: n.remember(200) or n.remember(200), "remember: the network has a memory already, of 195 bytes"),
        (lambda n: n.remember(200) or n.learn(bytes(4), 0, 256), "replay: 256 is not a whole number in 0..255"),
        (lambda n: n.remember(200) or n.learn(bytes(4), 0, -1), "replay: -1 is not a whole number in 0..255"),
        (lambda n: n.remember(200) or n.learn(bytes(4), 0, 1.5), "replay: 1.5 is not a whole number in 0..255"),
        (lambda n: n.remember(200) or n.learn(bytes(4), 3, 1), "label: 3 is not a whole number in 0..2"),
        (lambda n: n.remember(200) or n.learn(bytes(3), 0, 1), "x: 3 features for 4 inputs"),
    ],
)
def test_what_cannot_be_is_refused_by_name(call, message):
    """And nothing is learnt or kept. Catches: a sample kept that the crossbar refuses."""
    network = eqprop.Network("4-5-3")
    before = network.crc()
    with pytest.raises(ValueError, match=f"^{message}$"):
        call(network)
    assert (network.sample, network.crc()) == (0, before)
    assert not network.memory or network.memory.count == 0


def test_a_memory_too_big_for_the_heap_is_refused_with_both_numbers(unix_micropython, run):
    """And the network goes on without. Catches: an allocation that fails halfway."""
    program = (
        "import eqprop\nn = eqprop.Network('8-4-2')\n"
        "try:\n    n.remember(300000)\nexcept MemoryError as error:\n    print(error)\n"
        "n.learn(bytes(8), 1)\nprint(n.memory, n.sample)\n"
    )
    done = run(unix_micropython, program, heap_bytes=200000, path=[str(RUNTIME)])
    refused, after = done.stdout.decode().splitlines()
    assert refused.startswith("size_bytes: 299978 of heap, ") and refused.endswith(" are free")
    assert after == "None 1"


def test_a_checkpoint_keeps_what_is_remembered(tmp_path):
    """And the network goes on as if it had never been off. Catches: a memory that starts empty, or draws otherwise."""
    network = eqprop.Network("4-5-3", 3)
    network.remember(200)
    network.user_data = b"mine"
    for x, label in ROWS[:20]:
        network.learn(x, label, 2)
    assert network.save(str(tmp_path), force=True)
    again = eqprop.load("4-5-3", str(tmp_path))
    assert (again.user_data, again.memory.size_bytes) == (b"mine", network.memory.size_bytes)
    for each in (network, again):
        for x, label in ROWS[20:]:
            each.learn(x, label, 2)
    assert (again.crc(), again.sample, again.infer(ROWS[0][0])) == (network.crc(), 120, network.infer(ROWS[0][0]))
    assert again.save(str(tmp_path), force=True)


def test_a_network_that_remembers_is_never_saved_rotten(tmp_path):
    """Catches a memory that `inspect` passes over."""
    network = eqprop.Network("4-5-3")
    network.remember(200)
    network.learn(*ROWS[0])
    network.memory.sample(0)[2] ^= 8
    with pytest.raises(RuntimeError, match="^memory: memory of samples changed by itself$"):
        network.save(str(tmp_path), force=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind, words", [(99, "checkpoint: extra 99 is unknown"), (2, "memory of samples")])
def test_a_memory_that_is_not_this_networks_is_refused(kind, words, tmp_path):
    """By one line. Catches: a part of a newer eqprop that is skipped, bytes of another memory."""
    network = eqprop.Network("4-5-3")
    network.remember(200)
    network.learn(*ROWS[0])
    network.save(str(tmp_path), force=True)
    file = tmp_path / NAMES[0]
    content = bytearray(file.read_bytes())
    at = content.index(struct.pack("<BI", 2, network.memory.size))
    content[at] = kind
    content[at + 5] = 9
    file.write_bytes(content[:-4] + struct.pack("<I", crc32(content[:-4])))
    with pytest.raises(ValueError, match=words):
        eqprop.load(folder=str(tmp_path))
