"""The plan of a network: sizes, scales and memory, before anything is allocated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import eqprop
from eqprop.crossbar.plain import PlainCrossbar
from eqprop.fixed import CURRENT_MAX, TOTAL_MAX, U_MAX, V_MAX
from eqprop.network import zeros
from eqprop.planning import Plan
from support.planned_bytes import check_planned_bytes, measure

LAYERS = st.lists(st.integers(1, 40) | st.integers(1, 1000), min_size=2, max_size=6).map(tuple)
EMULATED_MODELS = pytest.mark.parametrize("model", ["resistive", "hopfield"])


@pytest.mark.parametrize("layers", ["64-32-10", (64, 32, 10), [64, 32, 10], "64 - 32-10"])
def test_layers_are_text_or_sizes(layers):
    """All ways of saying the same sizes."""
    assert eqprop.parse_layers(layers) == (64, 32, 10)
    assert str(eqprop.plan(layers, "resistive")) == "64-32-10"


IMPOSSIBLE = ["", "64", "64-", "64--10", "64-x-10", "0-5", "64-8192", (64,), (), (4, 0), None, 64]


@pytest.mark.parametrize("layers", IMPOSSIBLE)
def test_impossible_layers_are_refused_by_name(layers):
    """The message names what was given. Catches: any bound of `parse_layers` dropped."""
    with pytest.raises(ValueError, match=r"^layers: 2..16 sizes of 1\.\.8191, such as 64-32-10, not ") as error:
        eqprop.plan(layers, "resistive")
    assert repr(layers) in str(error.value)


class Excessive(Plan):
    """A plan whose experiments chose conductances that 15 bits do not hold."""

    def _choose(self):
        super()._choose()
        self.initial = (self.g_max,)


def test_conductances_that_do_not_fit_are_refused_by_name():
    """The constructor's own check of what was chosen. Catches: that check dropped."""
    with pytest.raises(ValueError, match="^layers: 5-4-3 is too wide for 15-bit conductances$"):
        Excessive("5-4-3")


@pytest.mark.parametrize("layers", ["8191-8191", "8191-8191-8191-8191", "1-8191-1", "8191-1-8191", "1-1"])
def test_the_widest_layers_are_within_range(layers):
    """Every size that `parse_layers` lets through can be planned."""
    check_scales(eqprop.plan(layers, "resistive"))


def joined(plan, c):
    """Return (devices below, devices above) at a node of layer c + 1."""
    return plan.rows[c], plan.layers[c + 2] if c + 2 < len(plan.layers) else 0


def check_scales(plan):
    """Assert the inequalities that the kernels' bounds rest on, for the nodes of every layer."""
    between = plan.shifts[-1]
    for c in range(len(plan.shapes)):
        below, above = joined(plan, c)
        assert (below + above) * plan.g_min >= 1 << plan.scales[c]
        assert (below + above) * plan.g_max <= TOTAL_MAX
        largest = plan.g_max * (V_MAX if c else U_MAX)
        terms = below if c else below // 2  # of each pair of driven rows, the difference counts
        assert terms * ((largest >> plan.shifts[c]) + 1) <= CURRENT_MAX
        assert above * ((plan.g_max * V_MAX >> between) + 1) <= CURRENT_MAX
        assert plan.scales[c] == plan.gains[c] + plan.shifts[c]
        assert c == 0 or plan.shifts[c] == between
        assert plan.backs[c] >= 0
        if above:  # the same current, whichever side it comes from
            assert plan.backs[c] + plan.shifts[c + 1] == plan.gains[c] + plan.gains[c + 1] + plan.shifts[c]


@given(LAYERS)
def test_scales_keep_every_current_and_total_in_range(layers):
    """No node floats, no total, no current from either side exceeds its format, whatever the layer sizes.

    Catches: a product shift, g_min or back shift one lower.
    """
    check_scales(eqprop.plan(layers, "resistive"))


@given(LAYERS)
def test_chosen_values_are_within_their_formats(layers):
    """What experiments chose fits what it must fit. Catches: a value that a kernel's bound does not allow."""
    plan = eqprop.plan(layers, "resistive")
    assert 1 <= plan.g_min <= plan.g_min + max(plan.initial) <= plan.g_max
    assert len(plan.rate_shifts) == len(plan.gains) == len(plan.initial) == len(plan.shapes)
    assert all(1 <= rate <= 24 for rate in plan.rate_shifts)
    assert all(0 <= plan.excitatory[c] <= plan.layers[c + 1] for c in range(len(plan.shapes) - 1))
    assert all(abs(target) <= V_MAX for target in plan.targets)
    assert plan.beta * (V_MAX + max(abs(target) for target in plan.targets)) < 2**30
    assert 0 <= plan.bias <= V_MAX
    assert plan.sweeps >= 1


@given(LAYERS)
def test_shapes_hold_every_device_once(layers):
    """A pair of rows for each input and the bias below each node, then a row for each node and two for the bias."""
    plan = eqprop.plan(layers, "resistive")
    inputs, *hidden = layers[:-1]
    assert plan.shapes[0] == (layers[1], 2 * (inputs + 1))
    assert plan.shapes[1:] == tuple((n + 2, layers[c + 2]) for c, n in enumerate(hidden))
    sizes = [items for name, _, items in plan.buffers() if name == "g"]
    assert sizes == [rows * columns for rows, columns in plan.shapes]


@pytest.mark.parametrize("layers", ["5-3", "2-8-2", "6-4-5-2", "64-32-10"])
def test_crossbar_allocates_the_planned_buffers_and_no_more(layers):
    """Every array comes from `allocate`, as the plan lists them. Catches: an array made outside the plan."""
    made = []

    def allocate(typecode, items):
        made.append((typecode, items))
        return zeros(typecode, items)

    plan = eqprop.plan(layers, "resistive")
    PlainCrossbar(plan, allocate, 0)
    assert made == [(code, items) for _, code, items in plan.buffers()]


@EMULATED_MODELS
def test_planned_bytes_are_what_is_taken(micropython, model):
    """On a real MicroPython heap a network takes what its plan says, to the allocator's block.

    Catches: a buffer left out of the plan, an object around the buffers, a list that grew further than it was filled.
    """
    check_planned_bytes(micropython, model)


@EMULATED_MODELS
def test_planned_bytes_are_what_is_taken_on_a_board(cortex_m3, model):
    """The same where a word has 32 bits. Catches: a size that was measured, not planned."""
    check_planned_bytes(cortex_m3, model)


def test_network_too_big_for_the_heap_is_refused_with_both_numbers(micropython):
    """Before anything is allocated, so the next one finds the heap free. Catches: the check dropped, or too late."""
    _, (refused, taken) = measure(micropython, "784-200-10", "64-32-10", heap_bytes=300000)
    planned = eqprop.plan("784-200-10").bytes
    start = f"784-200-10 {planned} refused: layers: 784-200-10 needs {planned} bytes of heap, "
    assert refused.startswith(start)
    free, *words = refused[len(start) :].split()
    assert words == ["are", "free"]
    assert 0 < int(free) < 300000
    assert "refused" not in taken
