"""Blanked training samples: which features, how many, and in what order a run learns them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop_host.boards.records import alphabet_of
from eqprop_host.datasets import blanked, blanked_order
from eqprop_sim.sample_order import SampleOrder

COUNT, FEATURES, EPOCHS, SHARE = 50, 21, 100, 0.25
X = np.random.default_rng(0).integers(1, 128, (COUNT, FEATURES)).astype(np.int8)
Y = np.arange(COUNT)
ORDER = SampleOrder.shuffled(COUNT, 3)
ROWS, LABELS = blanked(X, Y, SHARE, 3, EPOCHS)
NUMBERS = blanked_order(ORDER, EPOCHS)


def test_every_epoch_learns_the_same_samples_in_the_same_order():
    """Catches labels of other samples, and rows beyond the end in a long run."""
    for epoch in (0, 1, 63, 64, 79, 80, 99):
        rows = NUMBERS.epoch(epoch)
        assert np.array_equal(LABELS[rows], ORDER.epoch(epoch)) and NUMBERS.count == COUNT
        learnt = ROWS[rows]
        assert learnt.dtype == np.int8 and np.array_equal(np.where(learnt, learnt, X[LABELS[rows]]), X[LABELS[rows]])


@pytest.mark.parametrize(("epochs", "blanking"), [(1, 1), (4, 4), (5, 4), (10, 8), (100, 80)])
def test_the_last_fifth_of_the_epochs_blanks_nothing(epochs, blanking):
    rows, order = blanked(X, Y, SHARE, 3, epochs)[0], blanked_order(ORDER, epochs)
    blanks = [(rows[order.epoch(n)] == 0).mean() for n in range(epochs)]
    assert min(blanks[:blanking]) > 0.2 and not any(blanks[blanking:])


def test_a_share_of_the_features_is_blanked_others_each_time():
    """Catches blanks that a feature, a sample, an epoch or a seed shares with the next."""
    blanks, again = (
        (blanked(X, Y, SHARE, seed, EPOCHS)[0][np.arange(64 * COUNT)] == 0).reshape(64, COUNT, FEATURES)
        for seed in (3, 4)
    )
    assert abs(blanks.mean() - SHARE) < 0.005
    for axes in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(blanks.mean(axis=axes) - SHARE).max() < 0.06
    for one, other in ((blanks[1:], blanks[:-1]), (blanks[:, 1:], blanks[:, :-1]), (blanks[..., 1:], blanks[..., :-1])):
        assert abs((one & other).mean() - SHARE**2) < 0.005
    assert abs((blanks & again).mean() - SHARE**2) < 0.005


def test_the_blanks_never_change():
    """A run gives the same conductances with every NumPy: the bits are SplitMix64's, whose first outputs are known."""
    outputs = (0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC)
    ones, _ = blanked(np.ones((2, 8), np.int8), np.zeros(2), 0.5, 0, 2)
    kept = [[byte >= 128 for byte in output.to_bytes(8, "little")] for output in outputs]
    assert np.array_equal(ones[np.arange(4)] == 1, kept) and ones[np.arange(4, 6)].all()
    order = blanked_order(SampleOrder(2), 100)
    assert [order.epoch(n).tolist() for n in (0, 1, 63, 64, 99)] == [[0, 1], [2, 3], [126, 127], [0, 1], [128, 129]]


@given(st.integers(1, 255), st.integers(0, 2**32 - 1), st.integers(1, 200), st.data())
def test_a_row_is_the_same_whoever_asks(share, seed, epochs, data):
    """Alone or among others, in any order: a board's host asks for few rows at once, a reader of its log for many."""
    rows, labels = blanked(X, Y, share / 256, seed, epochs)
    numbers = np.array(data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=9)))
    assert len(labels) == len(rows) and np.array_equal(labels[numbers], numbers % COUNT)
    assert all(np.array_equal(row, rows[np.array([n])][0]) for row, n in zip(rows[numbers], numbers, strict=True))
    assert set(alphabet_of(rows[numbers])) <= set(alphabet_of(rows))
