"""The plan of a differential network: the inequalities that its kernels' bounds rest on."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eqprop.differential.plain import PlainCrossbar
from eqprop.differential.planning import D_MAX, Plan
from eqprop.fixed import CURRENT_MAX, G_MAX, RATE_SHIFT_MAX, TOTAL_MAX, U_MAX, V_MAX
from eqprop.network import zeros
from support.planned_bytes import check_planned_bytes

LAYERS = st.lists(st.integers(1, 40) | st.integers(1, 1000), min_size=2, max_size=6).map(tuple)


@given(LAYERS)
@example((1, 14, 513))
def test_sums_stay_within_31_bits(layers):
    """Catches: a bias row or the second node of a class that a shift does not count, a drop below the gain."""
    plan = Plan(layers)
    between = plan.shifts[-1]
    assert (layers[0] + 1) * ((G_MAX * U_MAX >> plan.shifts[0]) + 1) <= CURRENT_MAX
    for c in range(1, len(plan.shapes)):
        terms = max(layers[c] + 1, plan.nodes[c])
        assert terms * ((G_MAX * V_MAX >> between) + 1) <= CURRENT_MAX
        assert terms * ((G_MAX * D_MAX >> plan.fine) + 1) <= CURRENT_MAX
        assert plan.drops[c] >= max(1, plan.gains[c])
        assert min(plan.downs[c], plan.lifts[c - 1], plan.backs[c - 1]) >= 0
        # What both nodes' own displacements and both products change
        assert 2 * (D_MAX * V_MAX >> 1) + 2 * D_MAX * V_MAX + (1 << RATE_SHIFT_MAX - 1) < 2**30
    for c, nodes in enumerate(plan.nodes):
        devices = plan.rows[c] + (2 * plan.nodes[c + 1] if c + 1 < len(plan.nodes) else 0)
        assert 1 << plan.scales[c] <= devices * plan.g_min <= devices * G_MAX <= TOTAL_MAX
        rows, columns = plan.shapes[c]
        assert rows * columns == plan.rows[c] * nodes
    assert all(1 <= shift <= RATE_SHIFT_MAX for shift in plan.rate_shifts)
    assert all(plan.g_min + initial <= G_MAX for initial in plan.initial)
    assert plan.beta * (plan.targets[0] + V_MAX) < 2**30
    assert plan.scales[-1] >= 2


@pytest.mark.parametrize("layers", ["8191-100-10", "1-1", "2-1000-1000"])
def test_the_widest_layers_are_planned(layers):
    assert str(Plan(layers)) == layers


@pytest.mark.parametrize("layers", ["5-3", "2-8-2", "6-4-5-2", "64-32-10"])
def test_crossbar_allocates_the_planned_buffers_and_no_more(layers):
    """Catches: an array made outside the plan."""
    made = []

    def allocate(typecode, items):
        made.append((typecode, items))
        return zeros(typecode, items)

    plan = Plan(layers)
    PlainCrossbar(plan, allocate, 0)
    assert made == [(code, items) for _, code, items in plan.buffers()]


def test_planned_bytes_are_what_is_taken(unix_micropython):
    """Catches: a buffer left out of the plan, an object around the buffers."""
    check_planned_bytes(unix_micropython, "differential")


def test_planned_bytes_are_what_is_taken_on_a_board(cortex_m3):
    """The same where a word has 32 bits. Catches: a size that was measured, not planned."""
    check_planned_bytes(cortex_m3, "differential")
