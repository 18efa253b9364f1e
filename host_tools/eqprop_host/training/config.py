"""The configuration of a training run, `RunConfig`, and of its log, `LogConfig`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import eqprop
from eqprop.network import DEFAULT
from eqprop.protocol.messages import MODELS

from ..datasets import TEST_FRACTION, Dataset, Reading, blanking_epochs, check_layers
from ..errors import DataError

ENERGY_MODELS = MODELS[1:]
"""The energy models of networks."""

BITS = {16: "", 8: "hopfield8"}
"""The bits that a weight may have, and the energy model that has so few; "" for any."""

HIDDEN = (32,)
"""The hidden layers of a network unless its configuration names others."""

AVERAGE = 0.1
"""The default `RunConfig.average`."""

AVERAGED_SAMPLES = 160
"""The fewest training samples of a run whose weights are averaged by default.

The last tenth of a shorter run is fewer than 16 samples: the network still learns more in them than it errs."""

BLANK = 0.2
"""The default `RunConfig.blank` of a large run."""

WIDE = 512
"""The fewest inputs of a network whose run may be large."""

LARGE = 50_000
"""The fewest training steps of a large run: training samples, each as often as it is learnt."""

PASSES = 5
"""The fewest epochs of a large run."""

DEEP = 3
"""The fewest hidden layers of a hopfield network whose learning rate halves late."""

LOG_BUDGET_PERCENT = 10.0
"""The default limit, in percent of a board's line, for reading conductances for a log."""

_SAMPLES_MAX = 2**31 - 1

SAMPLES = (1, 2**30 - 1)
"""The smallest and the largest number of training samples."""

RANGES = {"epochs": (1, 100000), "limit": SAMPLES, "seed": (0, 2**32 - 1), "lr_halving_epochs": (0, 100000)}
"""The smallest and the largest value of each whole number of a `RunConfig`."""

LOG_BUDGET_RANGE = (0, 90)
"""The smallest and the largest `LogConfig.budget_percent`."""


def with_bits(model: str, bits: int) -> str:
    """Return the name of the energy model like `model` whose weights have so many bits, one of `BITS`.

    Raises DataError for a model that has none.
    """
    if BITS[bits] and model != DEFAULT:
        raise DataError(f"--bits {bits}: only the model {DEFAULT} has weights of {bits} bits, not {model}")
    return BITS[bits] or model


@dataclass(frozen=True)
class Choices:
    """What a run does where its configuration may leave the choice."""

    blank: float
    """As `RunConfig.blank`."""

    halving_epochs: int
    """As `RunConfig.lr_halving_epochs`."""

    headroom: int
    """The inputs' range as a multiple of the range that the training samples' features take: 1 or 2."""


