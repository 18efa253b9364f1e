"""Operating points with exponential diodes: a damped Newton iteration on all nodes at once, batched, float64.

A node's limits become a diode each, from `low` to the node and from the node to `high`, with Shockley's law

    i = saturation_a * (exp(volts / (ideality * k T / q)) - 1)

The iteration starts from the ideal diodes' solution, in which a held node's net current is its diode's current.
"""

from dataclasses import dataclass

import numpy as np

from ..errors import ConvergenceError, check_between

_EXPONENT_MAX = 200.0  # above this, the exponential continues as its tangent
_HALVINGS = 30


@dataclass(frozen=True)
class Diode:
    """Shockley's law; the default is nearly ideal: 7 mV at 1 mA."""

    saturation_a: float = 1e-12
    """Saturation current Is, amperes."""

    ideality: float = 0.01
    """Ideality factor n; 1 to 2 for silicon."""

    temperature_k: float = 300.15
    """Kelvin: ngspice's 27 degrees Celsius."""

    def __post_init__(self):
        for name in ("saturation_a", "ideality", "temperature_k"):
            check_between(name, getattr(self, name), np.finfo(np.float64).tiny)

    @property
    def thermal_v(self):
        """Volts: n k T / q, the constants as CODATA 2018."""
        return self.ideality * 1.380649e-23 * self.temperature_k / 1.602176634e-19

    def current(self, volts):
        """Return (amperes, siemens) of diodes: their currents and slopes."""
        exponent = volts / self.thermal_v
        beyond = np.maximum(exponent - _EXPONENT_MAX, 0.0)
        rise = np.exp(np.minimum(exponent, _EXPONENT_MAX))
        slope = self.saturation_a / self.thermal_v * rise
        return self.saturation_a * (rise * (1 + beyond) - 1), slope


@dataclass(frozen=True)
class Report:
    """The result of a Newton iteration."""

    iterations: int
    """Iterations of the slowest sample."""

    residual_a: float
    """The largest residual current at a node, amperes."""

    residual_relative: float
    """The same, relative to its sample's largest source current."""


def refer(circuit, diode, share=0.05):
    """Move the references of a circuit's diodes by their drop, so that they conduct at its limits.

    A diode conducts some current before the node reaches its limit, and more beyond. At the limit it now conducts the
    current of `share` of full scale into a node of mean conductance. Choose `drive_v` so that the hidden nodes' signals
    are many times `diode.thermal_v`: only then is the bend sharp.
    """
    for layer in range(1, len(circuit.layers)):
        amperes = share * circuit.drive_v / float(circuit.inverse[layer].mean())
        drop = diode.thermal_v * np.log1p(amperes / diode.saturation_a)
        circuit.low[layer] += drop
        circuit.high[layer] -= drop
    circuit.refresh()


def settle(nodal, source, diode=Diode(), *, tolerance=1e-11, iterations=100):  # noqa: B008 (frozen)
    """Return (voltages (batch, nodes), `Report`) of a `Nodal` system at rest.

    source: from `Nodal.source`. tolerance: for the residual, relative to the sample's largest source current. Raises
    ConvergenceError naming the node if the iteration does not converge.
    """
    ideal = nodal.settle(source)
    scale = np.maximum(np.abs(source).max(1), np.finfo(np.float64).tiny)
    push = source - ideal @ nodal.matrix.T
    below = np.log1p(np.maximum(-push, 0) / diode.saturation_a) * diode.thermal_v
    above = np.log1p(np.maximum(push, 0) / diode.saturation_a) * diode.thermal_v
    v = np.where(ideal <= nodal.low, ideal - np.where(push < 0, below, 0), ideal)
    v = np.where(ideal >= nodal.high, v + np.where(push > 0, above, 0), v)
    residual, slope = _residual(nodal, source, diode, v)
    for done in range(iterations):
        worst = np.abs(residual).max(1) / scale
        moving = worst > tolerance
        if not moving.any():
            return v, Report(done, float(np.abs(residual).max()), float(worst.max()))
        jacobian = nodal.matrix + slope[moving][:, :, None] * np.eye(slope.shape[1])
        step = -np.linalg.solve(jacobian, residual[moving][:, :, None])[:, :, 0]
        v[moving] = _damped(nodal, source[moving], diode, v[moving], step, residual[moving])
        residual, slope = _residual(nodal, source, diode, v)
    sample, at = np.unravel_index(np.argmax(np.abs(residual) / scale[:, None]), residual.shape)
    layer, node = nodal.place(at)
    raise ConvergenceError(
        f"layer {layer}, node {node}: {residual[sample, at]:.3g} A do not cancel after {iterations} iterations, "
        f"in sample {sample}"
    )


def _residual(nodal, source, diode, v):
    """Return (currents out of the nodes, slopes of their diodes), (batch, nodes) each."""
    into, slope_low = diode.current(nodal.low - v)
    out, slope_high = diode.current(v - nodal.high)
    return v @ nodal.matrix.T - source - into + out, slope_low + slope_high


def _damped(nodal, source, diode, v, step, residual):
    """Return v + step, the step halved in each sample until the residual shrinks."""
    size = np.linalg.norm(residual, axis=1)
    fraction = np.ones(len(v))
    for _ in range(_HALVINGS):
        trial = v + fraction[:, None] * step
        worse = np.linalg.norm(_residual(nodal, source, diode, trial)[0], axis=1) >= size
        if not worse.any():
            break
        fraction[worse] /= 2
    return trial
