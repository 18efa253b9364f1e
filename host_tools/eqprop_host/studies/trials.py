"""The training runs of `eqprop study mnist`: in fixed point, in float, and of a ReLU network.

A run depends only on its `Run`, so any process gets the same result. All runs use the same int8 inputs, in the order of
the same seed.
"""

import time
from dataclasses import dataclass, replace

import numpy as np

import eqprop
from eqprop_sim.sample_order import SampleOrder

from .. import datasets
from ..training.config import RunConfig, default_lr_halving_epochs, layers_text
from ..training.run import train
from .baselines import as_float, fitted

_PREDICTED = 1000  # test samples settled at a time
# Float, chosen on 10,000 held-out training samples: rates of all samples of a step together, in the unit of a shift by
# `eqprop.planning.Plan`, for 100 hidden nodes; their factor from the first epoch to the last; the nudge in the
# plan's, which integers need large; the temperature of cross-entropy in the voltage that the right output is nudged to.
_RATES = (2.0**-6, 2.0**-11)
_ONE_SIDED_RATES = (3 * 2.0**-6, 2.0**-11)  # a board's own errors, paired outputs, 20 samples to a step
_LAST = 0.04
_NUDGE = 0.1
_TEMPERATURE = 0.2


@dataclass(frozen=True)
class Run:
    """One training run of the study."""

    physics: str
    """The arithmetic, and the energy model.

    hopfield: the runtime's integers, as a board learns by default. fixed: those of the resistive model. float: the
    analog solver, float32. relu: backpropagation, by scikit-learn.
    """

    layers: tuple[int, ...]
    """Sizes, inputs first; paired outputs count twice."""

    data: str
    """The source, for `datasets.load`."""

    epochs: int
    """Passes over the training samples."""

    seed: int
    """The seed of the initial weights and of the order."""

    batch: int = 1
    """Samples per update."""

    nudging: str = "centred"
    """One of `eqprop_sim.analog.learning.NUDGINGS`."""

    loss: str = "squared"
    """squared; squared-hinge, a board's: squares on the wrong side alone; or cross-entropy of the softmax, as ReLU."""

    paired: bool = False
    """Whether a class is the difference of two outputs (Kendall et al. 2020)."""

    limit: int | None = None
    """The most training samples in an epoch; None for all."""

    first: int | None = None
    """How many training samples there are, the first ones; None for all. Hopfield and fixed alone, as the next."""

    negative: bool = False
    """Whether each feature is the largest value less it, as in pictures of a bright ground."""

    blank: float | None = None
    """The share of a training sample's features that are set to 0; None for the default; hopfield and fixed alone."""

    average: float | None = None
    """The share of the run, at its end, over which its weights are averaged; None for the default; as `blank`.

    A variant, with another nudging, loss or paired outputs, has no average."""

    lr_halving_epochs: int | None = None
    """Epochs after which the learning rate halves; None for the default; as `blank`."""

    @property
    def parameters(self):
        """The number of learnt values: conductances, or weights and biases."""
        if self.physics == "relu":
            return sum((a + 1) * b for a, b in zip(self.layers, self.layers[1:], strict=False))
        model = "hopfield" if self.physics == "hopfield" else "resistive"
        return sum(rows * columns for rows, columns in eqprop.plan(self.layers, model).shapes)

    def told(self, results):
        """Return a line about the run's results."""
        return f"{self.physics} {layers_text(self.layers)} seed {self.seed}: {results['test_error_percent']:.2f} %"

    def do(self):
        """Train, and return {"test_error_percent", "training_samples_per_second", "seconds"}, of training only."""
        of_a_board = (self.nudging, self.loss, self.paired) == ("centred", "squared-hinge", False)
        fixed = _fixed if of_a_board else _variant
        return {"hopfield": _fixed, "fixed": fixed, "float": _float, "relu": _relu}[self.physics](self)


def relu_width(inputs, outputs, parameters):
    """Return the hidden nodes of the ReLU network with the nearest number of parameters."""
    return max(1, round((parameters - outputs) / (inputs + 1 + outputs)))


