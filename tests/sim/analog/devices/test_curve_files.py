"""Measured pulse curves: every file a laboratory has gives the same device, or one line that says what to type."""

import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eqprop_sim.analog import PhysicsError
from eqprop_sim.analog.devices import curve_files
from eqprop_sim.analog.devices.array import DeviceArray
from eqprop_sim.analog.devices.devices import Device
from eqprop_sim.analog.devices.pulses import PulseCurve

N = np.arange(41)
UP = 1e-6 + 9e-6 * (1 - np.exp(-N / 12))
DOWN = UP[-1] - (UP[-1] - 1e-6) * (1 - np.exp(-N / 9)) / (1 - np.exp(-40 / 9))


def table(up, down, value="siemens"):
    """Return the readings as pandas holds them."""
    return pandas.DataFrame({"direction": ["up"] * len(up) + ["down"] * len(down), value: [*up, *down]})


def columns(names, up=UP, down=DOWN):
    return pandas.DataFrame(dict(zip(names, (N, up, down), strict=True)))


def noisy(relative, seed=0):
    random = np.random.default_rng(seed)
    return [each * (1 + relative * random.standard_normal(41)) for each in (UP, DOWN)]


GOOD = {
    "as documented": lambda path: table(UP, DOWN).to_csv(path, index=False),
    "byte order mark": lambda path: table(UP, DOWN).to_csv(path, index=False, encoding="utf-8-sig"),
    "Windows lines": lambda path: table(UP, DOWN).to_csv(path, index=False, lineterminator="\r\n"),
    "semicolon": lambda path: table(UP, DOWN).to_csv(path, index=False, sep=";"),
    "semicolon, decimal comma": lambda path: table(UP, DOWN).to_csv(path, index=False, sep=";", decimal=","),
    "tab": lambda path: table(UP, DOWN).to_csv(path, index=False, sep="\t"),
    "spaces after commas": lambda path: path.write_text(table(UP, DOWN).to_csv(index=False).replace(",", ", ")),
    "capitals": lambda path: table(UP, DOWN).rename(columns=str.capitalize).to_csv(path, index=False),
    "microsiemens": lambda path: table(UP * 1e6, DOWN * 1e6, "conductance (uS)").to_csv(path, index=False),
    "µS in Latin-1": lambda path: table(UP * 1e6, DOWN * 1e6, "G [µS]").to_csv(path, index=False, encoding="latin-1"),
    "ohm": lambda path: table(1 / UP, 1 / DOWN, "ohm").to_csv(path, index=False),
    "kohm": lambda path: table(1e-3 / UP, 1e-3 / DOWN, "resistance (kOhm)").to_csv(path, index=False),
    "two columns": lambda path: columns(["pulse", "LTP (S)", "LTD (S)"]).to_csv(path, index=False),
    "columns of savetxt": lambda path: np.savetxt(path, np.c_[UP, DOWN], header="up_S down_S", comments=""),
    "comments": lambda path: path.write_text("# device 7, 100 ns\n" + table(UP, DOWN).to_csv(index=False) + "# end\n"),
    "UTF-16, as instruments export it": lambda path: columns(["Pulse", "LTP (S)", "LTD (S)"]).to_csv(
        path, index=False, sep="\t", encoding="utf-16"
    ),
    "sep=; for Excel": lambda path: path.write_text("sep=;\n" + table(UP, DOWN).to_csv(index=False, sep=";")),
    "a number sign in the header": lambda path: columns(
        ["Pulse #", "LTP (uS)", "LTD (uS)"], UP * 1e6, DOWN * 1e6
    ).to_csv(path, index=False),
    "a comment in the header": lambda path: path.write_text(
        table(UP, DOWN).to_csv(index=False).replace("siemens", "siemens # device 7")
    ),
    "megohm": lambda path: table(1e-6 / UP, 1e-6 / DOWN, "R (MOhm)").to_csv(path, index=False),
    "signs for directions": lambda path: table(UP, DOWN).replace({"up": "+", "down": "-"}).to_csv(path, index=False),
    "blank rows": lambda path: path.write_text(table(UP, DOWN).to_csv(index=False) + ",\n\n"),
}
"""How a file of the same device is written."""


