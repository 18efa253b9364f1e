"""How well networks with weights of 8 bits learn: the errors of docs/explanation/models.md, over fewer seeds."""

import numpy as np
import pytest

from eqprop_host import RunConfig, train

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("layers", "most"), [("64-32-10", 2.4), ("64-32-32-32-10", 2.9)])
def test_the_digits_are_learnt(layers, most):
    """Mean test error of seeds 0 to 4. Catches: weights of another unit, rounding that loses small changes."""
    runs = [RunConfig(layers=layers, epochs=10, seed=seed, model="hopfield8") for seed in range(5)]
    assert np.mean([train(run, read_model=False).test_error_percent for run in runs]) <= most
