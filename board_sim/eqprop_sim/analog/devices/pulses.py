"""A measured pulse curve: the conductances of one device under a train of pulses up, then of pulses down.

Measurements are noisy, quantised and repeat: each train is averaged over its cycles, then fitted by the nearest curve
that never turns back (isotonic regression). `curve_files` reads them from files.
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
    """

    up: np.ndarray
    down: np.ndarray

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
        return cls(*((fit - low) / (high - low) for fit in fits)), float(low), float(high)

    def after(self, position, pulses):
        """Return the states after `n` pulses (any real number, negative for down) from `position` 0..1."""
        # Among repeated readings np.interp finds the last, so the next pulse leaves the plateau
        up, down = np.arange(len(self.up)), np.arange(len(self.down))
        risen = np.interp(np.interp(position, self.up, up) + pulses, up, self.up)
        fallen = np.interp(np.interp(-position, -self.down, down) - pulses, down, self.down)
        # Beyond the end of a train, another pulse the same way does nothing; it never turns back
        return np.where(pulses > 0, np.maximum(risen, position), np.minimum(fallen, position))

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
