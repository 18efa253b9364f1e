"""Each knob of a device and of what stands around it: turned, it changes the outcome the way physics says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop_sim.analog import PhysicsError, drive, settle
from eqprop_sim.analog.circuits.ideal import EXACT
from eqprop_sim.analog.devices import curve_files
from eqprop_sim.analog.devices.array import DeviceArray
from eqprop_sim.analog.devices.devices import Device
from eqprop_sim.analog.devices.presets import PRESETS
from eqprop_sim.analog.periphery import Converter, Periphery
from support.references.random_circuits import random_circuit

N = 4000
STEPS = Device(levels=101, on_off=10.0)


def array(device=STEPS, shape=N, seed=0, **options):
    return DeviceArray(device, shape, seed, **options)


def half_way(device, seed=0):
    """Return devices that 50 pulses brought to about the middle."""
    devices = array(device, seed=seed)
    devices.pulse(np.full(N, 50.0))
    return devices


def test_range_is_an_affine_map():
    devices = array(Device(levels=5, g_on=8e-5, on_off=4.0), shape=1)
    seen = [devices.g[0]]
    for _ in range(6):
        devices.pulse(np.ones(1))
        seen.append(devices.g[0])
    assert np.allclose(seen, [2e-5, 3.5e-5, 5e-5, 6.5e-5, 8e-5, 8e-5, 8e-5])


def test_fewer_levels_are_coarser():
    random = np.random.default_rng(0)
    for rounding in ("mixed", "stochastic"):
        missed = []
        for levels in (None, 1000, 32, 4):
            devices = array(Device(levels=levels), rounding=rounding)
            wanted = random.uniform(0.1, 0.9, N) * 1e-4
            devices.program(wanted - devices.g)
            missed.append(np.abs(devices.g - wanted).mean() / 1e-4)
        assert missed == sorted(missed) and missed[0] < 1e-12 and missed[-1] > 0.05


@pytest.mark.parametrize("rounding", ["mixed", "stochastic"])
def test_changes_by_less_than_a_step_are_not_lost(rounding):
    """Catches rounding to nearest, which never learns slowly."""
    devices = array(rounding=rounding)
    before = devices.g.mean()
    for _ in range(100):
        devices.program(np.full(N, 0.3 * STEPS.dw_min * (STEPS.g_on - STEPS.g_off)))
    gained = (devices.g.mean() - before) / (STEPS.g_on - STEPS.g_off)
    # To a step: the accumulator may still owe one
    assert 28.99 * STEPS.dw_min <= gained <= 31.5 * STEPS.dw_min


def test_rounding_at_random_is_fair_and_independent():
    """Catches a hash that favours some devices, or that draws alike for neighbours, rows or the next change."""
    devices = array(Device(levels=10001, on_off=10.0), shape=(200, 500), rounding="stochastic")
    step = devices.step_s
    before = [devices.pulses]
    for _ in range(50):
        devices.program(np.full((200, 500), 0.3 * step))
        before.append(devices.pulses)
    drawn = np.diff(before, axis=0).astype(float)
    assert abs(drawn.mean() - 0.3) < 0.002
    # A binomial number of pulses for each device, row and column
    assert abs(drawn.sum(0).var() / (50 * 0.21) - 1) < 0.03
    assert abs(drawn.sum((0, 2)).var() / (50 * 500 * 0.21) - 1) < 0.5
    assert abs(drawn.sum((0, 1)).var() / (50 * 200 * 0.21) - 1) < 0.3
    for axis in range(3):
        first, second = (drawn.take(range(*part), axis) for part in ((0, 49), (1, 50)))
        assert abs(np.corrcoef(first.reshape(-1), second.reshape(-1))[0, 1]) < 0.01


def spread(devices):
    return devices.w.std()


def again(devices):
    """Return how differently the same device does the same twice."""
    first = devices.w.copy()
    devices.pulse(np.full(N, -20.0))
    devices.pulse(np.full(N, 20.0))
    return np.abs(devices.w - first).mean()


def there_and_back(devices):
    before = devices.w.mean()
    for _ in range(10):
        devices.pulse(np.ones(N))
        devices.pulse(-np.ones(N))
    return devices.w.mean() - before


def asymmetry_spread(devices):
    before = devices.w.copy()
    for _ in range(10):
        devices.pulse(np.ones(N))
        devices.pulse(-np.ones(N))
    return (devices.w - before).std()


def at_top(devices):
    devices.pulse(np.full(N, 1000.0))
    return devices.w.std()


def at_bottom(devices):
    devices.pulse(np.full(N, -1000.0))
    return devices.w.std()


def reading(devices):
    return np.abs(devices.read() - devices.read()).mean()


def noise_of_a_write(devices):
    return devices.g.std()


def refusing(devices):
    before = devices.w.copy()
    devices.pulse(np.ones(N))
    return np.mean(devices.w == before)


def lost_in_a_day(devices):
    before = devices.g.mean()
    devices.age(86400.0)
    return 1 - devices.g.mean() / before


def uneven_loss(devices):
    before = devices.g.copy()
    devices.age(86400.0)
    return (devices.g / before).std()


def bend(devices):
    """Return how much smaller the second half of the way up is."""
    half = devices.w.mean()
    devices.pulse(np.full(N, 50.0))
    return half - (devices.w.mean() - half)


def bend_down(devices):
    devices.pulse(np.full(N, 200.0))
    top = devices.w.mean()
    devices.pulse(np.full(N, -50.0))
    first = top - devices.w.mean()
    top = devices.w.mean()
    devices.pulse(np.full(N, -50.0))
    return first - (top - devices.w.mean())


KNOBS = {
    "dw_min_dtod": (spread, [0, 0.1, 0.3], {}),
    "dw_min_std": (again, [0, 0.3, 1.0], {}),
    "up_down": (there_and_back, [-0.2, 0, 0.1, 0.3], {}),
    "up_down_dtod": (asymmetry_spread, [0, 0.05, 0.2], {}),
    "w_max_dtod": (at_top, [0, 0.1, 0.3], {}),
    "w_min_dtod": (at_bottom, [0, 0.1, 0.3], {}),
    "write_noise_std": (noise_of_a_write, [0, 1, 5], {}),
    "read_noise_std": (reading, [0, 0.01, 0.1], {}),
    "corrupt_devices_prob": (refusing, [0, 0.05, 0.2], {}),
    "nu": (lost_in_a_day, [0, 0.01, 0.05], {}),
    "nu_dtod": (uneven_loss, [0, 0.01, 0.05], {"nu": 0.1}),
    "gamma_up": (bend, [0, 0.3, 0.9], {"response": "LinearStep"}),
    "gamma_down": (bend_down, [0, 0.3, 0.9], {"response": "LinearStep"}),
    "gamma_dtod": (spread, [0, 0.1, 0.3], {"response": "LinearStep", "gamma_up": 0.5}),
}


@pytest.mark.parametrize("knob", KNOBS)
def test_turning_a_knob_up_shows(knob):
    """Catches a knob that does nothing, does it the wrong way, or does something at its neutral position."""
    measure, settings, others = KNOBS[knob]
    seen = [measure(half_way(STEPS.varied(**{knob: value}, **others))) for value in settings]
    assert all(b > a + 1e-9 for a, b in zip(seen, seen[1:], strict=False)), seen
    assert abs(seen[settings.index(0)]) < 1e-9


def test_every_knob_of_a_device_is_tried():
    """Catches a knob added without a test: the others have theirs below and above."""
    own = {"g_on", "on_off", "levels", "response", "curves", "retention_s", "drift_t0_s", "endurance", "mult_noise"}
    assert set(Device.__dataclass_fields__) - set(KNOBS) - own == {"pulse_v", "pulse_s", "source"}


def test_noise_may_be_the_same_everywhere():
    """Catches additive noise that goes with the step, which SoftBounds makes small at the top."""
    scattered = []
    for mult_noise in (True, False):
        device = Device(levels=101, response="SoftBounds", dw_min_std=0.5, mult_noise=mult_noise)
        for state in (0.2, 0.9):
            devices = array(device)
            devices.w[...] = state
            devices.pulse(np.ones(N))
            scattered.append(devices.w.std() / (0.5 * device.dw_min))
    assert scattered == pytest.approx([0.8, 0.1, 1.0, 1.0], rel=0.1)


@given(st.integers(0, 2**32 - 1), st.floats(-0.8, 0.8), st.sampled_from(["ConstantStep", "SoftBounds"]))
def test_what_is_read_back_is_what_is_no_longer_owed(seed, up_down, response):
    """A law of read-back: what was asked is what the device did and what it is still owed, to the end of its range.

    Catches a controller that believes its pulses, as "mixed" does.
    """
    random = np.random.default_rng(seed)
    device = Device(levels=64, response=response, up_down=up_down, dw_min_dtod=0.3, dw_min_std=0.2)
    devices = array(device, shape=50, seed=seed)
    devices.pulse(np.full(50, 20.0))
    before, asked = devices.w.copy(), np.zeros(50)
    for _ in range(20):
        change = random.uniform(-0.5, 0.5, 50)
        asked += change
        devices.program(change * devices.step_s)
    inside = (devices.w > 0.05) & (devices.w < 0.95)
    done = (devices.w - before) / device.dw_min
    assert np.allclose((done + devices.owed)[inside], asked[inside], atol=1e-6)
    assert (np.abs(devices.owed) <= 101).all()


def test_without_reading_noise_hides_what_a_pulse_did():
    """With write noise, one reading says less than the kind of device: catches a controller that chases the noise."""
    device = Device(levels=256, dw_min_std=0.3, write_noise_std=20.0)
    devices = array(device)
    devices.pulse(np.full(N, 100.0))
    before = devices.w.mean()
    for _ in range(100):
        devices.program(np.full(N, 0.2 * devices.step_s))
    assert devices.w.mean() - before == pytest.approx(20 * device.dw_min, rel=0.1)
    assert devices.pulses.mean() < 100 + 40


def test_a_device_that_cannot_follow_is_let_be():
    """Catches debts that grow without end, to be paid when the sign has changed."""
    devices = array(STEPS.varied(corrupt_devices_prob=0.5, response="SoftBounds"))
    for _ in range(40):
        devices.program(np.full(N, 10 * devices.step_s))
    assert (np.abs(devices.owed) < 1).all()
    devices.program(np.full(N, -1.5 * devices.step_s))
    assert (devices.w[~devices.stuck] < 1).all()


def test_noise_of_pulses_adds_up_as_a_random_walk():
    """Catches noise that grows with the number of pulses, or is drawn once for all of them."""
    for device in (STEPS.varied(dw_min_std=0.5), STEPS.varied(dw_min_std=0.5, response="SoftBounds")):
        one, many = array(device), array(device)
        one.pulse(np.full(N, 16.0))
        for _ in range(16):
            many.pulse(np.ones(N))
        assert one.w.mean() == pytest.approx(many.w.mean(), rel=0.02)
        assert one.w.std() == pytest.approx(many.w.std(), rel=0.1)


@given(st.floats(0.05, 1), st.floats(0.05, 1), st.integers(1, 40), st.booleans())
def test_many_pulses_at_once_are_so_many_pulses(gamma_up, gamma_down, n, up):
    device = STEPS.varied(response="LinearStep", gamma_up=gamma_up, gamma_down=gamma_down)
    once, often = array(device, shape=3), array(device, shape=3)
    for devices in (once, often):
        devices.pulse(np.array([5.0, 30.0, 70.0]))
    sign = 1 if up else -1
    once.pulse(np.full(3, sign * float(n)))
    for _ in range(n):
        often.pulse(np.full(3, float(sign)))
    assert np.allclose(once.w, often.w, atol=1e-12)


def test_soft_bounds_approach_their_limits_and_never_pass():
    devices = array(Device(levels=11, response="SoftBounds"), shape=1)
    steps = []
    for _ in range(30):
        before = devices.w[0]
        devices.pulse(np.ones(1))
        steps.append(devices.w[0] - before)
    assert np.allclose(np.diff(np.log(steps)), np.log(0.9)) and devices.w[0] < 1


def test_drift_follows_its_power_law_and_a_pulse_ends_it():
    devices = half_way(STEPS.varied(nu=0.05, drift_t0_s=10.0))
    before = devices.g.copy()
    devices.age(990.0)
    assert np.allclose(devices.g, before * 100**-0.05)
    devices.pulse(np.eye(1, N)[0])
    devices.age(0.0)
    assert devices.g[0] > before[0] and devices.g[1] < before[1]


def test_retention_relaxes_to_the_bottom():
    devices = half_way(STEPS.varied(retention_s=100.0))
    before = devices.w.copy()
    devices.age(100.0)
    assert np.allclose(devices.w, before / np.e)


def test_worn_devices_no_longer_move():
    devices = half_way(STEPS.varied(endurance=60))
    devices.pulse(np.full(N, -9.0))
    moved = devices.w.mean()
    devices.pulse(np.full(N, -1.0))
    assert devices.w.mean() < moved and devices.stuck.all()
    worn = devices.w.copy()
    devices.pulse(np.full(N, -1.0))
    devices.write(np.full(N, STEPS.g_on))
    assert (devices.w == worn).all()


def test_verified_writes_hit_where_blind_ones_miss():
    device = Device(levels=101, dw_min_dtod=0.3, dw_min_std=0.3)
    target = np.random.default_rng(1).uniform(2e-5, 7e-5, N)
    missed = []
    for verify in (0, 1, 10):
        devices = array(device)
        devices.write(target, verify)
        missed.append(np.abs(devices.g - target).mean())
    assert missed[0] > 2 * missed[1] > 2 * missed[2]


@pytest.mark.parametrize("response", ["ConstantStep", "LinearStep", "SoftBounds"])
def test_blind_writes_hit_on_nominal_devices(response):
    """Catches a count of pulses that forgets the device's own nonlinearity."""
    slopes = {"gamma_up": 0.7, "gamma_down": 0.2} if response == "LinearStep" else {}
    device = Device(levels=201, response=response, up_down=-0.1, **slopes)
    target = np.linspace(0.05, 0.8, N) * 1e-4
    devices = array(device)
    devices.write(target)
    assert np.abs(devices.g - target).max() <= 0.55 * 1.1 * device.dw_min * 1e-4