def _fixed(run):
    limit = run.limit and run.limit * run.epochs
    model = "hopfield" if run.physics == "hopfield" else "resistive"
    data = _changed(run) if run.first or run.negative else run.data
    about = {name: getattr(run, name) for name in ("layers", "epochs", "seed", "blank", "average", "lr_halving_epochs")}
    config = RunConfig(data=data, limit=limit, model=model, **about)
    results = train(config, read_model=False).to_dict()
    keys = ("test_error_percent", "training_samples_per_second", "seconds", "conductance_crc")
    return {key: results[key] for key in keys}


def _changed(run):
    """Return a run's data set with its first training samples alone, or with negatives."""
    dataset = datasets.load(run.data)
    train, test = datasets.split(dataset, run.seed)
    rows = np.concatenate((train[: run.first], test))
    features = dataset.features[rows]
    if run.negative:
        features = dataset.features.max() - features
    return replace(dataset, features=features, labels=dataset.labels[rows], test_samples=len(test))


def _variant(run):
    from eqprop_sim.emulator.variants import Variant

    data = datasets.prepare(datasets.load(run.data), run.seed)
    variant = Variant(run.layers, run.seed, run.nudging, run.loss, run.paired)
    variant.learn_all(data.train_x[:0], data.train_y[:0], 0)  # compiles
    lr_halving_epochs = default_lr_halving_epochs(run.epochs)
    seconds, samples = 0.0, 0
    for epoch in range(run.epochs):
        order = SampleOrder.shuffled(len(data.train_y), run.seed).epoch(epoch)[: run.limit]
        started = time.perf_counter()
        variant.learn_all(data.train_x[order], data.train_y[order], epoch // lr_halving_epochs)
        seconds += time.perf_counter() - started
        samples += len(order)
    return _result(variant.infer_all(data.test_x), data.test_y, samples, seconds)


def _result(found, test_y, samples, seconds):
    error = 100 * float(np.mean(found != test_y))
    return {"test_error_percent": error, "training_samples_per_second": samples / seconds, "seconds": seconds}


def _samples(run):
    """Return (x, y, test x, test y), x float32 in -1..1."""
    data = datasets.prepare(datasets.load(run.data), run.seed)
    return as_float(data.train_x), data.train_y, as_float(data.test_x), data.test_y


def _float(run):
    from threadpoolctl import threadpool_limits

    from eqprop_sim.analog import Circuit, Trainer

    x, y, test_x, test_y = _samples(run)
    plan = eqprop.plan(run.layers, "resistive")
    circuit = Circuit.from_plan(plan, seed=run.seed, dtype=np.float32)
    trainer = Trainer.from_plan(
        circuit,
        plan,
        nudging=run.nudging,
        loss=run.loss,
        paired=run.paired,
        seed=run.seed,
    )
    trainer.targets = (trainer.targets[0], 0.0)
    trainer.beta *= _NUDGE
    trainer.temperature_v = _TEMPERATURE * trainer.targets[0]
    # More samples to a step: smaller steps for each. More hidden nodes: each is told less of the error
    driven, other = _ONE_SIDED_RATES if run.loss == "squared-hinge" else _RATES
    rates = (driven * run.layers[1] / 100, other)
    first = [eta * 2**shift * r / run.batch for eta, shift, r in zip(trainer.eta, plan.rate_shifts, rates, strict=True)]
    seconds, samples = 0.0, 0
    with threadpool_limits(1):
        for epoch in range(run.epochs):
            trainer.eta = [eta * _LAST ** (epoch / max(1, run.epochs - 1)) for eta in first]
            order = SampleOrder.shuffled(len(y), run.seed).epoch(epoch)[: run.limit]
            started = time.perf_counter()
            for rows in np.split(order, range(run.batch, len(order), run.batch)):
                trainer.step(x[rows], y[rows])
            seconds += time.perf_counter() - started
            samples += len(order)
        found = [trainer.predict(test_x[at : at + _PREDICTED]) for at in range(0, len(test_y), _PREDICTED)]
    return _result(np.concatenate(found), test_y, samples, seconds)


def _relu(run):
    x, y, test_x, test_y = _samples(run)
    order = SampleOrder.shuffled(len(y), run.seed).epoch(0)[: run.limit]
    started = time.perf_counter()
    network = fitted(x[order], y[order], run.layers[1:-1], run.seed, run.epochs, run.batch, alpha=0)
    seconds = time.perf_counter() - started
    return _result(network.predict(test_x), test_y, run.epochs * len(order), seconds)
