"""Reads a log: indexes its records when opened, and reads them on demand."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

import eqprop
import eqprop.planning

from ..datasets import Blanked, blanked
from ..errors import DataError, LogError
from ..link.steps import steps_type
from . import fleet
from .formats import LIVE, WHOLE, whole
from .formats.spans import Span
from .schema import AVERAGE, COMPLETE, FORMAT, OF_TABLE, TABLES, UNNAMED, arrow_schema, batch, check, shown


class Log:
    """A log of any format: the run's description, and its tables, read on demand.

    For .arrow, .jsonl and .parquet, memory holds only an index; .csv and .npz are read whole.

    - path: the log's path. run_id: identifies the run. configuration: a dict of all that the run depends on.
    - rows: the number of rows. sample: training samples learnt by the last row.
    - dropped: the `Span`s of the file that are not intact records and are left out. One may be a record that is still
      being written.
    - size: bytes examined of a live format's file.
    - end: why the run ended; None if it is still running, or was killed.
    """

    def __init__(
        self,
        path: str | Path,
        records: list[tuple[dict[str, Any], Any]],
        dropped: list[Span],
        decode: Callable[[Any], Iterable[dict[str, Any]]],
    ) -> None:
        """Take an index of the records, (header, argument of `decode`) each, and the spans that are not records."""
        self.path = Path(path)
        self.dropped = dropped
        spans = [place for _, place in records if isinstance(place, Span)] + dropped
        self.size = max((span.end for span in spans), default=0)
        self._records = records
        self._decode = decode
        if not records:
            raise LogError(f"{path}: is not a log, or truncated at its very start")
        unknown = next((header["record"] for header, _ in records if header["record"] not in TABLES), None)
        if unknown is not None:
            raise LogError(f"{path}: record: expected one of {', '.join(TABLES)}, got {shown(unknown)}")
        if records[0][0]["record"] != "run":
            raise LogError(f"{path}: is not a log: its first record is {shown(records[0][0]['record'])}, not 'run'")
        (first,) = self.read("run", stop=1)
        self.run_id = first["run_id"]
        self.configuration = _object(path, "configuration", first["configuration"])
        for name, (kinds, least) in _CONFIGURATION.items():
            value = self.configuration.get(name)
            if name in self.configuration and not (
                value is None and name in _MAY_BE_NULL or _allowed(value, kinds, least)
            ):
                raise LogError(f"{path}: configuration: {name}: {shown(value)} is not valid")
        self.rows = sum(header["rows"] for header, _ in records)
        self.sample = max(header["sample"] for header, _ in records)
        last = list(self.read("end"))[-1:] if records[-1][0]["record"] == "end" else []
        self.end = last[0]["reason"] if last else None

    @property
    def headers(self) -> list[dict[str, Any]]:
        """The header of each record, in order: dicts as in `runlog.formats.spans.Span`."""
        return [header for header, _ in self._records]

    def read(
        self,
        table: str,
        start: int = 0,
        stop: int | None = None,
        where: Callable[[dict[str, Any]], bool] = lambda header: True,
    ) -> Iterator[dict[str, Any]]:
        """Yield a table's rows as dicts of the columns that are not null; lists are arrays, times datetime in UTC.

        start, stop: the first record of that table to read, and the one to stop before. where: a function of a header;
        reads only records for which it is true. Raises LogError for an invalid row.
        """
        chosen = [record for record in self._records if record[0]["record"] == table][start:stop]
        for header, place in chosen:
            if where(header):
                yield from self._checked(place)

    def read_all(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of all tables, in order, as `read` does."""
        for _, place in self._records:
            yield from self._checked(place)

    def _checked(self, place: Any) -> Iterator[dict[str, Any]]:
        for row in self._decode(place):
            try:
                check(row)
            except LogError as error:
                raise LogError(f"{self.path}: row {row.get('sequence')}: {error}") from error
            yield row

    def batches(self, table: str) -> Iterator[pa.RecordBatch]:
        """Yield a table's Arrow record batches, one for each record, with that table's columns."""
        schema = arrow_schema(self.siemens_per_step)
        for header, place in self._records:
            if header["record"] == table:
                yield batch(list(self._checked(place)), schema).select(OF_TABLE[table])

    def table(self, table: str) -> pa.Table:
        """Return a whole table as an Arrow table; its schema gives each column's unit and meaning."""
        schema = pa.schema([arrow_schema(self.siemens_per_step).field(name) for name in OF_TABLE[table]])
        return pa.Table.from_batches(self.batches(table), schema)

    def frame(self, table: str) -> Any:
        """Return a whole table as a pandas DataFrame. Needs `pip install 'eqprop[frames]'`."""
        return self.table(table).to_pandas()

    @cached_property
    def metrics(self) -> list[dict[str, Any]]:
        """The rows of `metrics`, like those of `read`."""
        return list(self.read("metrics"))

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        """The rows of `event`, like those of `read`; `detail` is a dict."""
        return [{**row, "detail": _object(self.path, "detail", row["detail"])} for row in self.read("event")]

    @property
    def learns_numbers(self) -> bool:
        """Whether the network learns numbers, not classes."""
        return bool(self.configuration.get("targets"))

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes, by label; empty if the data set has none."""
        return _texts(self.configuration.get("class_names"))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features, by input; empty if the data set has none."""
        return _texts(self.configuration.get("feature_names"))

    @property
    def siemens_per_step(self) -> float:
        """The scale of the conductances, in siemens per step."""
        return float(self.configuration.get("siemens_per_step", 1e-9))

    @cached_property
    def plan(self) -> eqprop.planning.Plan:
        """The plan of the network. Raises DataError if the log does not give its layers."""
        try:
            plan: eqprop.planning.Plan = eqprop.plan(
                self.configuration["layers"], self.configuration.get("model", UNNAMED)
            )
            return plan
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{self.path}: the log does not give the layers: {error}") from error

    @cached_property
    def logged(self) -> list[int]:
        """The sample numbers at which all conductances are logged, ascending."""
        return sorted({h["sample"] for h in self.headers if h["record"] == "conductances" and h["source"] in COMPLETE})

    @cached_property
    def marks(self) -> dict[int, int]:
        """The CRC-32 of all conductances by the samples learnt, where a board that was alone noted it in its black box.

        Only those of conductances that the log's steps lead to.
        """
        named = ((row["sample"], row["detail"].get("conductance_crc")) for row in self.events)
        try:
            return {sample: int(crc, 16) for sample, crc in named if crc is not None}
        except (TypeError, ValueError) as error:
            raise LogError(f"{self.path}: conductance_crc: {error}") from error

    @cached_property
    def averaged(self) -> int | None:
        """The sample number at which the run's average is logged, its last; None without one."""
        found = [h["sample"] for h in self.headers if h["record"] == "conductances" and h["source"] == AVERAGE]
        return found[-1] if found else None

    def snapshot(self, sample: int, sources: tuple[str, ...] = COMPLETE) -> list[np.ndarray]:
        """Return the conductances logged at `sample`, one of `logged`: steps (rows, columns) for each crossbar.

        sources: (AVERAGE,) for those at `averaged`. Raises LogError if they are damaged, or do not match the run's
        layers.
        """
        found: dict[int, np.ndarray] = {}
        for row in self.read("conductances", where=lambda h: h["sample"] == sample and h["source"] in sources):
            found.setdefault(row["crossbar"], row["conductance_steps"])
        shapes = self.plan.shapes
        if sorted(found) != list(range(len(shapes))):
            raise LogError(f"{self.path}: conductances at sample {sample}: only crossbars {sorted(found)} are logged")
        for c, (rows, columns) in enumerate(shapes):
            if found[c].size != rows * columns:
                raise LogError(f"{self.path}: crossbar {c}: expected shape {(rows, columns)} for {self.plan}")
        kind = steps_type(self.plan)
        return [found[c].astype(kind).reshape(shape) for c, shape in enumerate(shapes)]

    def confusion(self, row: dict[str, Any]) -> np.ndarray:
        """Return the counts in a row of `metrics` by (class, answer): (outputs, outputs). Raises LogError."""
        outputs, counts = self.plan.layers[-1], row["confusion"]
        if counts.size != outputs**2:
            raise LogError(f"{self.path}: confusion: expected {outputs**2} counts, got {counts.size}")
        table: np.ndarray = counts.reshape(outputs, outputs)
        return table

    @property
    def steps(self) -> int:
        """The number of training steps logged without a gap, from the first on."""
        return max((h["sample"] for h in self.headers if h["record"] == "steps"), default=0)

    @cached_property
    def samples(self) -> tuple[np.ndarray, np.ndarray]:
        """The distinct training samples: their features, and their classes or targets.

        int8 (samples, inputs); int64 (samples,), or int16 (samples, outputs) if the network learns numbers. Raises
        LogError for samples that do not fit the network.
        """
        found = {row["first"]: row for row in self.read("samples")}
        rows = [found[first] for first in sorted(found)]
        inputs, outputs = self.plan.layers[0], self.plan.layers[-1]
        name, each = ("targets", outputs) if self.learns_numbers else ("labels", 1)
        for row in rows:
            if name not in row:
                raise LogError(f"{self.path}: row {row['sequence']}: has no {name}")
            if name == "labels" and row["labels"].max(initial=0) >= outputs:
                text = f"label {row['labels'].max()} does not fit the network's {outputs} outputs"
                raise LogError(f"{self.path}: row {row['sequence']}: {text}")
            if row[name].size % each or row["features"].size != inputs * (row[name].size // each):
                text = f"expected {inputs} features in each sample" + (f", and {outputs} targets" if each > 1 else "")
                raise LogError(f"{self.path}: row {row['sequence']}: {text}")
        features = [row["features"].reshape(-1, inputs) for row in rows] or [np.zeros((0, inputs), np.int8)]
        right = np.concatenate([row[name] for row in rows] or [np.zeros(0, np.int16)])
        return np.concatenate(features), right.reshape(-1, outputs) if self.learns_numbers else right.astype(np.int64)

    @cached_property
    def training_rows(self) -> tuple[np.ndarray | Blanked, np.ndarray]:
        """The rows that `order` of the table `steps` numbers, and their classes or targets.

        These are `samples` or, if the run blanks features, the samples of each pass with their blanks
        (`datasets.Blanked`). Raises LogError as `samples` does, and without the seed or the epochs of the blanks.
        """
        about = self.configuration
        if not about.get("blank"):
            return self.samples
        try:
            return blanked(*self.samples, about["blank"], about["seed"], about["epochs"])
        except KeyError as error:
            raise LogError(f"{self.path}: the log does not give its {error.args[0]}") from error

    def siemens(self, sample: int) -> list[np.ndarray]:
        """Return each crossbar's conductances after `sample` training samples: float64 (rows, columns), siemens."""
        return [steps * self.siemens_per_step for steps in self.conductances(sample)]

    def conductances(self, sample: int) -> list[np.ndarray]:
        """Return each crossbar's exact conductances after `sample` training samples: steps (rows, columns).

        At the end of a run that averages its weights, these are the averages. Raises LogError as
        `runlog.replay.network_at` does.
        """
        from .replay import conductances_at

        exact: list[np.ndarray] = conductances_at(self, sample)
        return exact


def _object(path: str | Path, name: str, text: str) -> dict[str, Any]:
    """Return the JSON object in a column's text. Raises LogError for other text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LogError(f"{path}: {name}: expected a JSON object, got {shown(text)}") from error
    if not isinstance(value, dict):
        raise LogError(f"{path}: {name}: expected a JSON object, got {shown(value)}")
    return value


def _texts(names: Any) -> tuple[str, ...]:
    return tuple(map(str, names)) if isinstance(names, list) else ()


def _allowed(value: Any, kinds: Any, least: float | None) -> bool:
    if isinstance(value, bool) or not isinstance(value, kinds):
        return False
    return least is None or least <= value < 2**53


_CONFIGURATION = {
    "layers": (str, None),
    "seed": (int, 0),
    "epochs": (int, 0),
    "limit": (int, 0),
    "blank": ((int, float), 0),
    "average": ((int, float), 0),
    "lr_halving_samples": (int, 0),
    "run_number": (int, 0),
    "data": (str, None),
    "scaling": (dict, None),
    "recipe": (dict, None),
    "targets": (dict, None),
    "classes": (int, 1),
    "training_samples": (int, 0),
    "test_samples": (int, 0),
    "log_every": (int, 0),
    "siemens_per_step": ((int, float), sys.float_info.min),
    "version": (str, None),
    "config": (dict, None),
}
"""Keys that the reader uses of a run's configuration: the type, and the smallest number allowed."""

_MAY_BE_NULL = ("limit", "log_every")


def open_log(path: str | Path, run_id: str | None = None) -> Log:
    """Return the `Log` at `path`: an .arrow, .jsonl, .csv or .npz file, or a .parquet dataset.

    run_id: which run of a dataset that holds several; for any other log, None or its only run.

    Sound records after damaged ones are read; `Log.dropped` lists the skipped bytes. Raises LogError naming the path
    and the problem: a missing or empty file, a file that is not a log, a newer format, no description of the run, or no
    such run.
    """
    path = Path(path)
    try:
        if path.suffix == ".parquet":
            return Log(path, *fleet.read(path, run_id))
        if path.suffix in WHOLE:
            log = Log(path, *whole.READERS[path.suffix](path))
        elif path.suffix in LIVE:
            log = Log(path, *_index(path, LIVE[path.suffix]))
        else:
            raise LogError(f"a log's suffix is {', '.join([*LIVE, *WHOLE])}, not {path.suffix or 'none'}")
        if run_id not in (None, log.run_id):
            raise LogError(f"has no run {run_id}, only {log.run_id}")
        return log
    except LogError as error:
        text = str(error)
        raise error if text.startswith(f"{path}: ") else LogError(f"{path}: {text}") from error
    except OSError as error:
        raise LogError(f"{path}: cannot be read: {error.strerror or error}") from error


def open_runs(path: str | Path, run_id: str | None = None) -> Iterator[Log]:
    """Yield the `Log` at `path`; for a .parquet dataset, the named run or all runs in turn.

    Raises LogError as `open_log` does, and for a run that does not exist.
    """
    if Path(path).suffix != ".parquet":
        yield open_log(path, run_id)
        return
    for each in [run_id] if run_id else fleet.runs_of(path) or [None]:  # for None, `open_log` raises
        yield open_log(path, each)


def _index(path: Path, module: Any) -> tuple[list[tuple[dict[str, Any], Any]], list[Span], Callable[[Any], Any]]:
    """Return (records, dropped spans, decode) of a live format's file."""
    records, dropped = [], []
    decoder = module.Decoder()
    with open(path, "rb") as file:
        for span in module.scan(file):
            if span.header is None:
                dropped.append(span)
            elif span.header["record"] == "schema":
                if span.header["format"] > FORMAT:
                    text = f"written by a newer eqprop; this one reads up to {FORMAT}"
                    raise LogError(f"format {span.header['format']}, {text}")
                decoder.batch(_bytes(file, span))
            else:
                records.append((span.header, span))
        if not file.tell():
            raise LogError("is empty")

    def decode(span: Span) -> Any:
        with open(path, "rb") as file:
            return decoder.rows(_bytes(file, span))

    return records, dropped, decode


def _bytes(file: BinaryIO, span: Span) -> bytes:
    at = file.tell()
    file.seek(span.start)
    data = file.read(span.end - span.start)
    file.seek(at)
    return data
