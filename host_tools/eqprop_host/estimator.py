"""A scikit-learn classifier and a regressor that learn by equilibrium propagation. They need the extra `sklearn`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import eqprop
from eqprop.network import DEFAULT
from eqprop_sim.sample_order import SampleOrder

from .boards.opened import opened
from .boards.records import alphabet_of
from .datasets import Dataset, Scaling, fit_scaling
from .model import Model
from .training.config import RunConfig
from .training.run import train

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, MultiOutputMixin, RegressorMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    text = "EqPropClassifier needs scikit-learn 1.6 or newer: pip install 'eqprop[sklearn]'"
    raise ImportError(text, name="sklearn") from error

_SEEDS = 2**31


class EqPropClassifier(ClassifierMixin, BaseEstimator):
    """A classifier that a board trains, or the board's emulator in this process: both give the same conductances.

        from eqprop_host import EqPropClassifier

        classifier = EqPropClassifier(hidden=(16,), epochs=30, board="sim:cortex-m3").fit(X, y)
        classifier.predict(X)

    Features are scaled to the int8 inputs of a board by the samples of `fit`, or of the first `partial_fit`; later
    values outside their range saturate. Predictions are computed in this process, in a board's own arithmetic.

    Parameters
    ----------
    hidden : sizes of the hidden layers, such as (32,) or (32, 16)
    epochs : passes of `fit` over the samples
    lr_halving_epochs : `fit` halves the learning rate after so many epochs; None as for `RunConfig`, 0 for never
    board : the board that trains: a port as `open_board` takes it, such as "/dev/ttyACM0" or "sim:cortex-m3"; None for
        the emulator in this process
    random_state : seed for the initial conductances and the order of the samples: an int, None or a RandomState
    model : the energy model, "hopfield", "hopfield8" for weights of 8 bits, "resistive" or "differential"

    Attributes
    ----------
    classes_ : labels of the classes, sorted
    n_features_in_ : features of a sample
    model_ : the trained `Model`, which can be saved and pushed to a board
    seconds_ : time that `fit` spent training

    It passes all of scikit-learn's `check_estimator`.
    """

    classes_: np.ndarray
    n_features_in_: int
    model_: Model
    seconds_: float

    def __init__(
        self,
        hidden: tuple[int, ...] = (32,),
        epochs: int = 10,
        lr_halving_epochs: int | None = None,
        board: str | None = None,
        random_state: Any = 0,
        model: str = DEFAULT,
    ) -> None:
        self.hidden = hidden
        self.epochs = epochs
        self.lr_halving_epochs = lr_halving_epochs
        self.board = board
        self.random_state = random_state
        self.model = model

    def fit(self, X: Any, y: Any) -> EqPropClassifier:
        """Learn samples X, real numbers (samples, features), of classes y, labels of any kind (samples,)."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        _check_two("y", self.classes_)
        self.model_, self.seconds_ = _trained(self, Dataset("X", X, labels.astype(np.int64), len(self.classes_)))
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> EqPropClassifier:
        """Learn samples X once, in their order, after all that was learnt before.

        classes: all classes there will be; needed in the first call, unless `fit` came before.
        """
        first = not hasattr(self, "model_")
        X, y = validate_data(self, X, y, dtype=np.float64, reset=first)
        check_classification_targets(y)
        if first and classes is None:
            raise ValueError("classes: expected all classes in the first call of partial_fit, got None")
        known = np.unique(classes) if first else self.classes_
        if classes is not None and not np.array_equal(np.unique(classes), known):
            raise ValueError(f"classes: expected those of the first call, {known!r}, got {classes!r}")
        _check_two("classes", known)
        unknown = np.setdiff1d(y, known)
        if len(unknown):
            raise ValueError(f"y: {unknown[0]!r} is not among the classes {known!r}")
        model = self._untrained(X, len(known)) if first else self.model_
        self.model_ = self._further(model, X, np.searchsorted(known, y))
        self.classes_ = known
        return self

    def _untrained(self, X: np.ndarray, classes: int) -> Model:
        """Return a network without samples learnt, whose inputs are scaled by those samples."""
        hidden = RunConfig(hidden=self.hidden, model=self.model).hidden or ()
        layers = eqprop.parse_layers((X.shape[1], *hidden, classes))
        return Model(
            layers=layers,
            seed=_seed_of(self.random_state),
            lr_halving_samples=0,
            sample=0,
            conductances=[],
            scaling=fit_scaling(X).to_dict(),
            data="",
            classes=classes,
            version=eqprop.__version__,
            test_fraction=0.0,
            model=self.model,
        )

    def _further(self, model: Model, X: np.ndarray, labels: np.ndarray) -> Model:
        """Return the model after it learnt these samples once, in their order."""
        x = Scaling.from_dict(model.scaling).quantise(X)
        alphabet, count = alphabet_of(x), len(x)
        with opened(self.board) as board:
            if model.conductances:
                model.put_on(board, alphabet=alphabet)
            else:
                board.configure(
                    model.layers, model.seed, model.lr_halving_samples, alphabet=alphabet, model=model.model
                )
            # Sample number n is row n % count of an epoch's order: the first row has to be the next sample
            rows = (np.arange(count) - model.sample) % count
            for _ in board.train(x, labels, model.sample + count, SampleOrder(count, lambda epoch: rows)):
                pass
            return replace(model, sample=model.sample + count, conductances=board.conductances(), run_number=0)

    def _voltages(self, X: Any) -> np.ndarray:
        """Return the output voltages of samples: int16 (samples, classes)."""
        check_is_fitted(self, "model_")
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return self.model_.infer(X)[1]

    def predict(self, X: Any) -> np.ndarray:
        """Return the class of each sample: that of the highest output."""
        places = self._voltages(X).argmax(axis=1)
        found: np.ndarray = self.classes_[places]
        return found

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the output voltages in steps, (samples, classes); of two classes the second's lead, (samples,)."""
        voltages = self._voltages(X).astype(np.float64)
        return voltages[:, 1] - voltages[:, 0] if voltages.shape[1] == 2 else voltages


