"""The plan of a network with weights of 8 bits: the inequalities that its kernels' bounds rest on, and its memory."""

from hypothesis import given
from hypothesis import strategies as st

from eqprop.fixed import CURRENT_MAX, RATE_SHIFT_MAX, U_MAX
from eqprop.hopfield.planning import STATE_MAX
from eqprop.hopfield8.planning import Plan
from support.planned_bytes import check_planned_bytes

LAYERS = st.lists(st.integers(1, 40) | st.integers(1, 1000), min_size=2, max_size=6).map(tuple)


@given(LAYERS)
def test_sums_stay_within_31_bits(layers):
    """Catches: a unit of the driven sums that is not the others', an initial weight beyond 8 bits."""
    plan = Plan(layers)
    assert (layers[0] + 1) * 128 * U_MAX <= CURRENT_MAX
    assert (max(layers[1:]) + 1) * ((128 * STATE_MAX >> plan.product_shift) + 1) <= CURRENT_MAX
    assert 7 + 7 == 7 + 12 - plan.product_shift == 12 + plan.round_shift
    assert plan.driven_shift == plan.back_shift == 0
    assert all(1 <= shift <= RATE_SHIFT_MAX for shift in plan.rate_shifts)
    assert all(0 < initial <= 127 for initial in plan.initial)


def test_planned_bytes_are_what_is_taken(unix_micropython):
    """Catches: a buffer left out of the plan, weights of two bytes each."""
    check_planned_bytes(unix_micropython, "hopfield8")


def test_planned_bytes_are_what_is_taken_on_a_board(cortex_m3):
    """The same where a word has 32 bits. Catches: a size that was measured, not planned."""
    assert check_planned_bytes(cortex_m3, "hopfield8")["64-32-10"] <= 7 * 1024
