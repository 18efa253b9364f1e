"""Variations of constants: each changes its own constant of the plan, and a network of it learns."""

import numpy as np
import pytest

import eqprop
from eqprop_host.studies.learning import variations
from eqprop_host.studies.learning.runs import OWN
from eqprop_sim.emulator.compiled_network import Network

CONSTANTS = ("rate_shifts", "initial", "targets", "beta", "sweeps", "feedback_shift", "power_bits")
FINER = "a bit more after a weight's point"
"""Another unit of the weights, which their rates and initial values follow."""


@pytest.mark.slow
@pytest.mark.parametrize("model", OWN)
def test_each_variation_changes_one_constant_and_learns(model):
    """Caught: two names for one constant, a change that a later line of the plan undoes."""
    plain = eqprop.plan("16-9-4", model)
    seen = set()
    for name in variations.of(model):
        if name in variations.AVERAGES:
            continue
        network = variations.network_type(model, name)("16-9-4", 1, 0, model)
        differing = [c for c in CONSTANTS if getattr(plain, c, None) != getattr(network.plan, c, None)]
        values = tuple(str(getattr(network.plan, c, None)) for c in CONSTANTS)
        assert differing == ["rate_shifts", "initial"] if name == FINER else len(differing) == 1, (name, differing)
        assert values not in seen, name
        seen.add(values)
        before = network.crc()
        network.learn_all(np.full((3, 16), 50, np.int8), np.arange(3))
        assert network.crc() != before and network.sample == 3
    assert all(variations.network_type(model, name) is Network for name in ("", *variations.AVERAGES))


def test_an_average_is_the_default_unless_it_is_varied():
    found = {name: variations.average(name, 0.5) for name in ("", *variations.of("hopfield"))}
    assert {name: share for name, share in found.items() if share != 0.5} == variations.AVERAGES


def test_a_rate_is_the_default_unless_it_is_varied():
    assert variations.rate("relu", "", 0.5) == 0.5
    assert [variations.rate("relu", name, 0.5) for name in variations.of("relu")] == [0.002, 0.005, 0.01, 0.02]
