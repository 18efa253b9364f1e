"""Baselines for a board's network on the same int8 features: nearest neighbours, and ReLU in float.

Each rival predicts test samples and reports the bytes it would store on a board: neighbours store all training samples
with their labels, a ReLU network float32 weights and biases. Neither counts the additional memory for learning.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from eqprop.fixed import U_MAX

_EPOCHS = 200


@dataclass(frozen=True)
class Rival:
    """A classifier that has seen the training samples."""

    name: str
    answers: np.ndarray
    """The predictions for the test samples: int."""
    kept_bytes: int

    def right_percent(self, labels):
        """Return the fraction of correct predictions."""
        return 100 * float(np.mean(self.answers == labels))


def conductance_bytes(plan):
    """Return the bytes that a network of this `eqprop.planning.Plan` stores: two for each conductance."""
    return 2 * sum(rows * columns for rows, columns in plan.shapes)


def neighbour_distances(x, test_x, k=1):
    """Return each test sample's mean Euclidean distance from its k nearest of x: float, in steps of int8."""
    return np.sqrt(np.sort(_squares(x, test_x), axis=1)[:, :k]).mean(axis=1)


def nearest_neighbours(x, y, test_x, k=1):
    """Return the Rival that predicts the most frequent label of the k nearest of x, or the nearest's in a tie."""
    order = np.argsort(_squares(x, test_x), axis=1, kind="stable")[:, :k]
    votes = np.zeros((len(test_x), int(np.max(y)) + 1))
    for rank in range(order.shape[1]):
        votes[np.arange(len(test_x)), y[order[:, rank]]] += 1 + 1e-6 * 2.0**-rank
    return Rival(f"{k} nearest neighbour{'s' if k > 1 else ''}", votes.argmax(axis=1), x.shape[1] * len(x) + len(x))


def as_float(x):
    """Return int8 features as float32, -1..1."""
    return np.asarray(x, np.float32) / U_MAX


def fitted(x, y, hidden, seed, epochs, batch=32, **more):
    """Return scikit-learn's ReLU network of these hidden layers, trained by Adam in one thread.

    x: float (samples, inputs). more: further arguments of `MLPClassifier`.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    from threadpoolctl import threadpool_limits

    batch = min(batch, len(x))
    network = MLPClassifier(hidden, random_state=seed, batch_size=batch, max_iter=epochs, tol=0, **more)
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is fixed
        return network.fit(x, y)


def relu_network(x, y, test_x, hidden, seed=0, epochs=_EPOCHS):
    """Return the Rival that is a ReLU network with this many hidden nodes."""
    network = fitted(as_float(x), y, (hidden,), seed, epochs)
    answers = network.predict(as_float(test_x))
    parameters = sum(a.size for a in (*network.coefs_, *network.intercepts_))
    return Rival("ReLU in float32, trained by Adam", answers, 4 * parameters)


def _squares(x, test_x):
    """Return the squared distances, int64, of each test sample (rows) from each of x."""
    x, test_x = (np.asarray(samples, np.int64) for samples in (x, test_x))
    return (test_x**2).sum(axis=1)[:, None] - 2 * test_x @ x.T + (x**2).sum(axis=1)