@dataclass(frozen=True)
class RunConfig:
    """Everything that determines a run: two runs of equal configurations end with the same conductances.

    Sizes may be given as text: `RunConfig(data="iris", hidden="16", epochs=20)`. Raises DataError for an invalid value,
    naming the field.
    """

    data: str | Dataset = "digits"
    """The data set to learn: a source for `load_data`, or a data set in memory."""

    reading: Reading = field(default_factory=Reading)
    """Options for reading sources."""

    test: str | Dataset | None = None
    """A data set to test on; None to hold back part of `data`."""

    test_fraction: float | None = None
    """The fraction of `data` to hold back for testing, the same for each class; None for 0.2, 0 for no test."""

    layers: Sequence[int] | str | None = None
    """Sizes of all layers, inputs first; None to take the inputs and outputs from the data."""

    hidden: Sequence[int] | str | None = None
    """Sizes of the hidden layers alone; None for 32."""

    epochs: int = 10
    """Passes over the training samples."""

    limit: int | None = None
    """Most training samples in all; None for whole epochs."""

    seed: int = 0
    """Seed for the split, the order of the samples and the initial conductances."""

    lr_halving_epochs: int | None = None
    """Epochs after which the learning rate halves, 0 for never.

    None: two fifths of all epochs, or four fifths in a large run or of a deep network (`choices`)."""

    blank: float | None = None
    """The share of a training sample's features that are set to 0, in 256ths: others in each epoch.

    The last fifth of the epochs blanks none. None for `BLANK` in a large run (`choices`), otherwise for 0."""

    average: float | None = None
    """The last part of the run, as a share, over which the weights are averaged at its end; 0 for no average.

    None: `AVERAGE`, or 0 on a chip or in a run of fewer than `AVERAGED_SAMPLES` samples."""

    model: str = DEFAULT
    """The network's energy model: one of `ENERGY_MODELS`. hopfield8 is hopfield with weights of 8 bits."""

    def __post_init__(self) -> None:
        if self.model not in ENERGY_MODELS:
            raise DataError(f"model: expected {' or '.join(ENERGY_MODELS)}, got {self.model!r}")
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if value is None and name in ("limit", "lr_halving_epochs"):
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise DataError(f"{name}: expected a whole number in {low}..{high}, got {value!r}")
        share = self.test_fraction
        if share is not None and not (isinstance(share, (int, float)) and 0 <= share < 1):
            raise DataError(f"test_fraction: expected a share from 0 to below 1, got {share!r}")
        blank = BLANK if self.blank is None else self.blank
        if not (isinstance(blank, (int, float)) and (not blank or 1 <= 256 * blank <= 255)):
            raise DataError(f"blank: expected 0 or a share from 1/256 to 255/256, got {self.blank!r}")
        average = AVERAGE if self.average is None else self.average
        if isinstance(average, bool) or not isinstance(average, (int, float)) or not 0 <= average <= 1:
            raise DataError(f"average: expected a share from 0 to 1, got {average!r}")
        if self.test is not None and share is not None:
            raise DataError(f"test_fraction {share:g}: test names the samples to test")
        for name, complete in (("layers", "{}"), ("hidden", "1-{}-1")):
            value = getattr(self, name)
            if value is not None:
                text = value if isinstance(value, str) else layers_text(value)
                try:
                    sizes = eqprop.parse_layers(complete.format(text))
                except ValueError as error:
                    raise DataError(f"{name}: {str(error).removeprefix('layers: ')}") from error
                object.__setattr__(self, name, sizes if name == "layers" else sizes[1:-1])
        if self.layers and self.hidden:
            raise DataError(
                f"hidden {layers_text(self.hidden)}: layers {layers_text(self.layers)} says it already: leave one out"
            )

    @property
    def tested_share(self) -> float:
        """The fraction of the samples held back, with its default applied."""
        return TEST_FRACTION if self.test_fraction is None else float(self.test_fraction)

    def choices(self, layers: tuple[int, ...], samples: int, numbers: bool = False) -> Choices:
        """Return the `Choices` of a run on `samples` distinct training samples. numbers: whether it learns numbers.

        A run is large if a hopfield network of `WIDE` or more inputs learns classes in `LARGE` or more training steps,
        in `PASSES` or more whole epochs. Such a network soon knows its samples by heart. It errs less on others if
        features are blanked, and if the rates halve only when that ends. One with a hidden layer errs less, too, if the
        inputs are half as large: the signals that it starts from are smaller then, and change more slowly. The rates of
        a network of `DEEP` or more hidden layers halve as late in any run that learns classes.
        """
        total = self.epochs * samples
        whole = self.epochs >= PASSES and not (self.limit and self.limit < total)
        large = self.model == DEFAULT and layers[0] >= WIDE and whole and total >= LARGE and not numbers
        blank = BLANK * large if self.blank is None else float(self.blank)
        halving = self.lr_halving_epochs
        if halving is None:
            late = large or (self.model == DEFAULT and len(layers) >= 2 + DEEP and not numbers)
            halving = default_lr_halving_epochs(self.epochs, late)
        if halving * samples > _SAMPLES_MAX:
            raise DataError(f"lr_halving_epochs {halving}: {halving * samples} samples are too many to count")
        return Choices(blank, halving, 2 if large and len(layers) == 3 else 1)

    def averaged_share(self, samples: int) -> float:
        """Return `average` for a run of `samples` training samples, or its default for a crossbar that is no chip."""
        return default_average(samples) if self.average is None else float(self.average)

    def sizes(self, dataset: Dataset) -> tuple[int, ...]:
        """Return the layers, completed by what the data set needs.

        Raises DataError if they do not fit the data, naming layers that would.
        """
        if self.layers:
            layers = tuple(eqprop.parse_layers(self.layers))
            check_layers(layers, dataset)
            return layers
        try:
            return tuple(eqprop.parse_layers((dataset.features.shape[1], *(self.hidden or HIDDEN), dataset.classes)))
        except ValueError as error:
            raise DataError(f"{dataset.name}: {error}") from error

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, ready for JSON, as `from_dict` takes them. Raises DataError for a data set in memory."""
        saved = {each.name: getattr(self, each.name) for each in fields(self)}
        for name in ("data", "test"):
            if isinstance(saved[name], Dataset):
                raise DataError(f"{name}: {saved[name].name} is in memory: only a source can be written down")
        sizes = {name: saved[name] and layers_text(saved[name]) for name in ("layers", "hidden")}
        return {**saved, **sizes, "reading": self.reading.to_dict()}

    @classmethod
    def from_dict(cls, saved: Any) -> RunConfig:
        """Return the RunConfig that `to_dict` turned into `saved`. Raises DataError for anything else."""
        names = {each.name for each in fields(cls)}
        if not isinstance(saved, dict):
            raise DataError(f"expected a run's configuration, got {type(saved).__name__}")
        if unknown := sorted(map(str, saved.keys() - names)):
            raise DataError(f"this eqprop knows no {unknown[0]} of a run")
        for name in ("data", "test", "layers", "hidden"):
            if not isinstance(saved.get(name, ""), (str, type(None))):
                raise DataError(f"{name}: expected text, got {saved[name]!r}")
        if saved.get("data", "") is None:
            raise DataError("data: expected text, got None")
        return cls(**{**saved, "reading": Reading.from_dict(saved.get("reading", {}))})


@dataclass(frozen=True)
class LogConfig:
    """Where a run is logged, and how much of it. Needs pyarrow and numba: the extra `host`."""

    path: str | Path
    """The log to write: .arrow or .jsonl."""

    every: int | None = None
    """Training samples between two logged sets of conductances; None for one epoch."""

    budget_percent: float = LOG_BUDGET_PERCENT
    """The percentage of the line for reading conductances if the crossbar is not emulated: 0 to 90."""

    tensorboard: str | Path | None = None
    """A folder for the metrics as TensorBoard event files, or None."""

    about: dict[str, Any] = field(default_factory=dict)
    """Further entries of the log's configuration, ready for JSON."""

    def __post_init__(self) -> None:
        low, high = SAMPLES
        if self.every is not None and not (isinstance(self.every, int) and low <= self.every <= high):
            raise DataError(f"every: expected a whole number in {low}..{high}, got {self.every!r}")
        low, high = LOG_BUDGET_RANGE
        if not low <= self.budget_percent <= high:
            raise DataError(f"budget_percent: expected {low}..{high}, got {self.budget_percent!r}")


def default_lr_halving_epochs(epochs: int, late: bool = False) -> int:
    """Return the epochs after which the learning rate halves by default: 4 of 10, and at least 2.

    late: 8 of 10, of `PASSES` epochs or more.
    """
    return blanking_epochs(epochs) if late and epochs >= PASSES else max(2, (2 * epochs + 4) // 5)


def default_average(samples: int) -> float:
    """Return the share of a run of so many training samples over which its weights are averaged by default."""
    return AVERAGE if samples >= AVERAGED_SAMPLES else 0.0


def layers_text(sizes: Sequence[int] | str) -> str:
    """Return layer sizes as text: "64-32-10"."""
    return sizes if isinstance(sizes, str) else "-".join(map(str, sizes))
