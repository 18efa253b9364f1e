"""Options for reading a source, for choices that its own names and values leave open."""

from __future__ import annotations

import csv
import re
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from ..errors import DataError

TASKS = ("classes", "regression")
"""What a network learns: classes, or numbers."""

MISSING = ("drop", "mean")
"""What to do about missing values: drop the samples that have one, or fill in the column's mean."""

SIDE_MAX = 4096
"""The largest width or height of a picture, in pixels."""


@dataclass(frozen=True)
class Reading:
    """How to read a source. Raises DataError for an invalid field."""

    label: str | None = None
    """The column of the labels: its name, or its number from 1. None: the column called label, class or target, else
    the only column of text, else the last column."""

    missing: str | None = None
    """One of MISSING. None: a missing value is an error."""

    size: str | None = None
    """The size to bring pictures to: "16x16" for grey, "16x16x3" for red, green and blue. None: keep their size."""

    drop: str | None = None
    """Columns to leave out, by name or number from 1, separated by commas. None: none."""

    task: str | None = None
    """One of TASKS. None: regression if `target` is set, otherwise classes."""

    target: str | None = None
    """The columns of the numbers to learn, by name or number from 1, separated by commas. None: the last column."""

    def __post_init__(self) -> None:
        if self.task not in (None, *TASKS):
            raise DataError(f"task: {self.task!r}: expected {' or '.join(TASKS)}")
        if self.target is not None and self.task == "classes":
            raise DataError(f"target {self.target}: the task is classes: type --task regression, or --label COLUMN")
        if self.label is not None and self.regression:
            raise DataError(f"label {self.label}: the task is regression: type --target COLUMN")
        if self.missing not in (None, *MISSING):
            raise DataError(f"missing: {self.missing!r}: expected {' or '.join(MISSING)}")
        if self.size is not None:
            self.picture  # noqa: B018 (the property raises if it is invalid)

    @property
    def picture(self) -> tuple[int, int, int] | None:
        """`size` as (width, height, channels), or None."""
        if self.size is None:
            return None
        match = re.fullmatch(r"(\d{1,5})x(\d{1,5})(?:x([13]))?", self.size)
        if not match or not 0 < int(match[1]) <= SIDE_MAX or not 0 < int(match[2]) <= SIDE_MAX:
            raise DataError(f"size: {self.size!r}: expected WIDTHxHEIGHT such as 16x16, or 16x16x3 for colours")
        return int(match[1]), int(match[2]), int(match[3] or 1)

    @property
    def regression(self) -> bool:
        """Whether numbers are learnt."""
        return self.task == "regression" or self.target is not None

    @property
    def targets(self) -> list[str]:
        """The columns in `target`, in order."""
        return [cell.strip() for cell in next(csv.reader([self.target or ""]), [])]

    @property
    def dropped(self) -> list[str]:
        """The columns in `drop`, in order."""
        return [cell.strip() for cell in next(csv.reader([self.drop or ""]), [])]

    def suited(self, recipe: dict[str, Any]) -> Reading:
        """Return this reading with the picture size of `recipe`, unless a size is set."""
        pixels = recipe.get("pixels")
        if self.size is None and isinstance(pixels, str):
            return replace(self, size=pixels)
        return self

    def to_dict(self) -> dict[str, str]:
        """Return the fields that are set, ready for JSON, as `from_dict` takes them."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_dict(cls, saved: Any) -> Reading:
        """Return the Reading that `to_dict` turned into `saved`. Raises DataError for anything else."""
        names = {field.name for field in fields(cls)}
        if not isinstance(saved, dict) or not all(name in names and isinstance(saved[name], str) for name in saved):
            raise DataError(f"reading: {saved!r}: expected texts of {', '.join(sorted(names))}")
        return cls(**saved)


def check_used(source: str, recipe: dict[str, Any], reading: Reading) -> None:
    """Raise DataError for what a `Reading` asks of a source that cannot have it. recipe: as of the data set."""
    if reading.size and "pixels" not in recipe:
        raise DataError(f"--size {reading.size}: {source} holds no files of pictures")
    if Path(source).is_dir() or Path(source).suffix.lower() == ".npz" or source.startswith("mnist:"):
        for name in ("label", "drop", "target"):
            if value := getattr(reading, name):
                raise DataError(f"--{name} {value}: {source} has no columns")
