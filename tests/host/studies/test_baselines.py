"""What networks are compared with: neighbours and ReLU, against scikit-learn's own and by hand."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

import eqprop
from eqprop_host.studies import baselines

RANDOM = np.random.default_rng(1)
CENTRES = RANDOM.integers(-80, 80, (4, 6))
Y = RANDOM.integers(0, 4, 90)
X = np.clip(CENTRES[Y] + RANDOM.normal(0, 40, (90, 6)), -127, 127).astype(np.int8)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_neighbours_are_those_of_scikit_learn(k):
    """Catches: int8 that wraps, a vote that counts the farthest."""
    float_x = X.astype(float)
    oracle = KNeighborsClassifier(k).fit(float_x[:60], Y[:60]).kneighbors(float_x[60:])[0].mean(axis=1)
    assert np.allclose(baselines.neighbour_distances(X[:60], X[60:], k), oracle)
    near = NearestNeighbors(n_neighbors=k).fit(float_x[:60]).kneighbors(float_x[60:])[1]
    rival = baselines.nearest_neighbours(X[:60], Y[:60], X[60:], k)
    for answer, at in zip(rival.answers, near, strict=True):
        votes = np.bincount(Y[:60][at], minlength=4)
        assert votes[answer] == votes.max()
    assert rival.kept_bytes == 60 * 7


def test_a_relu_network_learns():
    rival = baselines.relu_network(X[:60], Y[:60], X[60:], hidden=8)
    assert rival.right_percent(Y[60:]) > 60
    assert rival.kept_bytes == 4 * (7 * 8 + 9 * 4)


def test_a_network_keeps_its_conductances():
    assert baselines.conductance_bytes(eqprop.plan("4-3-2", "resistive")) == 2 * (3 * 10 + 5 * 2)
