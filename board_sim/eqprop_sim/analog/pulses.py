"""A measured pulse curve: the conductances of one device under a train of pulses up, then of pulses down."""

import csv
from dataclasses import dataclass

import numpy as np

from .errors import PhysicsError


@dataclass(frozen=True, eq=False)
class PulseCurve:
    """The mean curve of a device, scaled to its range 0..1.

    - up: (pulses + 1,) rising states, before and after each pulse up
    - down: (pulses + 1,) falling ones, before and after each pulse down
    """

    up: np.ndarray
    down: np.ndarray

    def __post_init__(self):
        for name, values, sign in (("up", self.up, 1), ("down", self.down, -1)):
            if len(values) < 2:
                raise PhysicsError(f"curve: {len(values)} conductances {name} are too few")
            if not (sign * np.diff(values) > 0).all():
                at = int(np.argmin(sign * np.diff(values) > 0)) + 1
                raise PhysicsError(f"curve: pulse {at} {name} does not move the conductance {name}")

    @property
    def pulses(self):
        """Pulses of the shorter train, from one end of the range to the other."""
        return min(len(self.up), len(self.down)) - 1

    @classmethod
    def load(cls, path):
        """Read a .csv of a header `direction,siemens` and a row for each conductance: up or down, in order.

        Returns (curve, g_off, g_on): the range is that of all rows. Raises PhysicsError naming the line.
        """
        trains: dict = {"up": [], "down": []}
        try:
            with open(path, newline="", encoding="utf-8") as file:
                reader = csv.DictReader(file)
                if reader.fieldnames != ["direction", "siemens"]:
                    raise PhysicsError(f"{path}: the header is {reader.fieldnames}, not direction,siemens")
                for row in reader:
                    _take(path, reader.line_num, row, trains)
        except OSError as error:
            raise PhysicsError(f"{path}: cannot be read: {error.strerror}") from error
        except (UnicodeDecodeError, csv.Error) as error:
            raise PhysicsError(f"{path}: is no CSV: {error}") from error
        values = [*trains["up"], *trains["down"]]
        if not values or min(values) == max(values):
            raise PhysicsError(f"{path}: holds no range of conductances")
        low, high = min(values), max(values)
        return cls(*((np.array(trains[d]) - low) / (high - low) for d in ("up", "down"))), low, high

    def after(self, position, pulses):
        """Return the states after so many pulses (any real number, down where negative) from `position` 0..1."""
        up, down = np.arange(len(self.up)), np.arange(len(self.down))
        risen = np.interp(np.interp(position, self.up, up) + pulses, up, self.up)
        fallen = np.interp(np.interp(-position, -self.down, down) - pulses, down, self.down)
        # Beyond where the one train ended, a pulse the same way does nothing; it never turns back
        return np.where(pulses > 0, np.maximum(risen, position), np.minimum(fallen, position))

    def pulses_up(self, wanted):
        """Return how many pulses up lead from the bottom to `wanted`."""
        return np.interp(wanted, self.up, np.arange(len(self.up)))


def _take(path, line, row, trains):
    try:
        value = float(row["siemens"])
        train = trains[row["direction"].strip()]
    except (KeyError, TypeError, ValueError, AttributeError):
        shown = ",".join(str(cell) for cell in row.values())
        raise PhysicsError(f"{path}: line {line}: {shown} is not up or down and a conductance") from None
    if not 0 < value < np.inf:
        raise PhysicsError(f"{path}: line {line}: {value:g} S is no conductance")
    train.append(value)
