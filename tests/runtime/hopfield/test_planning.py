"""The plan of a Hopfield network: the inequalities that its kernels' bounds rest on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop.fixed import CURRENT_MAX, RATE_SHIFT_MAX, U_MAX
from eqprop.hopfield.planning import STATE_MAX, Plan

LAYERS = st.lists(st.integers(1, 40) | st.integers(1, 1000), min_size=2, max_size=6).map(tuple)
WEIGHT_MAX = 2**15


@given(LAYERS)
def test_sums_stay_within_31_bits(layers):
    """Catches: a bias row, an error or the unit of the driven sums that a shift does not count."""
    plan = Plan(layers)
    assert (layers[0] + 1) * ((WEIGHT_MAX * U_MAX >> plan.driven_shift) + 1) <= CURRENT_MAX
    for c in range(1, len(plan.shapes)):
        rows, columns = plan.shapes[c]
        assert rows * ((WEIGHT_MAX * STATE_MAX >> plan.product_shift) + 1) <= CURRENT_MAX
        assert columns * ((WEIGHT_MAX * STATE_MAX >> plan.product_shift) + 1) <= CURRENT_MAX
    # Inputs have 7 bits after the point, states and weights 12, and all sums of a node the same unit
    assert 7 + 12 - plan.driven_shift - plan.back_shift == 12 + 12 - plan.product_shift == 12 + plan.round_shift
    assert plan.round_shift >= 1
    assert plan.back_shift >= 0
    assert all(1 <= shift <= RATE_SHIFT_MAX for shift in plan.rate_shifts)
    assert all(0 < initial < WEIGHT_MAX for initial in plan.initial)


@pytest.mark.parametrize(("layers", "times"), [("64-32-32-10", 1), ("64-32-32-32-10", 2), ("64-64-64-64-10", 1)])
def test_weights_between_many_narrow_layers_start_twice_as_large(layers, times):
    """As measured in docs/explanation/models.md. Catches: the rule applied to two hidden layers, or to wide ones."""
    plan = Plan(layers)
    hidden = plan.layers[1]
    alike = Plan((hidden, hidden)).initial[0]
    assert plan.initial[1:-1] == (times * alike,) * (len(plan.shapes) - 2)
    assert plan.initial[0] == Plan((plan.layers[0], hidden)).initial[0]
    assert plan.rate_shifts[-1] - Plan((1, hidden, 10)).rate_shifts[-1] == times - 1


@pytest.mark.parametrize("layers", ["8191-2000-10", "1-1", "2-2000-2000"])
def test_the_widest_layers_are_planned(layers):
    assert str(Plan(layers)) == layers


@pytest.mark.parametrize("layers", ["2-3000-2", "2-2-3000"])
def test_layers_whose_sums_leave_no_bit_to_round_by_are_refused(layers):
    with pytest.raises(ValueError, match=f"^layers: {layers} is too wide for a hopfield network$"):
        Plan(layers)
