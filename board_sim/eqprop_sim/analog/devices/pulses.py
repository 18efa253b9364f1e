"""A measured pulse curve: the conductances of one device under a train of pulses up, then of pulses down.

Measurements are noisy, quantised and repeat: each train is averaged over its cycles, then fitted by the nearest curve
that never turns back (isotonic regression). The differences between cycles give the noise of a pulse. `curve_files`
reads them from files.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression

from ..errors import PhysicsError

_NOISE_MOST = 0.2
"""The largest root mean square distance of readings from the fit, as a fraction of the train's range."""


@dataclass(frozen=True, eq=False)
class PulseCurve:
    """The mean curve of a device, scaled to its range 0..1.

    - up: (pulses + 1,) states that never fall, before and after each pulse up
    - down: (pulses + 1,) states that never rise, before and after each pulse down
    - pulse_std: cycle-to-cycle standard deviation of what one pulse adds, as a fraction of the range
    - low, high: the ends of this device's range, if several devices share a nominal one
    """

    up: np.ndarray
    down: np.ndarray
    pulse_std: float = 0.0
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self):
        for name, values, sign in (("up", self.up, 1), ("down", self.down, -1)):
            if len(values) < 2:
                raise PhysicsError(f"curve: expected two or more conductances {name}, got {len(values)}")
            steps = sign * np.diff(values)
            if not (steps >= 0).all():
                raise PhysicsError(f"curve: pulse {int(np.argmin(steps >= 0)) + 1} {name} turns the conductance back")
            if not steps.any():
                raise PhysicsError(f"curve: the pulses {name} do not move the conductance")

    @property
    def pulses(self):
        """The number of pulses in the shorter train, from one end of the range to the other."""
        return min(len(self.up), len(self.down)) - 1

    @classmethod
    def fitted(cls, up, down):
        """Return (curve, lowest, highest) from measured trains, each of one or more cycles of readings.

        up, down: lists of sequences of conductances, in siemens; longer cycles are cut to the shortest.
        Raises PhysicsError for readings that do not follow a curve.
        """
        fits = [_fit(name, cycles, rising) for name, cycles, rising in (("up", up, True), ("down", down, False))]
        low, high = min(map(np.min, fits)), max(map(np.max, fits))
        noise = np.mean([_pulse_variance(cycles) for cycles in (up, down)]) ** 0.5 / (high - low)
        rising, falling = ((fit - low) / (high - low) for fit in fits)
        return cls(rising, falling, float(noise)), float(low), float(high)

    def pulses_up(self, wanted):
        """Return how many pulses up lead from the bottom to `wanted`."""
        return np.interp(wanted, self.up, np.arange(len(self.up)))


def _fit(name, cycles, rising):
    """Return the monotonic curve nearest to the mean of the cycles."""
    length = min(map(len, cycles), default=0)
    if length < 2:
        raise PhysicsError(f"curve: expected two or more conductances {name}, got {length}")
    mean = np.mean([cycle[:length] for cycle in cycles], axis=0)
    fit = isotonic_regression(mean, increasing=rising).x
    if not np.ptp(mean):
        raise PhysicsError(f"curve: the pulses {name} do not move the conductance")
    if np.ptp(fit) == 0 or np.sqrt(np.mean((mean - fit) ** 2)) > _NOISE_MOST * np.ptp(mean):
        turned = "fall" if rising else "rise"
        raise PhysicsError(f"curve: the conductances {name} {turned} instead: check the directions, and S against ohm")
    return fit


def _pulse_variance(cycles):
    """Return the cycle-to-cycle variance of what a pulse adds, without that of the readings; 0 for a single cycle.

    A reading's own noise r also differs between cycles: it adds 2 var(r) to the variance of a step, and -var(r) to the
    covariance of neighbouring steps, through which it is known.
    """
    if len(cycles) < 2:
        return 0.0
    length = min(map(len, cycles))
    steps = np.diff(np.array([cycle[:length] for cycle in cycles], float), axis=1)
    steps -= steps.mean(0)
    freedom = (len(cycles) - 1) / len(cycles)
    variance = np.mean(steps**2) / freedom
    together = np.mean(steps[:, 1:] * steps[:, :-1]) / freedom if length > 2 else 0.0
    return max(variance + 2 * min(together, 0.0), 0.0)
