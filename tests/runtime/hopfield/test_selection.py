"""How a tier is chosen."""

import pytest

import eqprop
from eqprop.hopfield import selection


def test_cpython_computes_plainly():
    assert selection.use() == "plain"
    assert eqprop.Network("2-2").crossbar.tier == "plain"


@pytest.mark.parametrize("tier", ["thumb", "viper", "abacus"])
def test_a_tier_that_is_not_there_is_refused(tier):
    with pytest.raises(ValueError, match=f"tier: {tier} is not supported here"):
        selection.use(tier)
