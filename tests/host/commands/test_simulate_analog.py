"""`eqprop simulate --physics analog`: a chip of real devices, its energy, its netlist, and what may be said of it."""

import json

import pytest

from eqprop_host import cli
from eqprop_host.errors import DataError
from eqprop_host.training import chips
from eqprop_sim.analog import energy
from eqprop_sim.analog.circuits import spice
from support.typed_command import run

pytestmark = pytest.mark.slow

SMALL = ("simulate", "--physics=analog", "--data=iris", "--layers=4-6-3", "--epochs=2")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chip")
    argv = [*SMALL, "--device=ecram", "--set=adc_bits=10", f"--json={folder}/r.json", f"--netlist={folder}/out.cir"]
    assert cli.main(argv) == 0
    return folder, json.loads((folder / "r.json").read_text())


def test_the_ledger_is_printed_and_written(capsys, tmp_path):
    code, out, err = run(capsys, *SMALL, f"--json={tmp_path}/r.json")
    assert code == 0, err
    results = json.loads((tmp_path / "r.json").read_text())
    assert 0 < results["energy_joule_per_inference"] < results["energy_joule_per_training_sample"]
    constants = results["ledger_constants"]
    assert constants["microcontroller"] in out and constants["adc_j"] == energy.Constants().adc_j
    for word in ("settling time", "DAC and ADC", "programming", "the same multiplications", "test error"):
        assert word in out


def test_results_say_what_the_chip_was(simulated):
    _, results = simulated
    assert (results["physics"], results["device"], results["set"]) == ("analog", "ecram", ["adc_bits=10"])


def test_the_netlist_runs(simulated):
    """Catches a netlist that lacks the control commands, or is of another circuit than the trained one."""
    folder, _ = simulated
    text = (folder / "out.cir").read_text()
    assert text.startswith("* eqprop simulate: 4-6-3\n") and text.count("\nRp") == 5 * 6
    try:
        said = spice.run(text)
    except spice.Unavailable as error:
        pytest.skip(str(error))
    assert said.count("v(v2_") == 3


def test_the_same_options_are_the_same_chip(tmp_path, capsys):
    crcs = []
    for seed in (3, 3, 4):
        code, out, err = run(capsys, *SMALL, "--device=rram", f"--seed={seed}")
        assert code == 0, err
        crcs.append(out.split()[-1])
    assert crcs[0] == crcs[1] != crcs[2]


def test_a_user_gets_the_figures_of_the_study(capsys):
    """4 levels: 5.8 % in the study, 90 % when a user ran them with the plan of a board."""
    code, out, err = run(capsys, "simulate", "--physics=analog", "--set=levels=4", "--set=on_off=100", "--epochs=4")
    assert code == 0, err
    assert float(out.split()[-5]) <= 9


def test_conductances_drift_after_training(capsys, tmp_path):
    """Catches a time that passes nowhere, and a test before it instead of after."""
    lasting = ["--set=levels=256", "--set=retention_s=1e4", "--data=digits", "--layers=64-16-10"]
    errors = []
    for seconds in ("1", "1e5"):
        argv = ["simulate", "--physics=analog", *lasting, "--epochs=1", f"--age={seconds}", f"--json={tmp_path}/r.json"]
        code, out, err = run(capsys, *argv)
        assert code == 0, err
        results = json.loads((tmp_path / "r.json").read_text())
        errors.append(results["aged_test_error_percent"])
        assert f"test error {errors[-1]:.2f} % after" in out and results["age_seconds"] == float(seconds)
    assert errors[0] == pytest.approx(results["test_error_percent"], abs=1) and errors[1] > errors[0] + 20


