"""Two arrays: what the fast devices forget is not forgotten, and what they collect arrives."""

import numpy as np
import pytest

from eqprop_sim.analog.devices.devices import Device
from eqprop_sim.analog.devices.tiki_taka import TWO_ARRAYS, WAYS, make_array
from eqprop_sim.analog.errors import PhysicsError

SOFT = Device(levels=256, on_off=100.0, response="SoftBounds", up_down=-0.5)
SHAPE = (40, 50)


def held(rounding, device=SOFT, changes=400):
    """Return how far 400 changes of random sign and no sense moved devices that stood at 70 % of their range."""
    devices = make_array(device, SHAPE, 1, rounding)
    devices.write(np.full(SHAPE, 0.7 * device.g_on), 5)
    before = devices.g.mean()
    random = np.random.default_rng(2)
    for _ in range(changes):
        devices.program(random.normal(0, 0.5, SHAPE) * devices.step_s)
    return (devices.g.mean() - before) / device.g_on


def test_devices_hold_their_place_under_changes_without_sense():
    """Catches a shift that is not zero: single devices fall back to their symmetry point at a third of the range."""
    assert held("stochastic") < -0.12
    for rounding in TWO_ARRAYS:
        assert abs(held(rounding)) < 0.09


@pytest.mark.parametrize("rounding", TWO_ARRAYS)
@pytest.mark.parametrize("sign", [1, -1])
def test_changes_of_one_sign_arrive(rounding, sign):
    devices = make_array(SOFT, SHAPE, 1, rounding)
    devices.write(np.full(SHAPE, 0.4 * SOFT.g_on), 5)
    before = devices.g.copy()
    for _ in range(300):
        devices.program(np.full(SHAPE, sign * 0.1 * devices.step_s))
    moved = sign * (devices.g - before) / devices.step_s
    assert moved.mean() > 2 and (moved < 0).mean() < 0.05
    assert devices.spent_j > 0


def test_a_device_that_takes_any_change_needs_no_second_one():
    devices = make_array(Device(), SHAPE, 1, "tiki-taka")
    devices.program(np.full(SHAPE, 1e-6))
    assert np.allclose(devices.g, Device().g_off + 1e-6)


def test_another_way_is_refused():
    with pytest.raises(PhysicsError, match=f"rounding: 'nearest' is not one of {', '.join(WAYS)}"):
        make_array(SOFT, SHAPE, 1, "nearest")
