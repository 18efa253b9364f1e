"""The presets against aihwkit's published formulas, which this file writes out for itself.

Rasch et al. 2021, arXiv 2104.02184, and aihwkit's documentation of LinearStepDevice and SoftBoundsDevice: at weight w,
a pulse up adds s_up (1 - gamma_up w / w_max) and a pulse down takes s_down (1 - gamma_down w / w_min), where s_up and
s_down are dw_min, less by |up_down| on the side that up_down names; SoftBounds has both gammas 1.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop_sim.analog.devices.array import DeviceArray
from eqprop_sim.analog.devices.devices import Device
from eqprop_sim.analog.devices.presets import PRESETS

PUBLISHED = {
    "rpu": {"dw_min": 0.0016, "w_min": -1.0, "w_max": 1.0, "gamma_up": 0.0, "gamma_down": 0.0},
    "rram": {"dw_min": 0.002, "w_min": -0.75, "w_max": 1.25, "gamma_up": 1.0, "gamma_down": 1.0},
    "ecram": {"dw_min": 0.002, "w_min": -0.8276, "w_max": 1.1724, "gamma_up": 0.1153, "gamma_down": 0.5085},
}
"""GokmenVlasov, ReRamSB and EcRam as aihwkit lists them, without spreads."""

PULSES = 3000


def published(dw_min, w_min, w_max, gamma_up, gamma_down):
    """Return the states, 0..1 of the range, after each of PULSES up and PULSES down, from the bottom."""
    w, seen = w_min, [w_min]
    for n in range(2 * PULSES):
        w += dw_min * (1 - gamma_up * w / w_max) if n < PULSES else -dw_min * (1 - gamma_down * w / w_min)
        w = min(max(w, w_min), w_max)
        seen.append(w)
    return (np.array(seen) - w_min) / (w_max - w_min)


def nominal(device):
    """Return the kind of device without any spread."""
    spreads = [name for name in device.__dataclass_fields__ if name.endswith(("_dtod", "_std"))]
    return device.varied(**dict.fromkeys(spreads, 0.0), mult_noise=True)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_response_is_aihwkits(name):
    """Catches a step that is referred to another place of the range, and up and down exchanged."""
    devices = DeviceArray(nominal(PRESETS[name]), 1, 0)
    seen = [devices.w[0]]
    for n in range(2 * PULSES):
        devices.pulse(np.array([1.0 if n < PULSES else -1.0]))
        seen.append(devices.w[0])
    # rpu's 1200 steps are Gokmen and Vlasov's; aihwkit takes 1250
    assert np.abs(np.array(seen) - published(**PUBLISHED[name])).max() < (0.045 if name == "rpu" else 2e-3)


def test_rram_rests_at_the_published_symmetry_point():
    """There a pulse up and one down cancel: w = 0, 0.75 of 2 from the bottom; and the noise is that of the step there.

    Catches multiplicative noise, which would bias the point and vanish at the ends.
    """
    device = PRESETS["rram"].varied(dw_min_dtod=0.0, up_down_dtod=0.0, w_max_dtod=0.0, w_min_dtod=0.0)
    for start in (0.1, 0.9):
        devices = DeviceArray(device, 2000, 1)
        devices.pulse(np.full(2000, np.rint(device.nominal_pulses(start))))
        for _ in range(1500):
            devices.pulse(np.ones(2000))
            devices.pulse(-np.ones(2000))
        assert devices.w.mean() == pytest.approx(0.375, abs=0.01)
    for state in (0.05, 0.6):
        devices = DeviceArray(device, 20000, 2)
        devices.w[...] = state
        devices.pulse(np.ones(20000))
        assert devices.w.std() == pytest.approx(3.75 * 0.002 / 2, rel=0.03)


def test_spreads_are_those_published():
    assert PRESETS["pcm"].w_max_dtod == 0.1
    assert PRESETS["ecram"].gamma_dtod > 0
    assert not PRESETS["rram"].mult_noise


@given(st.floats(-0.9, 0.9))
def test_asymmetry_makes_one_side_smaller(up_down):
    """Catches the other convention, in which one side grows as the other shrinks."""
    devices = DeviceArray(Device(levels=101, up_down=up_down), 1, 0)
    devices.pulse(np.array([50.0]))
    before = devices.w[0]
    devices.pulse(np.ones(1))
    up = devices.w[0] - before
    devices.pulse(-np.ones(1))
    down = up + before - devices.w[0]
    assert up == pytest.approx(0.01 * (1 + min(up_down, 0)), rel=1e-6)
    assert down == pytest.approx(0.01 * (1 - max(up_down, 0)), rel=1e-6)