def test_the_ledger_never_ends_a_run(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("eqprop_sim.analog.circuits.transient._STEPS", 3)
    code, out, err = run(capsys, *SMALL, f"--json={tmp_path}/r.json")
    results = json.loads((tmp_path / "r.json").read_text())
    assert code == 0 and "test error" in out and "energy not measured: sample" in err
    assert results["energy_joule_per_inference"] is None and results["test_error_percent"] is not None


def test_a_board_in_the_loop_gives_the_same_chip(capsys):
    plain, looped = (run(capsys, *SMALL, "--limit=40", *more) for more in ((), ("--port=sim:",)))
    assert plain[0] == looped[0] == 0 and plain[1] == looped[1]


BAD = {
    "preset": (["--device=tape"], "invalid choice: 'tape'"),
    "no name": (["--set=levels"], "--set levels: expected NAME=VALUE; the names are g_on"),
    "name": (["--set=level=3"], "--set level=3: expected NAME=VALUE"),
    "number": (["--set=nu=x"], "--set nu=x: 'x' is not a number"),
    "whole": (["--set=levels=2.5"], "--set levels=2.5: '2.5' is not a whole number"),
    "levels": (["--set=levels=0"], "levels: 0 is not 2 or more"),
    "resistance": (["--set=row_ohm=-1"], "row_ohm: -1.0 is not in 0..1e+06"),
    "open row": (["--set=row_ohm=inf"], "row_ohm: inf is not in 0..1e+06"),
    "open column": (["--set=column_ohm=inf"], "column_ohm: inf is not in 0..1e+06"),
    "lightning": (["--set=drive_v=1e308"], "drive_v: 1e+308 is not in 1e-06..1000"),
    "pulse": (["--set=pulse_v=1e308"], "pulse_v: 1e+308 is not in 1.17549e-38..1000"),
    "wide": (["--set=on_off=inf"], "on_off: inf is not in 1..1e+12"),
    "spread without end": (["--set=dw_min_std=inf"], "dw_min_std: inf is not in 0..100"),
    "unit": (["--set=curve_unit=uS"], "--set curve_unit=uS: needs --set curve=FILE"),
    "rounding": (["--set=rounding=up"], "rounding: 'up' is not one of read-back, mixed, stochastic"),
    "drift without time": (["--device=pcm", "--set=nu=0.1"], "--set nu=0.1: does nothing without --age SECONDS"),
    "nothing to relax": (["--set=retention_s=60"], "--set retention_s=60: does nothing without --age SECONDS"),
    "asymmetry of nothing": (["--set=up_down=0.3"], "up_down: 0.3 does nothing here: set levels too"),
    "rounding of nothing": (["--set=rounding=stochastic"], "rounding: 'stochastic' does nothing here: set levels too"),
    "no time": (["--age=0"], "--age"),
    "curve": (["--set=curve=none.csv"], "none.csv: cannot be read"),
    "netlist": (["--netlist=/dev/null/x.cir"], "/dev/null/x.cir"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line(case, capsys):
    argv, message = BAD[case]
    code, out, err = run(capsys, *SMALL, *argv)
    assert code in (1, 2) and out == "" and message in err and err.count("\n") == 1, err


@pytest.mark.parametrize("option", ["--device=rram", "--set=nu=0.1", "--netlist=x.cir", "--age=9", "--port=sim:"])
def test_a_chip_needs_its_physics(option, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "simulate", option)
    assert code == 1 and out == "" and "needs --physics analog" in err
    assert not list(tmp_path.iterdir())


def test_every_knob_can_be_set():
    numbers = {
        "g_on": 0.025,
        "levels": 7,
        "response": "SoftBounds",
        "rounding": "stochastic",
        "verify": 2,
        "dac_bits": 6,
        "adc_bits": 6,
        "mult_noise": 0,
    }
    skipped = {"curve", "curve_unit"}
    needed = ["levels=9", "response=LinearStep", "gamma_up=0.1", "dw_min_std=0.1", "nu=0.1"]
    for name in set(chips.knobs()) - skipped:
        value = numbers.get(name, 0.25 if name != "on_off" else 3.0)
        made = chips.hardware(
            "ideal", [*needed, f"{name}={value}"] if name != "response" else [*needed[:1], f"{name}={value}"], 1.0
        )
        assert (str(bool(value)) if name == "mult_noise" else str(value)) in str(made), name


def test_a_curve_makes_the_device(tmp_path):
    rows = "".join(f"up,{g}e-5\n" for g in (1, 2, 4)) + "".join(f"down,{g}e-5\n" for g in (4, 3, 1))
    (tmp_path / "c.csv").write_text("direction,siemens\n" + rows)
    device = chips.hardware(None, [f"curve={tmp_path}/c.csv", "dw_min_dtod=0.1"]).device
    assert device.response == "Curve" and device.g_on == 4e-5 and device.on_off == pytest.approx(4)
    assert device.dw_min_dtod == 0.1
    with pytest.raises(DataError, match="response: 'SoftBounds' with a curve"):
        chips.hardware(None, [f"curve={tmp_path}/c.csv", "response=SoftBounds"])
