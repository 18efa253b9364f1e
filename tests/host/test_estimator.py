"""`EqPropClassifier`, `EqPropRegressor`: scikit-learn estimators like any others, with the bits of a board."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures
from sklearn.utils.estimator_checks import parametrize_with_checks

from eqprop_host import EqPropClassifier, EqPropRegressor, RunConfig, load_data, train
from eqprop_host.errors import PortError
from support.places import PYTHONPATH

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]


@pytest.mark.slow
@parametrize_with_checks([EqPropClassifier(epochs=10), EqPropRegressor(epochs=10)])
def test_it_passes_every_check_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.usefixtures("unix_micropython")
def test_every_board_gives_the_same_classifier():
    """In this process, on a simulated board and on MicroPython: fit, then a part more. Catches another board used."""
    found = []
    for board in (None, "sim:", "sim:micropython"):
        classifier = EqPropClassifier(hidden=(5,), epochs=2, board=board).fit(X, NAMES)
        fitted = classifier.model_.crc
        classifier.partial_fit(X[::7], NAMES[::7])
        found.append((fitted, classifier.model_.crc, classifier.model_.sample))
    assert found[0] == found[1] == found[2] and found[0][2] == 2 * 150 + 22


def test_fit_is_a_training_run():
    """Catches another split, order or seed than that of `train`."""
    config = RunConfig(data="iris", hidden="16", epochs=5, seed=7, test_fraction=0)
    classifier = EqPropClassifier(hidden=(16,), epochs=5, random_state=7).fit(load_data("iris").features, NAMES)
    assert classifier.model_.crc == train(config).model.crc
    assert list(classifier.classes_) == sorted(set(NAMES)) and classifier.score(X, NAMES) > 0.9


def test_parts_are_learnt_in_their_order_and_add_up():
    """Catches a part that begins in its middle, or from the first conductances again."""
    parts = EqPropClassifier(hidden=(6,)).partial_fit(X, Y, classes=[0, 1, 2])
    for first in range(0, 150, 40):
        parts.partial_fit(X[first : first + 40], Y[first : first + 40])
    whole = EqPropClassifier(hidden=(6,)).partial_fit(X, Y, classes=[0, 1, 2]).partial_fit(X, Y)
    assert (parts.model_.sample, parts.model_.crc) == (whole.model_.sample, whole.model_.crc) == (300, whole.model_.crc)


@pytest.mark.slow
def test_it_works_with_what_scikit_learn_has():
    pipeline = make_pipeline(PolynomialFeatures(2), EqPropClassifier(hidden=(16,), epochs=20))
    assert cross_val_score(pipeline, X, NAMES, cv=3).mean() > 0.9
    again = pickle.loads(pickle.dumps(clone(pipeline).fit(X, NAMES)))
    assert (again.predict(X) == again.classes_[again.decision_function(X).argmax(axis=1)]).all()


def test_of_two_classes_the_sign_decides():
    """Catches a lead of the first class for that of the second."""
    some = Y < 2
    classifier = EqPropClassifier(hidden=(8,)).fit(X[some], Y[some])
    decision = classifier.decision_function(X[some])
    assert decision.shape == (100,) and ((decision > 0) == (classifier.predict(X[some]) == 1)).all()


WRONG = {
    "expected all classes in the first call": lambda: EqPropClassifier().partial_fit(X, Y),
    "is not among the classes": lambda: EqPropClassifier().partial_fit(X, Y, classes=[0, 1]),
    "expected those of the first call": lambda: EqPropClassifier().fit(X, Y).partial_fit(X, Y, classes=[0, 1]),
    "got one class": lambda: EqPropClassifier().fit(X, np.zeros(150)),
    "epochs: expected a whole number": lambda: EqPropClassifier(epochs=0).fit(X, Y),
    "hidden: 2..16 sizes": lambda: EqPropClassifier(hidden=(0,)).fit(X, Y),
}


@pytest.mark.parametrize("words", WRONG)
def test_what_cannot_be_learnt_is_named(words):
    with pytest.raises(ValueError, match=words):
        WRONG[words]()


def test_a_board_that_is_not_there_is_named():
    with pytest.raises(PortError, match="'/dev/nowhere' cannot be opened"):
        EqPropClassifier(board="/dev/nowhere").fit(X, Y)


def test_without_scikit_learn_the_extra_is_named():
    code = "import sys; sys.modules['sklearn'] = None; from eqprop_host import EqPropClassifier"
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": PYTHONPATH}, capture_output=True, text=True)
    last = done.stderr.splitlines()[-1]
    assert last == "ImportError: EqPropClassifier needs scikit-learn 1.6 or newer: pip install 'eqprop[sklearn]'"


def test_a_regressor_gives_what_it_was_given():
    """One target or several, in their units; the same network on a board. Catches a column where there was none."""
    y = np.stack([100 * X[:, 0] + X[:, 1], X[:, 2]], axis=1)
    several = EqPropRegressor(hidden=(8,), random_state=3).fit(X, y)
    assert several.predict(X).shape == y.shape and several.score(X, y) > 0.9
    one = EqPropRegressor(hidden=(8,), epochs=2).fit(X, y[:, 0])
    assert one.predict(X).shape == (150,)
    board = EqPropRegressor(hidden=(8,), epochs=2, board="sim:").fit(X, y[:, 0])
    assert board.model_.crc == one.model_.crc and np.array_equal(board.predict(X), one.predict(X))
