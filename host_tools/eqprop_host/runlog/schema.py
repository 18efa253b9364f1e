"""The columns of a log: one list for every format, each column with its meaning and unit.

Every row has a `record`, which names its table; the columns of other tables are null.
"""

import functools
import json
import math
import re
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from eqprop.protocol.messages import MODELS

from ..errors import LogError

FORMAT = 3
"""The format's version, which is written and read."""

TABLES = ("run", "samples", "steps", "conductances", "metrics", "event", "end")
"""The values of `record`.

- `run`: the first row of a log; it describes the run
- `samples`: the distinct training samples as the board receives them; only for a crossbar with a digital twin
- `steps`: which sample each training step learnt; the conductances after it follow from the last logged ones
- `conductances`: conductances of one crossbar, or of a part of it, at one moment
- `metrics`: errors, loss and speed after each epoch
- `event`: something happened, such as a reset or a checkpoint
- `end`: why the run ended; missing if the process was killed
"""

UNNAMED = "resistive"
"""The energy model of a log that names none: it is from a version of eqprop that had no other."""

SIEMENS_PER_STEP = 1e-9
"""Nominal: an emulated crossbar has no siemens of its own. Full scale, 32767 steps, is 32.8 microsiemens."""

_LIST_U16, _LIST_U32 = pa.list_(pa.uint16()), pa.list_(pa.uint32())
_LIST_I8, _LIST_I16 = pa.list_(pa.int8()), pa.list_(pa.int16())


@dataclass(frozen=True)
class Column:
    """One column of every log."""

    name: str
    type: pa.DataType
    tables: tuple[str, ...]
    """The tables that have this column."""

    unit: str
    meaning: str


def _column(name, kind, tables, unit, meaning):
    return Column(name, kind, TABLES if tables == "all" else tuple(tables.split()), unit, meaning)


COMPLETE = ("board", "twin")
"""The `source` values of conductances that the steps of a run lead to, of a whole crossbar."""

AVERAGE = "average"
"""The `source` of conductances that took the place of a run's last ones: the average over its last part."""

