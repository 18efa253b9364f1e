"""What is typed about a simulated chip, and what it is made of: `--device`, `--set`, `--netlist` and the ledger."""

from dataclasses import fields, replace

import numpy as np

from eqprop_sim.analog import PhysicsError, Wires, energy
from eqprop_sim.analog.circuits import netlist
from eqprop_sim.analog.crossbar import Hardware
from eqprop_sim.analog.devices import curve_files
from eqprop_sim.analog.devices.presets import PRESETS
from eqprop_sim.analog.periphery import Converter, Periphery

from ...errors import DataError
from ...files import write_whole

LEDGER_SAMPLES = 50
"""Of the test samples, those that the ledger is a mean of: its circuit equations are stiff."""

_CONVERTERS = ("dac_bits", "adc_bits", "dac_noise_v", "adc_noise_v")
_WIRES = ("row_ohm", "column_ohm")
_HARDWARE = ("drive_v", "rounding", "verify")
_TEXT = ("response", "rounding", "curve", "curve_unit")
_WHOLE = ("levels", "dac_bits", "adc_bits", "verify")


def knobs():
    """Return what `--set` knows, by name."""
    device = [field.name for field in fields(type(PRESETS["ideal"])) if field.name != "source"]
    periphery = [field.name for field in fields(Periphery) if field.name not in ("dac", "adc")]
    return [*device, "curve_unit", *periphery, *_CONVERTERS, *_WIRES, *_HARDWARE]


def add_options(parser):
    """Add what says what a chip is made of."""
    text = f"with --physics analog: one of {', '.join(PRESETS)} (default: ideal)"
    parser.add_argument("--device", choices=PRESETS, metavar="NAME", help=text)
    text = "with --physics analog: set a figure of the chip, such as levels=16; may be repeated"
    parser.add_argument("--set", action="append", metavar="NAME=VALUE", default=[], help=text)


def hardware(device, settings):
    """Return the `Hardware` of a preset's name, None for the ideal one, and of "name=value" texts.

    Raises DataError naming the text that is wrong.
    """
    values = dict(_parsed(text) for text in settings)
    device = PRESETS[device or "ideal"]
    try:
        if "curve" in values:
            curve, g_off, g_on = curve_files.load(values.pop("curve"), values.pop("curve_unit", None))
            device = replace(device, curve=curve, response="Curve", levels=None, g_on=g_on, on_off=g_on / g_off)
        elif "curve_unit" in values:
            raise DataError(f"--set curve_unit={values['curve_unit']}: needs --set curve=FILE")
        own = {name: values.pop(name) for name in list(values) if hasattr(device, name)}
        dac, adc = (
            Converter(values.pop(f"{name}_bits", None), values.pop(f"{name}_noise_v", 0.0)) for name in ("dac", "adc")
        )
        lines = {name: values.pop(name) for name in _WIRES if name in values}
        rest = {name: values.pop(name) for name in _HARDWARE if name in values}
        wires = Wires(**lines) if lines else None
        return Hardware(device.varied(**own), Periphery(dac, adc, **values), wires, **rest)
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
    """Write the chip's circuit, with features x (int8, one sample) on its rows, as SPICE netlist to `path`."""
    text = netlist.write(crossbar.circuit, np.maximum(x, -127) / 127, title="eqprop simulate")
    write_whole(path, text.encode())


def ledger(crossbar, x, labels, samples):
    """Return (the `energy.Ledger` of the first LEDGER_SAMPLES of x, the lines that say it)."""
    found = energy.measure(crossbar, x[:LEDGER_SAMPLES], labels[:LEDGER_SAMPLES], samples)
    digital = found.constants.microcontroller
    rows = [
        ("settling time", "", found.settle_s, "s"),
        ("inference", "conductances", found.inference_conductances_j, "J"),
        ("", "DAC and ADC", found.inference_converters_j, "J"),
        ("training sample", "conductances", found.training_conductances_j, "J"),
        ("", "DAC and ADC", found.training_converters_j, "J"),
        ("", "programming", found.training_pulses_j, "J"),
        ("the same multiplications", "inference", found.digital_inference_j, "J"),
        (f"on {digital}", "training", found.digital_training_j, "J"),
    ]
    return found, [f"{what:<36}{part:<14}{_scaled(value)}{unit}" for what, part, value, unit in rows]


def _scaled(value):
    """Return a value with a prefix, such as "3.10 p"."""
    for factor, prefix in ((1, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n"), (1e-12, "p"), (1e-15, "f")):
        if value >= factor:
            return f"{value / factor:.3g} {prefix}"
    return f"{value:.3g} "