@pytest.mark.parametrize("case", GOOD)
def test_every_file_of_the_device_is_the_device(tmp_path, case):
    GOOD[case](tmp_path / "curve.csv")
    curve, low, high = curve_files.load(tmp_path / "curve.csv")
    assert low == pytest.approx(1e-6, rel=1e-4) and high == pytest.approx(UP[-1], rel=1e-4)
    assert np.allclose(curve.up, (UP - low) / (high - low), atol=1e-4)
    assert np.allclose(curve.down, (DOWN - low) / (high - low), atol=1e-4)


ROUGH = {
    "0.2 % noise": noisy(0.002),
    "1 % noise": noisy(0.01),
    "5 % noise": noisy(0.05),
    "saturates": (np.minimum(UP, 9e-6), np.minimum(DOWN, 9e-6)),
    "steps of 0.1 uS": (np.round(UP, 7), np.round(DOWN, 7)),
    "steps of 2 uS": (np.round(UP / 2e-6) * 2e-6 + 1e-9, np.round(DOWN / 2e-6) * 2e-6 + 1e-9),
}


@pytest.mark.parametrize("case", ROUGH)
def test_noise_and_plateaus_are_smoothed(tmp_path, case):
    table(*ROUGH[case]).to_csv(tmp_path / "curve.csv", index=False)
    curve, low, high = curve_files.load(tmp_path / "curve.csv")
    assert (np.diff(curve.up) >= 0).all() and (np.diff(curve.down) <= 0).all()
    assert np.abs(low + (high - low) * curve.up - UP).max() < 1.5e-6
    # Pulse by pulse to the top and down again: no plateau holds the device
    devices = DeviceArray(Device(response="Curve", curves=(curve,)), 1, 0)
    seen = [0.0]
    for direction in [1] * 45 + [-1] * 45:
        devices.pulse(np.array([direction]))
        seen.append(float(devices.w[0]))
    assert max(seen) == pytest.approx(curve.up[-1]) and seen[-1] == pytest.approx(curve.down[-1])


def test_cycles_are_averaged(tmp_path):
    cycles = [noisy(0.05, seed) for seed in range(20)]
    pandas.concat([table(*each) for each in cycles]).to_csv(tmp_path / "curve.csv", index=False)
    curve, low, high = curve_files.load(tmp_path / "curve.csv")
    assert curve.pulses == 40
    assert np.abs(low + (high - low) * curve.up - UP).max() < 4e-7  # twenty readings are closer than one


def cycles_of(pulse, reading, seed=0):
    """Return 30 cycles of trains whose steps and readings have those standard deviations, siemens."""
    random = np.random.default_rng(seed)
    trains = []
    for train in (UP, DOWN):
        steps = np.diff(train) + pulse * random.standard_normal((30, 40))
        walk = train[0] + np.cumsum(np.hstack([np.zeros((30, 1)), steps]), axis=1)
        trains.append(walk + reading * random.standard_normal(walk.shape))
    return trains


@pytest.mark.parametrize("reading", [0.0, 5e-8])
def test_cycles_say_how_noisy_a_pulse_is(reading):
    """Catches the noise of readings counted as that of pulses."""
    for pulse in (0.0, 2e-8, 5e-8):
        curve, low, high = PulseCurve.fitted(*map(list, cycles_of(pulse, reading)))
        assert curve.pulse_std * (high - low) == pytest.approx(pulse, rel=0.15, abs=1.2e-8)
        devices = DeviceArray(Device(response="Curve", curves=(curve,)), 4000, 0)
        devices.w[...] = 0.5
        devices.pulse(np.ones(4000))
        assert devices.w.std() == pytest.approx(curve.pulse_std, rel=0.1)


def test_a_folder_of_curves_is_a_kind_of_device(tmp_path):
    """Each device follows one of the measured curves, in the measured range of its own."""
    for n, factor in enumerate((1.0, 1.5, 2.0)):
        table(UP * factor, DOWN * factor).to_csv(tmp_path / f"{n}.csv", index=False)
    curves, g_off, g_on = curve_files.load_all(tmp_path)
    assert len(curves) == 3 and g_off == pytest.approx(1e-6) and g_on == pytest.approx(1.5 * UP[-1], rel=1e-6)
    devices = DeviceArray(Device(g_on=g_on, on_off=g_on / g_off, response="Curve", curves=curves), 3000, 0)
    for readings in (UP, DOWN[1:]):
        for n, reading in enumerate(readings):
            devices.pulse(np.full(3000, 1.0 if readings is UP and n else 0.0 if readings is UP else -1.0))
            seen, counts = np.unique(np.round(devices.g / reading, 3), return_counts=True)
            assert seen.tolist() == [1.0, 1.5, 2.0] and counts.min() > 800
    (tmp_path / "empty").mkdir()
    with pytest.raises(PhysicsError, match="empty: expected files of pulse curves, found none"):
        curve_files.load_all(tmp_path / "empty")