COLUMNS = (
    _column("record", pa.string(), "all", "", "the row's table"),
    _column("sequence", pa.int64(), "all", "rows", "0, 1, 2 ... through the whole log, so gaps and repetitions show"),
    _column("utc", pa.timestamp("us", "UTC"), "all", "UTC", "when the row was written"),
    _column("sample", pa.int64(), "all", "samples", "training samples learnt so far"),
    _column(
        "board_ticks_us",
        pa.int64(),
        "metrics event",
        "us",
        "the board's own clock, of a program that tells it (`eqprop.Telemetry`)",
    ),
    _column("format", pa.int64(), "run", "", "version of this format"),
    _column("run_id", pa.string(), "run", "", "identifies the run, whatever the file's name"),
    _column("model", pa.string(), "run", "", "the energy model: resistive, hopfield, hopfield8 or differential"),
    _column("configuration", pa.string(), "run", "", "a JSON object: all that the run depends on"),
    _column("first", pa.int64(), "samples steps conductances", "", "number of the first sample, step or device"),
    _column("labels", _LIST_U16, "samples", "", "classes of the samples; missing if the network learns numbers"),
    _column(
        "targets",
        _LIST_I16,
        "samples",
        "1/32767 of full scale",
        "numbers to learn in place of classes, one for each output, all samples of the row one after another",
    ),
    _column("features", _LIST_I8, "samples", "1/127 of full scale", "all samples of the row, one after another"),
    _column(
        "order",
        _LIST_U32,
        "steps",
        "",
        "numbers in `samples` of the samples learnt, in order; with blanked features plus pass * training samples",
    ),
    _column("crossbar", pa.int32(), "conductances", "", "the one between layers `crossbar` and `crossbar` + 1"),
    _column(
        "conductance_steps",
        _LIST_U16,
        "conductances",
        "steps",
        "conductances, row by row; `shapes` of `eqprop.plan` gives the shape; signed ones as their lowest 16 bits",
    ),
    _column("crc", pa.int64(), "conductances", "", "CRC-32 of `conductance_steps` as little-endian uint16"),
    _column(
        "source",
        pa.string(),
        "conductances",
        "",
        "board: read from it; part: the same, of some devices; twin: its bit-identical digital twin; average: over the "
        "last part of the run, in place of its last ones",
    ),
    _column(
        "epoch", pa.int64(), "metrics", "epochs", "passes over the data, including the current one; 0 for a board alone"
    ),
    _column(
        "train_error_percent",
        pa.float64(),
        "metrics",
        "%",
        "error on the epoch's samples before learning them; missing if the network learns numbers",
    ),
    _column(
        "test_error_percent", pa.float64(), "metrics", "%", "error on the test samples, if they are of classes, if any"
    ),
    _column(
        "test_rmse",
        pa.float64(),
        "metrics",
        "the targets'",
        "root of the test samples' mean squared error, over all targets; missing if the network learns classes",
    ),
    _column(
        "test_r2", pa.float64(), "metrics", "", "R² of the test samples, mean over the targets; missing as `test_rmse`"
    ),
    _column("loss", pa.float64(), "metrics", "(16 voltage units)^2", "the epoch's mean (`eqprop.learner.Learner`)"),
    _column("samples_per_second", pa.float64(), "metrics", "1/s", "training speed since the run began, without tests"),
    _column("confusion", _LIST_U32, "metrics", "samples", "test samples by (class, prediction), outputs x outputs"),
    _column(
        "residual_free", pa.float64(), "metrics", "full scale", "largest voltage change by one more sweep, free phase"
    ),
    _column("residual_plus", pa.float64(), "metrics", "full scale", "the same, phase PLUS"),
    _column("residual_minus", pa.float64(), "metrics", "full scale", "the same, phase MINUS"),
    _column(
        "saturated_nodes", pa.int64(), "metrics", "nodes", "nodes at a rail in the free phase of any probed sample"
    ),
    _column("dead_nodes", pa.int64(), "metrics", "nodes", "hidden nodes at zero volts in all their free phases"),
    _column("link_sent_bytes", pa.int64(), "metrics", "bytes", "sent to the board since the line was opened"),
    _column("link_received_bytes", pa.int64(), "metrics", "bytes", "received since the line was opened"),
    _column("link_retries", pa.int64(), "metrics", "", "requests repeated because they or their answers were lost"),
    _column(
        "event",
        pa.string(),
        "event",
        "",
        "connect, resume, reset, fault, checkpoint, no-twin, divergence, repair; of a program also answer, learnt, "
        "numbers, reading, health",
    ),
    _column("detail", pa.string(), "event", "", "a JSON object that describes it"),
    _column("reason", pa.string(), "end", "", '"closed", "interrupted", or the error that ended the run, in one line'),
)

BY_NAME = {column.name: column for column in COLUMNS}

OF_TABLE = {table: tuple(column.name for column in COLUMNS if table in column.tables) for table in TABLES}
"""The names of each table's columns, in order."""

_MAY_BE_NULL = {
    name
    for name in OF_TABLE["metrics"]
    if name.startswith(("board_", "link_", "residual_"))
    or name in ("saturated_nodes", "dead_nodes", "confusion", "test_error_percent", "test_r2")
}

_EITHER = {"samples": ("labels", "targets"), "metrics": ("train_error_percent", "test_rmse")}
"""Columns of which a row has one: the first if the network learns classes, the second if it learns numbers."""


@functools.lru_cache(16)
def arrow_schema(siemens_per_step=SIEMENS_PER_STEP):
    """Return the Arrow schema of a log; each field's metadata says its unit and meaning, and a step's siemens."""
    fields = []
    for column in COLUMNS:
        metadata = {"unit": column.unit, "meaning": column.meaning}
        if column.name == "conductance_steps":
            metadata["siemens_per_step"] = repr(siemens_per_step)
        fields.append(pa.field(column.name, column.type, metadata=metadata))
    return pa.schema(fields, metadata={"eqprop_log": str(FORMAT)})


_EMPTY = {column.name: pa.nulls(1, column.type) for column in COLUMNS}


