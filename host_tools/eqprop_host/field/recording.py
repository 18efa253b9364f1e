"""Labelled samples from a running program, in a Parquet table that `--data` reads: one row each.

A row is features that the program told, of a FEATURES record or of an answer, or a window of readings: as many values
as the first window had, from its beginning on. Columns: label, features (a list), and about each sample who, recorded
(UTC), board, session and settings, which the file's metadata names so that `--data` leaves them out.
"""

import contextlib
import io
from datetime import datetime, timezone
from pathlib import Path

import numpy as np

from ..datasets.formats.parquet_files import ABOUT_COLUMNS
from ..errors import DataError
from ..files import write_whole
from ..terminal.printing import printable
from . import records

_TEXTS = ("label", "who", "board", "session", "settings")
_ABOUT = ("recorded", "who", "board", "session", "settings")


class Recording:
    """The data set at `path`: what is there already, and what is added; each change is written at once.

    - counts: {label: samples}. width: features of each sample, None before the first
    """

    def __init__(self, path, who, board, settings="", clock=lambda: datetime.now(timezone.utc)):
        """Go on with the data set at `path`, if there is one. Raises DataError for a file that is another thing."""
        self._path = Path(path)
        if self._path.suffix != ".parquet":
            raise DataError(f"{path}: a recording is a .parquet file")
        self._clock = clock
        self._rows = []
        if self._path.exists():
            self._read()
        sessions = {row["session"] for row in self._rows}
        self._about = {"who": who, "board": board, "session": f"session {len(sessions) + 1}", "settings": settings}

    @property
    def counts(self):
        """The samples of each label."""
        labels = [row["label"] for row in self._rows]
        return {label: labels.count(label) for label in dict.fromkeys(labels)}

    @property
    def width(self):
        """The features of each sample, or None before the first."""
        return len(self._rows[0]["features"]) if self._rows else None

    def add(self, label, values):
        """Add a sample and write the file. Raises DataError for another number of values, LogError if writing fails."""
        if self.width not in (None, len(values)):
            raise DataError(f"{self._path}: its samples have {self.width} values, this one has {len(values)}")
        self._rows.append({"label": label, "features": list(values), "recorded": self._clock(), **self._about})
        self._write()

    def undo(self):
        """Take the last sample of this session back; return its label, or None if there is none."""
        if not self._rows or self._rows[-1]["session"] != self._about["session"]:
            return None
        row = self._rows.pop()
        self._write()
        return row["label"]

    def _read(self):
        import pyarrow
        from pyarrow import parquet

        try:
            self._rows = parquet.read_table(self._path).to_pylist()
        except (OSError, pyarrow.ArrowException) as error:
            raise DataError(f"{self._path}: cannot be read: {str(error).splitlines()[0]}") from error
        if any(set(row) != {*_TEXTS, "features", "recorded"} for row in self._rows[:1]):
            raise DataError(f"{self._path}: is not a recording of `eqprop record`: choose another name")

    def _write(self):
        import pyarrow as pa
        from pyarrow import parquet

        whole = all(isinstance(value, int) for row in self._rows for value in row["features"])
        fields = [pa.field("features", pa.list_(pa.int32() if whole else pa.float64()))]
        fields += [pa.field("recorded", pa.timestamp("us", "UTC")), *(pa.field(name, pa.string()) for name in _TEXTS)]
        file = io.BytesIO()
        schema = pa.schema(fields, metadata={ABOUT_COLUMNS: " ".join(_ABOUT)})
        parquet.write_table(pa.Table.from_pylist(self._rows, schema), file, compression="zstd")
        write_whole(self._path, file.getvalue())


class Window:
    """Collects a sample from what a program tells."""

    def __init__(self, width=None):
        """Collect `width` values; None for as many as come."""
        self._width = width
        self._values = []
        self._fault = ""
        self.features = None

    def take(self, record):
        """Take a record."""
        if isinstance(record, records.Fault):
            self._fault = record.text
        elif isinstance(record, records.Reading) and not record.are_features:
            self._values += record.values.tolist()
        elif isinstance(record, records.Reading):
            self.features = record.values.tolist()
        elif isinstance(record, records.Answer) and record.features is not None:
            self.features = record.features.tolist()

    @property
    def values(self):
        """The readings so far."""
        return self._values

    def is_full(self):
        """Return whether nothing more is needed."""
        return self.features is not None or self._width is not None and len(self._values) >= self._width

    def sample(self):
        """Return the sample's values. Raises DataError if the program told none, or too few."""
        if self.features is not None:
            return self.features
        if not self._values and self._fault:
            raise DataError(f"the board says: {printable(self._fault)}")
        if not self._values:
            raise DataError("the program told neither readings nor features: see its sensor, and record this one again")
        if self._width is not None and len(self._values) < self._width:
            raise DataError(f"{len(self._values)} readings came, {self._width} needed: record this one again")
        return self._values[: self._width]


def trace(values, columns):
    """Return values as a row of bars, of the readings of all axes."""
    bars = "▁▂▃▄▅▆▇█"
    part = np.asarray(values, float)
    part = part[:: max(1, len(part) // columns)][:columns]
    with contextlib.suppress(ValueError):
        low, high = part.min(), part.max()
        return "".join(bars[int(7 * (value - low) / max(1e-9, high - low))] for value in part)
    return ""
