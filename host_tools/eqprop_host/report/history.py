"""The numbers that a report shows of a run: its conductances at some moments, and statistics of the devices."""

from dataclasses import dataclass

import numpy as np

from ..errors import LogError
from ..link.steps import steps_type

MOMENTS = 41
"""The number of moments shown."""

QUANTILES = (5, 25, 50, 75, 95)
"""The quantiles of the conductances that are shown, in percent."""


@dataclass(frozen=True, eq=False)
class History:
    """A run's conductances at some moments, and statistics of each; each list has one entry per crossbar."""

    samples: list[int]
    """Training samples learnt at each moment."""

    steps: list[np.ndarray]
    """uint16, or int16 if signed (moments, rows, columns)."""

    quantiles: list[np.ndarray]
    """Quantiles in steps: float64 (moments, QUANTILES)."""

    lowest_percent: list[np.ndarray]
    """The fraction of devices at g_min, (moments,): they take no part until an update lifts them."""

    highest_percent: list[np.ndarray]
    """The fraction of devices at g_max, (moments,)."""

    updates: list[np.ndarray]
    """Mean absolute change of a device since the moment before, in steps per 1000 samples, (moments - 1,)."""


def by_node(plan, c, steps):
    """Return crossbar c's conductances (..., rows, columns) with a row for each node that it feeds.

    The resistive model's first crossbar is stored node by node, all others wire by wire.
    """
    return steps if plan.g_min >= 0 and c == 0 else steps.swapaxes(-1, -2)


def history(log, most=MOMENTS):
    """Return the `History` of a log at up to `most` evenly spread moments; those between logged ones are exact.

    If a step cannot be restored, the nearest logged conductances replace it.
    """
    wanted = np.linspace(0, log.sample, most).astype(int).tolist() if log.logged else []
    found = {}
    for sample in sorted(set(wanted)):
        try:
            found[sample] = log.conductances(sample)
        except LogError:
            nearest = min(log.logged, key=lambda n: abs(n - sample))
            found[nearest] = log.snapshot(nearest)
    samples = sorted(found)
    plan = log.plan
    steps = [np.array([found[n][c] for n in samples], steps_type(plan)) for c in range(len(plan.shapes))]
    steps = [s.reshape(-1, *shape) for s, shape in zip(steps, plan.shapes, strict=True)]
    flat = [s.reshape(len(s), rows * columns) for s, (rows, columns) in zip(steps, plan.shapes, strict=True)]
    passed = np.maximum(np.diff(samples), 1) / 1000
    return History(
        samples=samples,
        steps=steps,
        quantiles=[np.percentile(f, QUANTILES, axis=1).T if len(f) else np.zeros((0, 5)) for f in flat],
        lowest_percent=[100 * np.mean(f <= plan.g_min, axis=1) for f in flat],
        highest_percent=[100 * np.mean(f >= plan.g_max, axis=1) for f in flat],
        updates=[np.abs(np.diff(f.astype(np.int32), axis=0)).mean(axis=1) / passed for f in flat],
    )
