"""The runs of `eqprop study learning`: one learner, one data set, one seed.

All learners get the same int8 inputs. The seed gives the split, the initial weights and the order of the samples. Every
network is fully connected, with the same hidden layers.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from eqprop_sim.in_process import EmulatedBoard
from eqprop_sim.sample_order import SampleOrder

from ... import datasets
from ...training.average import learn_run
from ...training.config import RunConfig, default_average
from ..baselines import as_float, fitted, nearest_neighbours
from ..running import LearnerRun
from . import public_data, variations

_NEIGHBOURS = 3
_ADAM_RATE = 0.001  # scikit-learn's
_CHOSEN_ADAM_RATE = 0.01  # by `--held-out`, as the next
_SGD_RATE = 0.03
_LOGISTIC_ITERATIONS = 1000


@dataclass(frozen=True)
class Run(LearnerRun):
    """One training run, or one fit, of the study."""

    variation: str = ""
    """One of `variations.of(learner)`, or "" for the network as eqprop makes it."""

    def told(self, results):
        """Return a line about the run's results."""
        about = f"{self.data} {self.learner} {self.variation}".strip()
        return f"{about} seed {self.seed}: {results['test_error_percent']:.2f} %"

    def do(self):
        """Train, and return {"test_error_percent", "seconds"}, of training only."""
        from threadpoolctl import threadpool_limits

        dataset = public_data.load(self.data)
        if self.held_out:
            dataset = public_data.held_out(dataset, self.seed)
        data = datasets.prepare(dataset, self.seed)
        with threadpool_limits(1):
            started = time.perf_counter()
            predict = LEARNERS[self.learner].fit(self, data)
            seconds = time.perf_counter() - started
            error = 100 * float(np.mean(predict(data.test_x) != data.test_y))
        return {"test_error_percent": error, "seconds": seconds}


@dataclass(frozen=True)
class Learner:
    """A way to learn classes."""

    text: str
    """The column's head in the table."""

    loss: str
    """The loss that it makes small; "" for none."""

    fit: Callable
    """fit(run, data) learns `datasets.Prepared` and returns a function from int8 inputs to classes."""


def _energy_model(run, data):
    samples = len(data.train_y)
    layers = (data.train_x.shape[1], *run.hidden, data.classes)
    halving = RunConfig(epochs=run.epochs, model=run.learner).choices(layers, samples).halving_epochs * samples
    board = EmulatedBoard(variations.network_type(run.learner, run.variation))
    board.configure(layers, run.seed, halving, model=run.learner)
    total = run.epochs * samples
    share = variations.average(run.variation, default_average(total))
    learn_run(board, data.train_x, data.train_y, SampleOrder.shuffled(samples, run.seed), total, share)
    return lambda x: board.infer(x)[0]


def _relu(rate, epochs=None, batch=32, **more):
    """Return the `fit` of a ReLU network by scikit-learn. epochs: instead of the run's."""

    def fit(run, data):
        chosen = variations.rate(run.learner, run.variation, rate)
        about = {"seed": run.seed, "epochs": epochs or run.epochs, "batch": batch, "learning_rate_init": chosen, **more}
        network = fitted(as_float(data.train_x), data.train_y, run.hidden, **about)
        return lambda x: network.predict(as_float(x))

    return fit


def _logistic_regression(run, data):
    from sklearn.linear_model import LogisticRegression

    network = LogisticRegression(max_iter=_LOGISTIC_ITERATIONS, random_state=run.seed)
    network.fit(as_float(data.train_x), data.train_y)
    return lambda x: network.predict(as_float(x))


def _neighbours(run, data):
    return lambda x: nearest_neighbours(data.train_x, data.train_y, x, _NEIGHBOURS).answers


LEARNERS = {
    "hopfield": Learner("hopfield", "squared hinge", _energy_model),
    "hopfield8": Learner("hopfield, 8 bits", "squared hinge", _energy_model),
    "differential": Learner("differential", "squared hinge", _energy_model),
    "resistive": Learner("resistive", "squared hinge", _energy_model),
    "relu": Learner("ReLU, Adam", "cross-entropy", _relu(_ADAM_RATE)),
    "relu-chosen": Learner(f"ReLU, Adam, rate {_CHOSEN_ADAM_RATE}", "cross-entropy", _relu(_CHOSEN_ADAM_RATE)),
    "relu-sgd": Learner(
        "ReLU, one pass of SGD", "cross-entropy", _relu(_SGD_RATE, epochs=1, batch=1, solver="sgd", momentum=0)
    ),
    "logistic": Learner("logistic regression", "cross-entropy", _logistic_regression),
    "neighbours": Learner(f"{_NEIGHBOURS} nearest neighbours", "", _neighbours),
}
"""The learners by the name that `--learners` takes, in the order of the table."""

OWN = ("hopfield", "hopfield8", "differential", "resistive")
"""The learners that are eqprop's energy models."""
