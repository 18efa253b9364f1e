"""Numbers to learn in place of classes: the targets of a table, and their scale as a board's int16."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from eqprop.extras.regression import TARGET_SHIFT

from ..errors import DataError
from .checks import check_finite
from .dataset import Dataset, Table, known
from .reading import Reading
from .words import shortened

TARGET_MAX = 32767


@dataclass(frozen=True)
class TargetScaling:
    """The affine map from targets to a board's int16.

    number = min(max(rint((target - offset) / span * 32767), -32767), 32767)
    """

    offset: tuple[float, ...]
    """The value of each target that becomes 0."""

    span: tuple[float, ...]
    """The distance above `offset` that becomes 32767, above 0."""

    names: tuple[str, ...] = ()
    """The targets' names, or empty."""

    @classmethod
    def fitted(cls, targets: np.ndarray, names: tuple[str, ...] = ()) -> TargetScaling:
        """Return the scaling that gives targets, float (samples, targets), the whole range; 1 is a constant's span."""
        low, high = targets.min(axis=0), targets.max(axis=0)
        span = high / 2 - low / 2
        return cls(tuple((low / 2 + high / 2).tolist()), tuple(np.where(span > 0, span, 1.0).tolist()), names)

    def quantise(self, targets: np.ndarray) -> np.ndarray:
        """Return targets, float (samples, targets), as int16; those beyond the range saturate."""
        with np.errstate(over="ignore"):
            numbers = (targets - np.array(self.offset)) / np.array(self.span) * TARGET_MAX
        return np.rint(np.clip(numbers, -TARGET_MAX, TARGET_MAX)).astype(np.int16)

    def predicted(self, outputs: np.ndarray) -> np.ndarray:
        """Return what output voltages, int16 (samples, outputs), predict: float64, in the targets' units.

        As `eqprop.Network.predict` on a board makes them int16, and then by the scale.
        """
        return self.restored(np.clip(outputs.astype(np.int64) << TARGET_SHIFT, -TARGET_MAX - 1, TARGET_MAX))

    def restored(self, numbers: np.ndarray) -> np.ndarray:
        """Return numbers as `quantise` makes them (samples, targets), as float64 in the targets' units."""
        restored: np.ndarray = np.array(self.offset) + numbers / TARGET_MAX * np.array(self.span)
        return restored

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, ready for JSON, as `from_dict` takes them."""
        return {"offset": list(self.offset), "span": list(self.span), "names": list(self.names)}

    @classmethod
    def from_dict(cls, saved: Any) -> TargetScaling:
        """Return the TargetScaling that `to_dict` turned into `saved`. Raises DataError for anything else."""
        try:
            offset, span = (tuple(map(float, saved[key])) for key in ("offset", "span"))
            names = tuple(saved["names"])
        except (TypeError, ValueError, KeyError) as error:
            raise DataError("targets: expected lists of offset, span and names") from error
        if not offset or len(span) != len(offset) or len(names) not in (0, len(offset)):
            raise DataError(f"targets: {len(offset)} offsets, {len(span)} spans and {len(names)} names")
        if not np.isfinite((*offset, *span)).all() or min(span) <= 0:
            raise DataError("targets: offset and span must be finite, and span above 0")
        if not all(isinstance(name, str) for name in names):
            raise DataError("targets: names that are not text")
        return cls(offset, span, names)


def dataset_of_targets(source: str, table: Table, reading: Reading) -> Dataset:
    """Return the checked data set of a source's table, whose last columns are targets (`choose_targets`).

    Raises DataError naming place and value.
    """
    count = max(1, len(reading.targets))
    notes = list(table.notes)
    values, _, kept = known(source, table, reading, notes)
    values = np.asarray(values, np.float64)
    with_means = reading.missing == "mean"

    def place(row: int, column: int) -> str:
        return f"{source}: {table.place(int(kept[row]), column)}"

    features, targets = values[:, :-count], np.ascontiguousarray(values[:, -count:])
    check_finite(features, place, with_means)
    check_finite(targets, lambda row, column: place(row, features.shape[1] + column))
    names = table.names[-count:] if table.names else ()
    for column in range(count):
        if len(targets) and targets[:, column].min() == targets[:, column].max():
            name = shortened(names[column]) if names else f"target {column}"
            raise DataError(f"{source}: {name} is {targets[0, column]:g} in all samples: there is nothing to learn")
    return Dataset(
        source,
        np.ascontiguousarray(features),
        np.zeros(len(values), np.int64),
        count,
        tuple(table.names[:-count]),
        notes=tuple(f"{source}: {note}" for note in notes),
        with_means=with_means,
        targets=targets,
        target_names=tuple(names),
    )