def _check_two(name: str, classes: np.ndarray) -> None:
    """Raise ValueError naming the argument unless there are two classes or more."""
    if len(classes) < 2:
        raise ValueError(f"{name}: expected two classes or more, got one class, {classes[0]!r}")


class EqPropRegressor(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """A regressor that a board trains, or the board's emulator in this process: both give the same conductances.

        from eqprop_host import EqPropRegressor

        regressor = EqPropRegressor(hidden=(16,), epochs=30, board="sim:cortex-m3").fit(X, y)
        regressor.predict(X)

    Features and targets are scaled by the samples of `fit`; later features outside their range saturate, and no
    prediction is further outside the targets' range than a step. Predictions are computed in this process.

    Parameters
    ----------
    hidden, epochs, lr_halving_epochs, board, random_state : as for `EqPropClassifier`
    model : the energy model, "hopfield", "hopfield8" for weights of 8 bits, or "resistive"

    Attributes
    ----------
    n_features_in_ : features of a sample
    model_ : the trained `Model`, which can be saved and pushed to a board
    seconds_ : time that `fit` spent training
    """

    n_features_in_: int
    model_: Model
    seconds_: float

    def __init__(
        self,
        hidden: tuple[int, ...] = (32,),
        epochs: int = 20,
        lr_halving_epochs: int | None = None,
        board: str | None = None,
        model: str = DEFAULT,
        random_state: Any = 0,
    ) -> None:
        self.hidden = hidden
        self.epochs = epochs
        self.lr_halving_epochs = lr_halving_epochs
        self.board = board
        self.model = model
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> EqPropRegressor:
        """Learn samples X, real numbers (samples, features), with numbers y, (samples,) or (samples, targets)."""
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        targets = np.asarray(y, np.float64).reshape(len(X), -1)
        self.model_, self.seconds_ = _trained(
            self, Dataset("X", X, np.zeros(len(X), np.int64), targets.shape[1], targets=targets)
        )
        self._flat = y.ndim == 1
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the numbers predicted for each sample: float64 (samples,) or (samples, targets), as `fit` got them."""
        check_is_fitted(self, "model_")
        X = validate_data(self, X, dtype=np.float64, reset=False)
        found = self.model_.predict(X)
        return found[:, 0] if self._flat else found


def _trained(estimator: EqPropClassifier | EqPropRegressor, data: Dataset) -> tuple[Model, float]:
    """Return the model that learnt all of the data with an estimator's parameters, and the seconds that it took."""
    config = RunConfig(
        data=data,
        hidden=estimator.hidden,
        epochs=estimator.epochs,
        lr_halving_epochs=estimator.lr_halving_epochs,
        seed=_seed_of(estimator.random_state),
        test_fraction=0.0,
        model=estimator.model,
    )
    result = train(config, board=estimator.board)
    if result.interrupted or result.model is None:
        raise KeyboardInterrupt
    return result.model, result.seconds


def _seed_of(random_state: Any) -> int:
    """Return the seed of a random state: an int, None or a RandomState."""
    if isinstance(random_state, (int, np.integer)):
        return int(random_state)
    return int(check_random_state(random_state).randint(_SEEDS))