@pytest.mark.parametrize(
    ("knobs", "volts_squared_seconds"),
    [({}, 1e-7), ({"pulse_v": 2.0}, 4e-7), ({"pulse_s": 1e-6}, 1e-6), ({"pulse_v": 2.0, "pulse_s": 1e-6}, 4e-6)],
)
def test_a_pulse_costs_energy_by_the_conductance(knobs, volts_squared_seconds):
    """Catches a pulse's height or length that is left out, or counts by another power."""
    devices = half_way(STEPS.varied(**knobs))
    before = devices.spent_j
    devices.pulse(np.eye(1, N)[0] * 3)
    assert devices.spent_j - before == pytest.approx(3 * devices.g[0] * volts_squared_seconds)
    assert devices.pulses[:2].tolist() == [53, 50]


RAMP = """direction,siemens
up,1e-05
up,3e-05
up,4e-05
down,4e-05
down,2e-05
down,1e-05
"""


def test_a_measured_curve_is_followed(tmp_path):
    (tmp_path / "curve.csv").write_text(RAMP)
    curve, g_off, g_on = curve_files.load(tmp_path / "curve.csv")
    device = Device(g_on=g_on, on_off=g_on / g_off, response="Curve", curves=(curve,))
    devices = array(device, shape=1)
    seen = []
    for pulse in (0, 1, 1, 1, -1, -1, -1):
        devices.pulse(np.array([float(pulse)]))
        seen.append(devices.g[0])
    assert np.allclose(seen, [1e-5, 3e-5, 4e-5, 4e-5, 2e-5, 1e-5, 1e-5])
    devices.write(np.array([3e-5]))
    assert devices.g[0] == pytest.approx(3e-5)


