"""RMSE and R², against scikit-learn's and by hand."""

import numpy as np
import pytest
from sklearn.metrics import r2_score, root_mean_squared_error

from eqprop_host.training.fit import Fit


def test_they_are_scikit_learns():
    """Catches: a mean of roots, the predictions' spread in place of the targets'."""
    random = np.random.default_rng(0)
    targets, noise = random.normal(5, 3, (50, 2)), random.normal(0, 1, (50, 2))
    fit = Fit.of(targets, targets + noise, ("a", "b"))
    assert fit.rmse == pytest.approx(root_mean_squared_error(targets, targets + noise, multioutput="raw_values"))
    assert fit.r2 == pytest.approx(r2_score(targets, targets + noise, multioutput="raw_values"))
    found = fit.to_dict()
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean(noise**2))) and found["r2"] == pytest.approx(np.mean(fit.r2))
    assert found["targets"]["b"] == {"rmse": fit.rmse[1], "r2": fit.r2[1]}


def test_targets_that_are_all_the_same_have_no_share():
    fit = Fit.of(np.ones((3, 1)), np.array([[1.0], [2.0], [0.0]]), ())
    assert fit.r2 == [None] and fit.to_dict()["r2"] is None and fit.summary() == "test RMSE 0.8165, R² unknown"
    assert fit.lines() == ["0: RMSE 0.8165, R² unknown"]
