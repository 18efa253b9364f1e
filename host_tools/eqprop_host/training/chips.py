"""A simulated chip to train on: its hardware, the board that drives it, its energy ledger and its netlist."""

import contextlib
from dataclasses import fields

import numpy as np

from eqprop.fixed import G_MAX
from eqprop_sim.analog import PhysicsError, Wires, energy
from eqprop_sim.analog.circuits import netlist
from eqprop_sim.analog.crossbar import AnalogNetwork, Hardware
from eqprop_sim.analog.devices import curve_files
from eqprop_sim.analog.devices.presets import PRESETS
from eqprop_sim.analog.periphery import Converter, Periphery
from eqprop_sim.analog.recipe import recipe_for
from eqprop_sim.in_process import EmulatedBoard

from ..boards.chip_board import ChipBoard
from ..boards.ports import open_board
from ..errors import DataError
from ..files import write_whole
from .config import RunConfig
from .fit import Fit

LEDGER_SAMPLES = 50
"""The number of test samples that the ledger averages; its circuit equations are stiff, so they take long."""

_CHIP = "resistive"  # the energy model of simulated chips
_CONVERTERS = ("dac_bits", "adc_bits", "dac_noise_v", "adc_noise_v")
_WIRES = ("row_ohm", "column_ohm")
_HARDWARE = ("drive_v", "rounding", "verify")
_TEXT = ("response", "rounding", "curve", "curve_unit")
_WHOLE = ("levels", "dac_bits", "adc_bits", "verify", "mult_noise")
_OF_AGE = ("nu", "nu_dtod", "drift_t0_s", "retention_s")


def knobs():
    """Return the parameters of `--set`, by name."""
    device = [field.name for field in fields(type(PRESETS["ideal"])) if field.name not in ("source", "curves")]
    periphery = [field.name for field in fields(Periphery) if field.name not in ("dac", "adc")]
    return [*device, "curve", "curve_unit", *periphery, *_CONVERTERS, *_WIRES, *_HARDWARE]


def energy_model(physics, model=None):
    """Return the energy model of a simulation: `model`, or for None the default of its `physics`, "fixed" or "analog".

    A simulated chip is a resistive circuit: raises DataError for another model with "analog".
    """
    if physics != "analog":
        return model or RunConfig.model
    if model not in (None, _CHIP):
        raise DataError(f"--model {model}: a simulated chip is {_CHIP}: leave out --physics analog")
    return _CHIP


@contextlib.contextmanager
def open_chip(hardware, port=None, tell=lambda line: None):
    """Yield an open board that learns on a simulated chip of this `Hardware`; its `crossbar` is the chip.

    port: the board that drives the chip, as `open_board` takes it; None for one in this process. tell: as there. Raises
    DataError for a circuit that does not settle, also while it is used.
    """
    chips = AnalogNetwork.on(hardware)
    try:
        if port is None:
            yield EmulatedBoard(chips, "analog chip")
            return
        with open_board(port, tell) as board:
            yield ChipBoard(board, chips)
    except PhysicsError as error:
        raise DataError(str(error)) from error


def siemens_per_step(hardware):
    """Return the conductance of a step on chips of this `Hardware`."""
    return hardware.device.g_on / G_MAX


def hardware(device, settings, age_s=None):
    """Return the `Hardware` of a preset (None for the ideal one), changed by "name=value" texts.

    age_s: how long the devices are left after training, or None. Raises DataError naming the invalid text.
    """
    values = dict(_parsed(text) for text in settings)
    device = PRESETS[device or "ideal"]
    try:
        for name in _OF_AGE if age_s is None else ():
            if name in values:
                raise DataError(f"--set {name}={values[name]:g}: does nothing without --age SECONDS")
        own = {name: values.pop(name) for name in list(values) if hasattr(device, name)}
        if "mult_noise" in own:
            own["mult_noise"] = bool(own["mult_noise"])
        if "curve" in values:
            curves, g_off, g_on = curve_files.load_all(values.pop("curve"), values.pop("curve_unit", None))
            measured = {"curves": curves, "response": "Curve", "levels": None, "g_on": g_on, "on_off": g_on / g_off}
            own = {**measured, **own}
        elif "curve_unit" in values:
            raise DataError(f"--set curve_unit={values['curve_unit']}: needs --set curve=FILE")
        dac, adc = (
            Converter(values.pop(f"{name}_bits", None), values.pop(f"{name}_noise_v", 0.0)) for name in ("dac", "adc")
        )
        lines = {name: values.pop(name) for name in _WIRES if name in values}
        rest = {name: values.pop(name) for name in _HARDWARE if name in values}
        wires = Wires(**lines) if lines else None
        device = device.varied(**own)
        return Hardware(device, Periphery(dac, adc, **values), wires, **rest, recipe=recipe_for(device))
    except PhysicsError as error:
        raise DataError(str(error)) from error


def _parsed(text):
    name, equals, value = text.partition("=")
    if not equals or name not in knobs():
        raise DataError(f"--set {text}: expected NAME=VALUE; the names are {', '.join(knobs())}")
    if name in _TEXT:
        return name, value
    try:
        return name, int(value) if name in _WHOLE else float(value)
    except ValueError:
        kind = "whole number" if name in _WHOLE else "number"
        raise DataError(f"--set {text}: {value!r} is not a {kind}") from None


def write_netlist(path, crossbar, x):
    """Write the chip's circuit, with features x (int8, one sample) as input, as SPICE netlist to `path`."""
    text = netlist.write(crossbar.circuit, np.maximum(x, -127) / 127, title="eqprop simulate")
    write_whole(path, text.encode())


def aged(board, seconds, data):
    """Let a chip's devices rest for some seconds, then test it on `data` (`datasets.Prepared`).

    Returns (entries of `--json`, the error in words).
    """
    board.crossbar.age(seconds)
    classes, outputs = board.infer(data.test_x)
    if scaling := data.target_scaling:
        fit = Fit.of(data.test_targets, scaling.predicted(outputs), scaling.names)
        return {"aged_rmse": fit.to_dict()["rmse"]}, fit.summary()
    error = 100 * float(np.mean(classes != data.test_y))
    return {"aged_test_error_percent": error}, f"test error {error:.2f} %"


def ledger(crossbar, x, y, samples, tell=lambda line: None):
    """Return the `energy.Ledger` of the first LEDGER_SAMPLES of x (int8) after `samples` samples were learnt.

    None if it cannot be measured; then `tell` is called with the reason.
    """
    try:
        return energy.measure(crossbar, x[:LEDGER_SAMPLES], y[:LEDGER_SAMPLES], samples)
    except PhysicsError as error:
        tell(f"energy not measured: {error}")
        return None
