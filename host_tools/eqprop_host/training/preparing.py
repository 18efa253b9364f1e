"""The data of a run: the data set, its split and scale, and matching layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import eqprop
from eqprop.network import DEFAULT
from eqprop.protocol.host_messages import State

from .. import datasets
from ..errors import DataError
from ..model import Model
from ..places import is_same
from ..terminal.printing import printable
from .config import BLANK, WIDE, Choices, RunConfig, layers_text
from .loop import Schedule, configuration

_WIDTH = 80 - len("eqprop: ")  # columns of a line
_NAMED = 12  # features or classes
_NAME = 20  # letters of a name


@dataclass(frozen=True, eq=False)
class Task:
    """Data ready for a board, and the layers of the network that learns them."""

    data: datasets.Prepared
    layers: tuple[int, ...]
    choices: Choices
    lines: list[str]
    """A description for the user."""


def prepared(config: RunConfig, tell: Callable[[str], None] = lambda line: None) -> Task:
    """Return the `Task` of a run; tell the user what was done to its data.

    Raises DataError for data and layers that do not fit each other.
    """
    dataset = _loaded(config.data, config, tell)
    samples = len(dataset.labels)
    if config.test is not None:
        if config.test is config.data or (
            isinstance(config.test, str) and isinstance(config.data, str) and is_same(config.test, config.data)
        ):
            raise DataError(f"test {dataset.name}: is also data: omit test to hold a part back")
        dataset = datasets.joined(dataset, _loaded(config.test, config, tell))
    layers = config.sizes(dataset)
    learnt = len(datasets.split(dataset, config.seed, config.tested_share)[0])
    choices = config.choices(layers, learnt, dataset.targets is not None)
    data = datasets.prepare(dataset, config.seed, config.tested_share, choices.headroom)
    for note in data.notes:
        tell(note)
    split = f"{_about_split(config, dataset, data)}; {_about_scale(data.scaling, choices.headroom)}"
    return Task(data, layers, choices, [_about_data(dataset, samples), split, _about_network(config, layers, choices)])


def recognised(
    dataset: datasets.Dataset, test_fraction: float, run: Model | State, model: str
) -> tuple[datasets.Prepared, dict[str, Any]] | None:
    """Return (data, what `loop.configuration` returns) of a run if it learnt this data set; otherwise None.

    run: of a saved network, or of a board's. model: its energy model. If it blanked a share of the features that is not
    the default, or blanked the default in a run that was stopped and whose rates halve at other times, it is not
    recognised. Raises DataError as `datasets.prepare` does.
    """
    samples = len(datasets.split(dataset, run.seed, test_fraction)[0])
    schedules: list[Schedule | None] = [None]
    wide = run.layers[0] >= WIDE
    if wide:
        late = run.lr_halving_samples // samples
        possible = {-(-run.sample // samples), *range(late, 5 * late // 4 + 2)}
        schedules += [Schedule(epochs, run.seed, blank=BLANK) for epochs in sorted(possible) if epochs]
    for headroom in (1, 2) if wide else (1,):
        data = datasets.prepare(dataset, run.seed, test_fraction, headroom)
        for schedule in schedules:
            about = configuration(run.layers, run.seed, run.lr_halving_samples, data, model, schedule)
            if about["run_number"] == run.run_number:
                return data, about
    return None


def source_name(data: str | datasets.Dataset | None) -> str | None:
    """Return the name of a data set."""
    return data.name if isinstance(data, datasets.Dataset) else data


def _loaded(data: str | datasets.Dataset, config: RunConfig, tell: Callable[[str], None]) -> datasets.Dataset:
    dataset = datasets.load(data, config.reading) if isinstance(data, str) else data
    if isinstance(data, str) and data is config.data:
        datasets.check_used(data, dataset.recipe, config.reading)
    for note in dataset.notes:
        tell(note)
    return dataset


def _about_data(dataset: datasets.Dataset, samples: int) -> str:
    """Return the description of a data set with `samples` samples, with as many names as fit on a line."""
    features = dataset.features.shape[1]
    counts = ("1 feature" if features == 1 else f"{features} features", f"{dataset.classes} classes")
    names = dataset.class_names
    if dataset.targets is not None:
        counts = (counts[0], "1 target" if dataset.classes == 1 else f"{dataset.classes} targets")
        names = dataset.target_names
    for shown in range(2 * _NAMED, -1, -1):  # names of classes say more than those of features
        listed = _listed(dataset.feature_names, shown - _NAMED), _listed(names, shown)
        about = [f"{count}{names}" for count, names in zip(counts, listed, strict=True)]
        text = f"{dataset.name}: {samples:,} samples of {', '.join(about)}"
        if len(text) <= _WIDTH:
            break
    return text


def _about_split(config: RunConfig, dataset: datasets.Dataset, data: datasets.Prepared) -> str:
    train, test = len(data.train_y), len(data.test_y)
    if config.test is not None:
        how = f"of {source_name(config.test)}"
    elif dataset.test_samples:
        how = "that it names"
    elif train == test == len(dataset.labels):
        how = "the same: too few to hold any back"
    else:
        how = f"{100 * config.tested_share:g} %" + (" of each class" if dataset.targets is None else "")
    return f"{train:,} to train, {test:,} to test ({how})"


def _about_scale(scaling: datasets.Scaling, headroom: int) -> str:
    offset, span = scaling.offset[0], scaling.span[0] / headroom
    full = round(datasets.FULL_SCALE / headroom)
    if len(scaling.offset) == 1 and offset == 0:
        return f"0..{span:g} scaled to 0..{full}"
    if len(scaling.offset) == 1:
        return f"{offset - span:g}..{offset:g} scaled to -{full}..0"
    return f"each scaled to -{full}..{full}"


def _about_network(config: RunConfig, layers: tuple[int, ...], choices: Choices) -> str:
    devices = sum(rows * columns for rows, columns in eqprop.plan(layers, config.model).shapes)
    about = layers_text(layers) if config.model == DEFAULT else f"{layers_text(layers)} ({config.model})"
    blanks = f", {100 * choices.blank:g} % of the features blanked" if choices.blank else ""
    return f"network {about}: {devices:,} conductances, {config.epochs} epochs, seed {config.seed}{blanks}"


def _listed(names: tuple[str, ...], most: int) -> str:
    """Return up to `most` names in brackets, or "" without names."""
    if not names or most < 1:
        return ""
    shown = ", ".join(printable(name)[:_NAME] for name in names[:most])
    return f" ({shown}{', ...' if len(names) > most else ''})"