BAD = {
    "g_on": ({"g_on": -1e-4}, "g_on: -0.0001 is not"),
    "on_off": ({"on_off": 0.5}, "on_off: 0.5 is not in 1..1e\\+12"),
    "levels 0": ({"levels": 0}, "levels: 0 is not 2 or more"),
    "levels 1.5": ({"levels": 2.5}, "levels: 2.5 is not a whole number"),
    "spread": ({"dw_min_dtod": -0.1}, "dw_min_dtod: -0.1 is not in 0..100"),
    "nan": ({"nu": float("nan")}, "nu: nan is not in 0..100"),
    "probability": ({"corrupt_devices_prob": 1.5}, r"corrupt_devices_prob: 1.5 is not in 0..1"),
    "response": ({"response": "Step"}, "response: 'Step' is not one of ConstantStep"),
    "curve": ({"response": "Curve"}, "response: 'Curve' without a curve"),
    "endurance": ({"endurance": 0}, "endurance: 0 is not"),
    "asymmetry of nothing": ({"up_down": 0.1}, "up_down: 0.1 does nothing here: set levels too"),
    "response of nothing": ({"response": "SoftBounds"}, "response: 'SoftBounds' does nothing here: set levels"),
    "spread of nothing": ({"dw_min_dtod": 0.3}, "dw_min_dtod: 0.3 does nothing here: set levels too"),
    "slope of nothing": ({"levels": 9, "gamma_up": 0.3}, "gamma_up: 0.3 does nothing here: set response=LinearStep"),
    "noise of nothing": ({"levels": 9, "mult_noise": False}, "mult_noise: False does nothing here: set dw_min_std"),
    "drift of nothing": ({"drift_t0_s": 9.0}, "drift_t0_s: 9.0 does nothing here: set nu too"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_device_that_cannot_be_is_named(case):
    fields, message = BAD[case]
    with pytest.raises(PhysicsError, match=message):
        Device(**fields)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_move_both_ways_and_name_their_source(name):
    devices = array(PRESETS[name], shape=(50, 40), seed=3)
    devices.write(np.full((50, 40), 0.5 * PRESETS[name].g_on))
    middle = devices.g.mean()
    devices.program(np.full((50, 40), 0.1 * PRESETS[name].g_on))
    higher = devices.g.mean()
    devices.program(np.full((50, 40), -0.2 * PRESETS[name].g_on))
    assert devices.g.mean() < middle < higher and len(PRESETS[name].source) > 10


def test_the_same_seed_is_the_same_device():
    for a, b in ((0, 0), (0, 1)):
        first, second = (half_way(PRESETS["rram"], seed) for seed in (a, b))
        assert (first.g == second.g).all() == (a == b)


@pytest.mark.parametrize("bits, levels", [(1, 3), (2, 3), (4, 15), (8, 255)])
def test_a_converter_has_so_many_codes(bits, levels):
    volts = np.linspace(-1.5, 1.5, 5001)
    out = Converter(bits).convert(volts, 1.0, np.random.default_rng(0))
    assert len(np.unique(out)) == levels and np.abs(out).max() == 1.0
    inside = np.abs(volts) <= 1
    assert np.abs(out - volts)[inside].max() <= 0.5001 / max(2 ** (bits - 1) - 1, 1)


def test_a_perfect_converter_changes_nothing_and_noise_adds():
    volts, random = np.linspace(-1, 1, 2000), np.random.default_rng(0)
    assert (Converter().convert(volts, 1.0, random) == volts).all()
    assert (Converter(noise_v=0.01).convert(volts, 1.0, random) - volts).std() == pytest.approx(0.01, rel=0.1)


@pytest.mark.parametrize("field", ["diode_offset_v", "gain_dtod", "amplifier_offset_v"])
def test_spread_of_diodes_and_amplifiers_moves_the_outputs_more_the_more_there_is(field):
    x = np.random.default_rng(0).uniform(-1, 1, (20, 6))
    outputs = []
    for size in (0.0, 0.01, 0.1):
        circuit = random_circuit((6, 8, 3), 2, gains=[2.0])
        Periphery(**{field: size}).spread(circuit, 5)
        outputs.append(settle(circuit, drive(circuit, x), settings=EXACT)[-1])
    near, far = (np.abs(v - outputs[0]).mean() for v in outputs[1:])
    assert 0 < near < far


def test_a_diode_offset_moves_the_diode_and_not_the_rail():
    circuit = random_circuit((3, 6, 2), 0)
    before = circuit.low[1].copy(), circuit.high[1].copy()
    Periphery(diode_offset_v=0.01).spread(circuit, 1)
    moved = circuit.low[1] != before[0], circuit.high[1] != before[1]
    assert (moved[0] != moved[1]).all() and (moved[0] == (before[0] == 0)).all()


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Converter(bits=0), "bits: 0 is not in 1..32"),
        (lambda: Converter(noise_v=-1.0), "noise_v: -1.0 is not in 0..1000"),
        (lambda: Periphery(gain_dtod=-0.1), "gain_dtod: -0.1 is not in 0..1000"),
    ],
)
def test_a_periphery_that_cannot_be_is_named(make, message):
    with pytest.raises(PhysicsError, match=message):
        make()
