"""The energy ledger: the cost of an inference and of a training sample, on the chip and on a microcontroller.

It counts dissipation in the conductances while the nodes settle, conversions, and programming pulses. It does not count
amplifiers, control logic, the host's link or, on the microcontroller, anything but multiply-accumulates.
"""

from dataclasses import asdict, dataclass

import numpy as np

from eqprop.crossbar import FREE, MINUS, PLUS
from eqprop.extras.regression import Regression

from .circuits.transient import settling_time
from .errors import check_between


@dataclass(frozen=True)
class Constants:
    """The cost of each operation, with its source.

    "Assumed" marks figures without a source. ISAAC (Shafiee et al. 2016, ISCA, doi 10.1109/ISCA.2016.12) is quoted
    from its model in the library hwcomponents, the datasheet from Zephyr's page of the board Nucleo L476RG.
    """

    node_capacitance_f: float = 1e-12
    """Capacitance of a node with its lines, farads. Assumed: 2.5 mm of wire at 0.2 fF/um, the same for an amplifier."""

    settle_bits: int = 8
    """A node counts as settled within half a step of a converter with this many bits, that of the ADC below."""

    dac_j: float = 3.3e-12
    """Energy of an 8-bit conversion: 8 of ISAAC's 1-bit DACs at 0.417 pJ; 4 mW for 1024 of them at 12 MHz in a pipeline
    that keeps 100 of 128 rows busy."""

    adc_j: float = 1.67e-12
    """Energy of an 8-bit conversion: 16 mW for 8 of ISAAC's ADCs at 1.2 GS/s."""

    microcontroller: str = "STM32L476 (Cortex-M4) at 80 MHz"
    """The microcontroller that runs the digital network."""

    cycle_j: float = 0.3e-9
    """Its energy per clock cycle: 100 uA/MHz in run mode (STMicroelectronics DS10198); at 3.0 V, assumed."""

    mac_cycles: float = 2.0
    """Its cycles per 16-bit multiply-accumulate. Assumed: `smlad` and its loads take two instructions per
    multiply-accumulate, of one cycle each."""

    def __post_init__(self):
        for name, value in asdict(self).items():
            if name != "microcontroller":
                check_between(name, value, np.finfo(np.float64).tiny)


@dataclass(frozen=True)
class Ledger:
    """Means over samples, joules and seconds."""

    settle_s: float
    """The settling time of the slowest sample, which sets the clock."""

    inference_conductances_j: float
    inference_converters_j: float
    training_conductances_j: float
    training_converters_j: float
    training_pulses_j: float
    digital_inference_j: float
    """Multiply-accumulates of the same network on the microcontroller."""

    digital_training_j: float
    """The same forward; for the nudged samples twice as many more, backward and for the update."""

    nudged_share: float
    """The fraction of samples with a loss; the learner skips the nudged phases of the others."""

    constants: Constants

    @property
    def inference_j(self):
        """Energy of an inference."""
        return self.inference_conductances_j + self.inference_converters_j

    @property
    def training_j(self):
        """Energy of a training sample: the free phase and, if it has a loss, the nudged phases and the update."""
        return self.training_conductances_j + self.training_converters_j + self.training_pulses_j

    def to_dict(self):
        """Return the ledger, ready for JSON."""
        sums = {
            "energy_joule_per_inference": self.inference_j,
            "energy_joule_per_training_sample": self.training_j,
        }
        return {**sums, **{f"ledger_{name}": value for name, value in asdict(self).items()}}


def power(circuit, x, v):
    """Return the watts, (batch,), that all conductances dissipate at node voltages v for features x (batch, n_0)."""
    volts = circuit.drive_v * np.asarray(x, float)
    rows = np.hstack([volts, np.full((len(volts), 1), circuit.bias_v[0])])
    rows = np.hstack([rows, -rows])
    total = _dissipated(rows, np.concatenate(list(circuit.g[0])).astype(float), v[1])
    for c in range(1, len(circuit.g)):
        bias = np.full((len(volts), 1), circuit.bias_v[c])
        rows = np.hstack([circuit.rows(c, v[c]), bias, -bias])
        total += _dissipated(rows, circuit.g[c].astype(float), v[c + 1])
    return total


def _dissipated(rows, g, columns):
    """Return sum of g (row - column)^2 for each sample."""
    return rows**2 @ g.sum(1) + columns**2 @ g.sum(0) - 2 * np.einsum("bi,ij,bj->b", rows, g, columns, optimize=True)


def measure(crossbar, x, y, samples_learnt, constants=Constants()):  # noqa: B008 (frozen)
    """Return the `Ledger` of an `AnalogCrossbar`, over features x, int8 (samples, n_0), and an array y.

    y: labels, (samples,), or targets, (samples, n_L).
    samples_learnt: how many samples the crossbar has learnt; the cost of all its pulses so far is divided by this. The
    measurement settles the crossbar but leaves its conductances unchanged.
    """
    plan, circuit = crossbar.plan, crossbar.circuit
    layers = plan.layers
    full = crossbar.full_scale_v
    features = np.maximum(np.asarray(x, float), -127) / 127
    seconds = settling_time(circuit, features, constants.node_capacitance_f, full / 2**constants.settle_bits)
    watts = np.zeros(3)
    nudged = 0.0
    set_nudge = crossbar.set_nudge if y.ndim == 1 else Regression(crossbar, None).set_nudge
    for row, right in zip(x, y.tolist(), strict=True):
        crossbar.settle(row.tobytes())
        watts[FREE] += crossbar.power(FREE)
        if set_nudge(right):  # as the learner: without a loss there is nothing to nudge
            nudged += 1 / len(x)
            for phase in (PLUS, MINUS):
                crossbar.nudge(phase)
                watts[phase] += crossbar.power(phase)
    watts /= len(x)
    settle_s = float(seconds.max())
    outputs, nodes = layers[-1], sum(layers[1:])
    inputs = 2 * layers[0]  # a row pair for each input
    macs = sum(a * b for a, b in zip(layers[:-1], layers[1:], strict=True))
    digital = macs * constants.mac_cycles * constants.cycle_j
    return Ledger(
        settle_s=settle_s,
        inference_conductances_j=float(watts[FREE]) * settle_s,
        inference_converters_j=inputs * constants.dac_j + outputs * constants.adc_j,
        training_conductances_j=float(watts.sum()) * settle_s,
        # The outputs are read in the free phase, all nodes in both nudged ones; nudges are currents from DACs
        training_converters_j=inputs * constants.dac_j
        + outputs * constants.adc_j
        + 2 * nudged * (outputs * constants.dac_j + nodes * constants.adc_j),
        training_pulses_j=crossbar.pulses_j / samples_learnt if samples_learnt else 0.0,
        digital_inference_j=digital,
        nudged_share=nudged,
        digital_training_j=(1 + 2 * nudged) * digital,
        constants=constants,
    )
