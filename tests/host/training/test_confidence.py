"""The table of confidence, its calibration error and AUROC: against scikit-learn's, the board's own, and by hand."""

from array import array

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

import eqprop
from eqprop.extras.confidence import Confidence
from eqprop_host.training import confidence

TARGETS = (20000, 4000)


def test_auroc_is_scikit_learns():
    """With ties. Catches: a tie counted as won, the two sides changed."""
    random = np.random.default_rng(0)
    higher, lower = random.integers(3, 12, 40), random.integers(0, 9, 70)
    found = confidence.auroc(higher, lower)
    labels = np.repeat([1, 0], (40, 70))
    assert found == pytest.approx(roc_auc_score(labels, np.concatenate((higher, lower)))) and found > 0.7
    assert confidence.auroc(higher, lower[:0]) is None is confidence.auroc(higher[:0], lower)


def test_the_calibration_error_is_the_gap_of_each_bin():
    """By hand: of four answers at 90 %, three are right, and both at 35 %: gaps of 15 and 65 points."""
    sure = np.array([90, 90, 90, 90, 35, 35])
    right = np.array([1, 1, 1, 0, 1, 1], bool)
    assert confidence.ece_percent(sure, right) == pytest.approx((4 * 15 + 2 * 65) / 6)
    assert confidence.ece_percent(np.array([100, 0]), np.array([True, False])) == 0


def test_the_ranges_are_the_boards():
    """Catches: a range that ends elsewhere, a distance without its sign."""
    network = eqprop.Network("2-3-2", model="resistive")
    network.calibrate()
    assert network.plan.targets == TARGETS and isinstance(network.confidence, Confidence)
    for lead in (0, 3999, 4000, 11999, 27999, 28000, 32767):
        network.outputs[:] = array("h", [lead, 0])
        (found,) = confidence._ranges(confidence.margins(np.array([[lead, 0]], np.int16)), TARGETS)
        assert found == network.confidence._range()


def test_a_table_has_how_often_each_range_is_right():
    """By hand, with two answers more, right at 80 %. Catches: a range of its neighbour, a percentage of all."""
    margin = np.array([0, 100, 100, 4000, 31000])
    table = confidence.table_of(margin, np.array([0, 1, 1, 1, 1]), TARGETS)
    assert table == [72, 87, 80, 80, 80, 80, 80, 87]
    assert confidence.percent(table, np.array([3999, 4000, 32000]), TARGETS).tolist() == [72, 87, 87]


def test_no_answer_judges_itself():
    """Right at even places, wrong at odd ones, all of one margin: each half expects the other's share."""
    margin = np.zeros(20, np.int64)
    found = confidence.judged_by_halves(margin, np.arange(20) % 2 == 0, TARGETS)
    assert found[::2].tolist() == [0] * 10 and found[1::2].tolist() == [100] * 10
    assert confidence.judged_by_halves(margin[:1], np.ones(1, bool), TARGETS).tolist() == [50]
