"""What the network learns: digits, exclusive-or, irises, on the compiled emulator (any board's bits).

Slow ways to learn badly that these catch: a sign in the update, a nudge in one phase only, a rate a factor of four
off, one output's target for another's.
"""

import dataclasses
import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from eqprop_host import RunConfig, datasets, train
from eqprop_host.training.config import default_lr_halving_epochs
from eqprop_sim.emulator.compiled_network import Network
from eqprop_sim.sample_order import SampleOrder

pytestmark = pytest.mark.slow


def learn(layers, data, seed, epochs):
    """Return a generator of the test error in percent after each epoch."""
    count = len(data.train_y)
    network = Network(layers, seed, default_lr_halving_epochs(epochs) * count)
    for epoch in range(epochs):
        for n in SampleOrder.shuffled(count, seed).epoch(epoch):
            network.learn(data.train_x[n], data.train_y[n])
        wrong = sum(network.infer(x) != y for x, y in zip(data.test_x, data.test_y, strict=True))
        yield 100 * wrong / len(data.test_y)


def final_errors(layers, source, epochs, seeds, test_fraction=0.2):
    """Return the test error in percent of runs with seeds 0, 1, ..."""
    config = RunConfig(data=source, test_fraction=test_fraction, layers=layers, epochs=epochs)
    runs = [train(dataclasses.replace(config, seed=seed), read_model=False) for seed in range(seeds)]
    return [run.test_error_percent for run in runs]


def backpropagated_errors(hidden, epochs, seeds):
    """Return the test errors of float ReLU networks with as many hidden nodes, trained by Adam on the same samples."""
    dataset = datasets.load("digits")
    errors = []
    for seed in range(seeds):
        data = datasets.prepare(dataset, seed)
        # Of batches of 4, 8 and 16 and rates of 0.001 to 0.01 the best for 32 hidden nodes
        network = MLPClassifier((hidden,), batch_size=8, learning_rate_init=3e-3, max_iter=epochs, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # as many epochs as asked for, and no more
            network.fit(data.train_x / 127, data.train_y)
        errors.append(100 - 100 * network.score(data.test_x / 127, data.test_y))
    return errors


@pytest.mark.parametrize(("hidden", "most"), [(32, 2.3), (16, 3.2)])
def test_digits(hidden, most):
    """The mean error, no seed that fails, and no more errors than by backpropagation in floating point."""
    errors = final_errors(f"64-{hidden}-10", "digits", epochs=10, seeds=10)
    assert np.mean(errors) <= most and max(errors) <= 5.0, errors
    assert np.mean(errors) <= np.mean(backpropagated_errors(hidden, epochs=10, seeds=10))


def test_xor():
    data = datasets.prepare(datasets.load("xor"), seed=0)
    solved = [0.0 in learn("2-8-2", data, seed, epochs=200) for seed in range(10)]
    assert sum(solved) >= 9, solved


def test_iris():
    errors = final_errors("4-16-3", "iris", epochs=60, seeds=5, test_fraction=1 / 3)
    assert np.mean(errors) <= 4.0, errors


def test_a_wide_network_learns():
    errors = final_errors("64-512-10", "digits", epochs=2, seeds=1)
    assert np.mean(errors) <= 10.0, errors


def test_a_deep_network_learns():
    errors = final_errors("64-32-16-10", "digits", epochs=10, seeds=3)
    assert np.mean(errors) <= 3.0, errors
