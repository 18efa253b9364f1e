"""Options for the parts of a simulated chip, `--device` and `--set`; and the table of its ledger."""

from eqprop_sim.analog.devices.presets import PRESETS

from . import run_options

ENERGIES = ("energy_joule_per_inference", "energy_joule_per_training_sample")
"""The keys of `--json` that are null if a chip's energy cannot be measured."""

PHYSICS = ("fixed", "analog")
"""The kinds of physics."""


def add_simulation_options(parser):
    """Add the options that determine a simulation: the physics, the chip, the data and the network."""
    text = "fixed: a board's own arithmetic, bit for bit; analog: a chip of real devices (default: %(default)s)"
    parser.add_argument("--physics", choices=PHYSICS, default="fixed", help=text)
    text = f"with --physics analog: one of {', '.join(PRESETS)} (default: ideal)"
    parser.add_argument("--device", choices=PRESETS, metavar="NAME", help=text)
    text = "with --physics analog: set a parameter of the chip, such as levels=16; may be repeated"
    parser.add_argument("--set", action="append", metavar="NAME=VALUE", default=[], help=text)
    run_options.add_learning_options(parser, on_chips=True)


def ledger_lines(found):
    """Return the lines that show an `energy.Ledger`."""
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
    return [f"{what:<36}{part:<14}{_scaled(value)}{unit}" for what, part, value, unit in rows]


def _scaled(value):
    """Return a value with a prefix, such as "3.10 p"."""
    for factor, prefix in ((1, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n"), (1e-12, "p"), (1e-15, "f")):
        if value >= factor:
            return f"{value / factor:.3g} {prefix}"
    return f"{value:.3g} "
