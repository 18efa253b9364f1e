"""Blanked training samples: which features, how many, and in what order a run learns them."""

import numpy as np

from eqprop_host.datasets import blanked
from eqprop_sim.sample_order import SampleOrder

COUNT, FEATURES, EPOCHS, SHARE = 50, 21, 100, 0.25
X = np.random.default_rng(0).integers(1, 128, (COUNT, FEATURES)).astype(np.int8)
Y = np.arange(COUNT)
ORDER = SampleOrder.shuffled(COUNT, 3)
ROWS, LABELS, NUMBERS = blanked(X, Y, ORDER, SHARE, 3, EPOCHS)


def test_every_epoch_learns_the_same_samples_in_the_same_order():
    """Catches labels of other samples, and rows beyond the end in a long run."""
    for epoch in (0, 1, 63, 64, 99):
        rows = NUMBERS.epoch(epoch)
        assert np.array_equal(LABELS[rows], ORDER.epoch(epoch)) and NUMBERS.count == COUNT
        learnt = ROWS[rows]
        assert learnt.dtype == np.int8 and np.array_equal(np.where(learnt, learnt, X[LABELS[rows]]), X[LABELS[rows]])


def test_a_share_of_the_features_is_blanked_others_each_time():
    """Catches blanks that a feature, a sample, an epoch or a seed shares with the next."""
    blanks = ROWS[np.arange(64 * COUNT)].reshape(64, COUNT, FEATURES) == 0
    assert abs(blanks.mean() - SHARE) < 0.005
    for axes in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(blanks.mean(axis=axes) - SHARE).max() < 0.06
    for one, other in ((blanks[1:], blanks[:-1]), (blanks[:, 1:], blanks[:, :-1]), (blanks[..., 1:], blanks[..., :-1])):
        assert abs((one & other).mean() - SHARE**2) < 0.005
    again, _, _ = blanked(X, Y, ORDER, SHARE, 4, EPOCHS)
    assert abs(((again[np.arange(64 * COUNT)] == 0).reshape(blanks.shape) & blanks).mean() - SHARE**2) < 0.005


def test_the_blanks_never_change():
    """A run gives the same conductances with every NumPy: the bits are SplitMix64's, whose first outputs are known."""
    outputs = (0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC)
    ones, _, order = blanked(np.ones((2, 8), np.int8), np.zeros(2), SampleOrder(2), 0.5, 0, 2)
    assert [order.epoch(n).tolist() for n in range(3)] == [[0, 1], [2, 3], [0, 1]]
    kept = [[byte >= 128 for byte in output.to_bytes(8, "little")] for output in outputs]
    assert np.array_equal(ones[np.arange(4)] == 1, kept)