def batch(rows, schema):
    """Return rows, dicts of one table, as an Arrow record batch of all columns; schema: from `arrow_schema`."""
    columns = []
    for column in COLUMNS:
        if all(row.get(column.name) is None for row in rows):
            empty = _EMPTY[column.name]
            columns.append(empty if len(rows) == 1 else pa.nulls(len(rows), column.type))
        elif pa.types.is_list(column.type):
            columns.append(_lists(column.type, [row.get(column.name) for row in rows]))
        else:
            columns.append(pa.array([row.get(column.name) for row in rows], column.type))
    return pa.record_batch(columns, schema=schema)


def numpy_type(kind):
    """Return the NumPy dtype of an Arrow type of numbers (pyarrow's own conversion needs pandas)."""
    return np.dtype({"float": "float32", "double": "float64"}.get(str(kind), str(kind)))


def _lists(kind, values):
    """Return NumPy arrays, one per row, as an Arrow list array, without a Python object for each item."""
    if any(value is None for value in values):
        return pa.array([None if value is None else list(value) for value in values], kind)
    dtype = numpy_type(kind.value_type)
    offsets = np.cumsum([0, *(len(value) for value in values)]).astype(np.int32)
    flat = np.concatenate([np.asarray(value, dtype) for value in values])
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat, kind.value_type))


def rows_of(record_batch):
    """Return an Arrow record batch as rows: dicts without nulls, lists as NumPy arrays, times as datetime."""
    rows = [{} for _ in range(record_batch.num_rows)]
    for name in record_batch.schema.names:
        array = record_batch.column(name)
        if array.null_count == len(array) or name not in BY_NAME:
            continue
        listed = pa.types.is_list(array.type)
        dtype = numpy_type(BY_NAME[name].type.value_type) if listed else None
        for row, value in zip(rows, array, strict=True):
            if value.is_valid:
                row[name] = value.values.to_numpy(zero_copy_only=False).astype(dtype) if listed else value.as_py()
    return rows


def check(row):
    """Raise LogError unless a row is valid: its table is known, its columns are present and possible."""
    table = row.get("record")
    if not isinstance(table, str) or table not in TABLES:
        raise LogError(f"record: expected one of {', '.join(TABLES)}, got {shown(table)}")
    if table == "run" and not isinstance(row.get("format"), int):
        raise LogError("record 'run' without format")
    if table == "run" and row["format"] != FORMAT:
        raise LogError(f"format {row['format']}, written by eqprop {_writer(row)}; this one reads {FORMAT}")
    either = _EITHER.get(table, ())
    missing = [name for name in OF_TABLE[table] if row.get(name) is None and name not in (*_MAY_BE_NULL, *either)]
    if either and all(row.get(name) is None for name in either):
        missing.append(either[0])
    if missing:
        raise LogError(f"record {table!r} without {missing[0]}")
    for name, value in row.items():
        if value is not None and name in BY_NAME and not _possible(name, value):
            raise LogError(f"{name}: {shown(value)} is not valid")


def _writer(row):
    """Return the version of the eqprop that began a log, as far as its first row tells."""
    try:
        return shown(json.loads(row["configuration"])["version"])
    except (KeyError, TypeError, ValueError, RecursionError):
        return "of another version"


def _possible(name, value):
    """Return whether a column can hold a value: its type, the range of a number, the name of a run."""
    kind = BY_NAME[name].type
    if name == "model":
        return value in MODELS[1:]
    if name == "run_id":
        return isinstance(value, str) and bool(_RUN.fullmatch(value))
    if pa.types.is_string(kind):
        return isinstance(value, str)
    if pa.types.is_list(kind):
        return isinstance(value, np.ndarray) and value.ndim == 1
    if pa.types.is_floating(kind):
        return isinstance(value, float | int) and math.isfinite(value)
    if pa.types.is_integer(kind):
        return isinstance(value, int | np.integer) and 0 <= value <= _MOST.get(name, 2**53)
    return isinstance(value, datetime)


_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""The pattern of a run's name, which becomes the name of a folder."""

_MOST = {"sample": 2**30, "first": 2**31, "crossbar": 255, "crc": 2**32 - 1, "format": 2**15}


def shown(value):
    """Return a value for a message: its first 40 characters."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
