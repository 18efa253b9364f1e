"""What the network learns: digits, exclusive-or, irises, on the compiled emulator (any board's bits).

Slow ways to learn badly that these catch: a sign in the update, a nudge in one phase only, a rate a factor of four
off, one output's target for another's.
"""

import numpy as np

from eqprop_host import datasets
from eqprop_host.training import default_halve_epochs
from eqprop_sim.emulator import Network


def learn(layers, data, seed, epochs):
    """Return a generator of the test error in percent after each epoch."""
    count = len(data.train_y)
    network = Network(layers, seed, default_halve_epochs(epochs) * count)
    out = np.zeros(network.layers[-1], np.int16)
    for epoch in range(epochs):
        for n in datasets.epoch_order(count, seed, epoch):
            network.learn(data.train_x[n], data.train_y[n])
        wrong = sum(network.infer(x, out) != y for x, y in zip(data.test_x, data.test_y, strict=True))
        yield 100 * wrong / len(data.test_y)


def final_errors(layers, source, epochs, seeds, test_fraction=0.2):
    dataset = datasets.load(source)
    return [
        list(learn(layers, datasets.prepare(dataset, seed, test_fraction), seed, epochs))[-1] for seed in range(seeds)
    ]


def test_digits():
    errors = final_errors("64-32-10", "digits", epochs=10, seeds=5)
    assert np.mean(errors) <= 4.0 and max(errors) <= 5.5, errors


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
    assert np.mean(errors) <= 6.0, errors