@given(
    st.lists(st.floats(1e-9, 1e-3), min_size=2, max_size=12, unique=True),
    st.lists(st.floats(1e-9, 1e-3), min_size=2, max_size=12, unique=True),
)
def test_rising_and_falling_readings_are_kept_as_they_are(up, down):
    curve, low, high = PulseCurve.fitted([sorted(up)], [sorted(down, reverse=True)])
    assert np.allclose(low + (high - low) * curve.up, sorted(up), rtol=1e-9, atol=0)
    assert np.allclose(low + (high - low) * curve.down, sorted(down, reverse=True), rtol=1e-9, atol=0)


HEAD = "direction,siemens\n"
RAMP = HEAD + "up,1e-05\nup,3e-05\nup,4e-05\ndown,4e-05\ndown,2e-05\ndown,1e-05\n"
BAD = {
    "no file": (None, "cannot be read: No such file"),
    "empty": ("", "expected a header and rows of conductances, got neither"),
    "header only": (HEAD, "expected two or more conductances up, got 0"),
    "other columns": ("a,b\n1,2\n", "expected the columns direction,siemens or LTP,LTD, got a,b"),
    "no unit": ("pulse,LTP,LTD\n0,1,2\n", "expected a unit in the header pulse,LTP,LTD: add --set curve_unit=uS"),
    "two units": ("pulse,LTP (uS),LTD (nS)\n0,1,2\n", "have different units: write all in one"),
    "direction": (HEAD + "up,1e-5\nsideways,2\n", "line 3: expected up or down and a conductance, got sideways,2"),
    "text": (HEAD + "up,x\nup,y\n", "line 2: expected a conductance, got x"),
    "three cells": (HEAD + "up,1,2\n", "line 2: expected up or down and a conductance, got up,1,2"),
    "negative": (HEAD + "up,-1e-5\n", "line 2: -1e-5 is -1e-05 S, expected 1e-15..0.1 S: delete the line"),
    "zero": (HEAD + "up,0\n", "line 2: 0 is 0 S, expected 1e-15..0.1 S: delete the line"),
    "nan": (HEAD + "up,nan\n", "line 2: nan is nan S, expected"),
    "infinite": (HEAD + "up,inf\n", "line 2: inf is inf S, expected"),
    "uS called siemens": (HEAD + "up,1.0\n", "line 2: 1.0 is 1 S, expected 1e-15..0.1 S: give its unit by --set cur"),
    "ohm called siemens": (HEAD + "up,103317.2\n", "is 103317 S, expected 1e-15..0.1 S"),
    "one way": (HEAD + "up,1e-5\nup,2e-5\n", "expected two or more conductances down, got 0"),
    "the other way": (HEAD + "up,4e-5\nup,1e-5\ndown,1e-5\ndown,4e-5\n", "conductances up fall instead"),
    "scattered": (HEAD + 8 * "up,1e-5\nup,9e-5\n" + "down,9e-5\ndown,1e-5\n", "conductances up fall instead"),
    "never moves": (HEAD + "up,1e-5\nup,1e-5\ndown,1e-5\ndown,1e-5\n", "the pulses up do not move the conductance"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_curve_is_refused(tmp_path, case):
    text, message = BAD[case]
    if text is not None:
        (tmp_path / "curve.csv").write_text(text)
    with pytest.raises(PhysicsError) as caught:
        curve_files.load(tmp_path / "curve.csv")
    assert "curve.csv: " in str(caught.value) and message in str(caught.value)


def test_a_unit_may_be_named(tmp_path):
    columns(["pulse", "LTP", "LTD"], UP * 1e6, DOWN * 1e6).to_csv(tmp_path / "curve.csv", index=False)
    assert curve_files.load(tmp_path / "curve.csv", "uS")[1] == pytest.approx(1e-6)
    with pytest.raises(PhysicsError, match="curve_unit: expected one such as S, uS, ohm, kohm, got parsec"):
        curve_files.load(tmp_path / "curve.csv", "parsec")
