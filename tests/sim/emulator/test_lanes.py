"""The kernels on whole rows compute the reference's bits."""

from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eqprop.hopfield.kernels import plain
from eqprop_sim.emulator import lanes

INT16 = st.one_of(st.sampled_from((-32768, -1, 0, 1, 32767)), st.integers(-32768, 32767))
INT8 = st.one_of(st.sampled_from((-127, 0, 127)), st.integers(-127, 127))


@st.composite
def crossbars(draw, most=20):
    """Draw (nodes, weights, inputs, active) of a driven crossbar; all weights small, or any of them at its limit."""
    nodes, rows = draw(st.integers(1, 12)), draw(st.integers(2, most))
    small = st.integers(-5000, 5000)
    weights = draw(st.lists(draw(st.sampled_from((small, INT16))), min_size=rows * nodes, max_size=rows * nodes))
    inputs = [*draw(st.lists(INT8, min_size=rows - 1, max_size=rows - 1)), 127]
    active = [i for i, x in enumerate(inputs) if x]
    return nodes, weights, array("b", inputs), array("I", [len(active), *active])


@settings(deadline=None)
@given(crossbars(), st.integers(0, 8), st.integers(0, 6))
def test_inputs_bring_the_same_sums(crossbar, shift, back):
    """Catches a lane that borrows from the next, a shift that rounds towards zero, and nodes of an odd number."""
    nodes, weights, inputs, active = crossbar
    found = []
    for kernels in (plain, lanes):
        base = array("i", [9] * nodes)
        kernels.drive(array("h", weights), inputs, active, shift, back, base)
        found.append(base)
    assert found[0] == found[1]


@settings(deadline=None)
@given(crossbars(), st.integers(1, 24), st.data())
def test_a_driven_crossbar_changes_alike(crossbar, rate_shift, data):
    """Catches a weight that wraps at its limit, another rounding, a checksum that leaves a row out."""
    nodes, weights, inputs, active = crossbar
    delta = array("h", data.draw(st.lists(INT16, min_size=nodes + 1, max_size=nodes + 1)))
    found = []
    for kernels in (plain, lanes):
        w = array("h", weights)
        sums = array("i", (plain.checksum(w), 5))
        kernels.update_driven(w, inputs, active, rate_shift, delta, sums)
        assert sums[0] == plain.checksum(w)
        found.append((w, sums))
    assert found[0] == found[1]


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(6, 11), st.integers(2, 3), st.sampled_from((1, -1)), st.data())
def test_layers_feel_the_one_above_alike(nodes, above, shift, feedback, sign, data):
    """Catches nodes above that are left out although they are not zero."""
    w = array("h", data.draw(st.lists(INT16, min_size=nodes * above, max_size=nodes * above)))
    state = st.one_of(st.just(0), st.integers(-16383, 16383))
    states = array("h", data.draw(st.lists(state, min_size=above, max_size=above)))
    sums = data.draw(st.lists(st.integers(-(2**20), 2**20), min_size=nodes, max_size=nodes))
    found = []
    for kernels in (plain, lanes):
        current, v = array("i", sums), array("h", bytes(2 * nodes))
        kernels.displace_layer(w, states, above, shift, feedback, sign, current, 12 - shift or 1, 16383, v)
        kernels.feed_back(w, states, above, shift, feedback, current)
        found.append((current, v))
    assert found[0] == found[1]


@pytest.mark.parametrize(("nodes", "rows"), [(300, 3), (2, 600)])
def test_larger_crossbars_are_left_to_the_reference(nodes, rows):
    """Catches a lane, or a sum of lanes, that overflows: weights and inputs are about as large as they can be."""
    inputs, active = array("b", [-127] * rows), array("I", [rows, *range(rows)])
    delta = array("h", [32767] * nodes)
    found = []
    for kernels in (plain, lanes):
        w, sums = array("h", [-32000] * (nodes * rows)), array("i", (0,))
        base = array("i", bytes(4 * nodes))
        kernels.drive(w, inputs, active, 2, 0, base)
        kernels.update_driven(w, inputs, active, 16, delta, sums)
        found.append((w, sums, base))
    assert found[0] == found[1]
