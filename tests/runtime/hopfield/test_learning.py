"""How well Hopfield networks learn: the errors that docs/explanation/models.md names, over fewer seeds."""

import numpy as np
import pytest

from eqprop_host import RunConfig, train

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("layers", "epochs", "most"), [("64-32-10", 10, 2.5), ("64-32-32-32-10", 10, 2.9), ("64-16-10", 10, 3.6)]
)
def test_the_digits_are_learnt(layers, epochs, most):
    """Mean test error of seeds 0 to 4. Catches: a rate, a rail, a target or a spread that learns worse."""
    runs = [RunConfig(layers=layers, epochs=epochs, seed=seed, model="hopfield") for seed in range(5)]
    assert np.mean([train(run, read_model=False).test_error_percent for run in runs]) <= most
