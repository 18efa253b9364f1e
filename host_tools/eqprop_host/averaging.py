"""Averages of networks: of those that learnt apart from the same start, and of one network at moments of its run.

The first is federated averaging (McMahan et al. 2017). The second smooths what the last samples did to a network
(Polyak & Juditsky 1992; Izmailov et al. 2018).

Each conductance of the average is the networks' mean, rounded to the nearest step. Those of several boards are weighted
by the samples that each learnt, those of one run are not:

    g = floor((2 * sum_k n_k g_k + sum_k n_k) / (2 * sum_k n_k))

Networks of one start stay close enough for that: node number j means the same in all of them. Networks of different
seeds do not, so they are refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from .datasets import FULL_SCALE
from .errors import DataError
from .model import Model


def average(models: dict[str, Model], before: Model | None = None) -> Model:
    """Return the average of networks, by name. It counts as many samples as the one that learnt most.

    before: the boards' last average, or None. Networks that started from it are weighted by what they learnt since.

    Raises DataError naming a network that differs from the first in one of `_AGREE`, or in whether it started from
    `before`, and for networks that learnt nothing.
    """
    if not models:
        raise DataError("no network to average")
    (first, like), *others = models.items()
    for name, model in others:
        if what := next((what for what, agrees in _AGREE.items() if not agrees(like, model)), None):
            scales = _scales(first, like, name, model) if what == _SCALE else ""
            raise DataError(f"{name}: its {what} differs from {first}'s: such networks cannot be averaged{scales}")
    started = [name for name, model in models.items() if before and model.run_number == before.run_number]
    if started and len(started) < len(models):
        other = next(name for name in models if name not in started)
        raise DataError(f"{other}: did not start from the last average, as {started[0]} did: push the average there")
    learnt = before.sample if before and started else 0
    counts = np.array([max(0, model.sample - learnt) for model in models.values()], np.int64)
    if not counts.any():
        raise DataError(f"no network has learnt a sample{' since the last average' if started else ''}")
    merged = means([model.conductances for model in models.values()], counts)
    most = max(model.sample for model in models.values())
    # No longer the network of any board's run, data or confidence; its number names it, so that a start from it shows
    found = replace(like, conductances=merged, sample=most, data="", test="", confidence=[])
    return replace(found, run_number=found.crc or 1)


def moments(total: int, share: float) -> list[int]:
    """Return the moments of a run whose networks are averaged at its end: numbers of samples learnt, ascending.

    total: samples of the run. share: part of the run, 0 for no moment. `_MOMENTS` moments lie evenly over that part,
    the last at its end; fewer if it has fewer samples.
    """
    span = round(share * total)
    return sorted({total - span * n // _MOMENTS for n in range(_MOMENTS)}) if span else []


def means(networks: Iterable[Sequence[np.ndarray]], counts: np.ndarray | None = None) -> list[np.ndarray]:
    """Return the networks' mean conductances: an array (devices,) for each crossbar, computed by `mean`.

    networks: the same of each network. counts: the networks' weights, int64 (networks,); None for equal ones.
    """
    crossbars = [np.stack(steps) for steps in zip(*networks, strict=True)]
    return [mean(steps, np.ones(len(steps), np.int64) if counts is None else counts) for steps in crossbars]


def mean(conductances: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the mean of conductances, uint16 or int16 (networks, devices), weighted by `counts`: (devices,)."""
    total = int(counts.sum())
    summed = np.tensordot(counts, conductances.astype(np.int64), 1)
    rounded: np.ndarray = ((2 * summed + total) // (2 * total)).astype(conductances.dtype)
    return rounded


def _differing(one, other):
    """Return which inputs' scales differ by more than 2 of 127: a board's user data round the scale that far."""
    (a, p), (b, q) = ([np.asarray(each.scaling[key]) for key in ("offset", "span")] for each in (one, other))
    near = 2 / FULL_SCALE * np.abs(p)
    return np.atleast_1d((np.abs(a - b) > near) | (np.abs(p - q) > near))


def _same_scale(one, other):
    return not _differing(one, other).any()


def _scales(first, like, name, model):
    """Return how the scales of two networks differ, and what to do about it."""
    n = int(_differing(like, model).argmax())

    def spanned(each):
        offset, span = (each.scaling[key][n % len(each.scaling[key])] for key in ("offset", "span"))
        return f"{offset - span:.4g} to {offset + span:.4g}"

    return (
        f" (feature {n} goes from {spanned(like)} on {first}, from {spanned(model)} on {name}): train them on data in "
        "which each feature has the same least and largest value"
    )


def _same_classes(one, other):
    names = one.class_names, other.class_names
    return one.classes == other.classes and (not all(names) or names[0] == names[1])


def _same(name):
    return lambda one, other: getattr(one, name) == getattr(other, name)


_MOMENTS = 16  # a board sends its conductances at each
_SCALE = "scale of the inputs"
_AGREE = {
    "shape": _same("layers"),
    "energy model": _same("model"),
    "seed": _same("seed"),
    _SCALE: _same_scale,
    "set of classes": _same_classes,
    "set of targets": _same("targets"),
    "recipe of features": _same("recipe"),
}
"""What must agree in networks to be averaged, by what a message calls it."""
