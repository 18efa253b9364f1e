"""Logs in the formats of other tools: a .parquet dataset, a .csv table, an .npz archive. Read here, written as a whole.

- .parquet   a folder, for one run or a fleet: TABLE/board=BOARD/run=RUN/part.parquet, partitioned as Hive does
- .csv       one table of all columns; a list is a JSON list in its cell, times are ISO 8601
- .npz       an array for each column of each table, "metrics.loss"; a list column is its items, one row behind the
             other, and "conductances.steps.counts", how many items each row has; times are int64 us since 1970
"""

import csv
import io
import json
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from ..errors import LogError
from .json_lines import typed
from .schema import BY_NAME, OF_TABLE, TABLES, numpy_type, rows_of
from .spans import header_of

_NEEDED = {"conductances": ("crossbar", "source", "steps"), "steps": ("first", "order")}
_HEADER = ("record", "sequence", "sample", "first", "crossbar", "source")


def _indexed(rows):
    """Return (records, dropped, decode) of rows that are held in memory, put in order."""
    ordered = sorted(rows, key=lambda row: row.get("sequence", 0))
    return (
        [(header_of([row]), row) for row in ordered if row.keys() >= {"record", "sequence", "sample"}],
        [],
        lambda row: [row],
    )


def read_csv(path):
    """Return (records, dropped, decode) of a .csv."""
    csv.field_size_limit(2**31 - 1)
    rows = []
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file, strict=True)
            if not {"record", "sequence", "sample"} <= set(reader.fieldnames or ()):
                raise LogError("is no log: its header has no record, sequence and sample")
            for cells in reader:
                row = typed({name: _cell(name, text) for name, text in cells.items() if text and name in BY_NAME})
                for name in _NEEDED.get(row.get("record"), ()):
                    if name not in row:
                        raise ValueError(f"{row['record']} without {name}")
                rows.append(row)
    except (csv.Error, UnicodeDecodeError, ValueError) as error:
        raise LogError(f"row {len(rows) + 1}: {' '.join(str(error).split())}") from error
    return _indexed(rows)


def _cell(name, text):
    kind = BY_NAME[name].type
    return text if pa.types.is_string(kind) or pa.types.is_timestamp(kind) else json.loads(text)


def read_npz(path):
    """Return (records, dropped, decode) of an .npz."""
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            rows = [row for table in TABLES for row in _npz_rows(arrays, table)]
        # zipfile and NumPy name no set of exceptions for an archive that is cut or damaged
        except Exception as error:
            raise LogError(f"is no log, or damaged: {' '.join(str(error).split())}") from error
    return _indexed(rows)


def _npz_rows(arrays, table):
    """Return the rows of a table among an archive's arrays."""
    names = [name for name in OF_TABLE[table] if f"{table}.{name}" in arrays]
    if not names:
        return []
    rows = [{} for _ in arrays[f"{table}.sequence"]]
    for name in names:
        values = arrays[f"{table}.{name}"]
        kind = BY_NAME[name].type
        present = arrays.get(f"{table}.{name}.present", np.ones(len(rows), bool))
        if pa.types.is_list(kind):
            values = np.split(values, np.cumsum(arrays[f"{table}.{name}.counts"])[:-1])
        elif pa.types.is_timestamp(kind):
            values = pa.array(values, kind).to_pylist()
        else:
            values = values.tolist()
        for row, value, there in zip(rows, values, present, strict=True):
            if there:
                row[name] = value
    return rows


def write_npz(path, tables):
    """Write tables, Arrow tables by name, as an .npz to the open file `path`."""
    arrays = {}
    for table, content in tables.items():
        for name in content.column_names:
            column = content[name].combine_chunks()
            kind = BY_NAME[name].type
            valid = column.is_valid().to_numpy(zero_copy_only=False)
            if not valid.all():
                arrays[f"{table}.{name}.present"] = valid
            if pa.types.is_list(kind):
                counts = np.array([len(value) if value.is_valid else 0 for value in column], np.int64)
                arrays[f"{table}.{name}.counts"] = counts
                column, kind = column.flatten(), kind.value_type
            if pa.types.is_string(kind):
                arrays[f"{table}.{name}"] = np.array([value or "" for value in column.to_pylist()], np.str_)
            elif pa.types.is_timestamp(kind):
                arrays[f"{table}.{name}"] = column.cast(pa.int64()).to_numpy(zero_copy_only=False)
            else:
                values = column if column.null_count == 0 else column.fill_null(0)
                arrays[f"{table}.{name}"] = values.to_numpy(zero_copy_only=False).astype(numpy_type(kind))
    np.savez_compressed(path, **arrays)


def write_csv(file, rows, names=tuple(BY_NAME)):
    """Write the columns `names` of rows to an open binary file."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_text(row.get(name)) for name in names])
    text.detach()


def _text(value):
    if isinstance(value, np.ndarray):
        return json.dumps(value.tolist(), separators=(",", ":"))
    if hasattr(value, "isoformat"):
        return value.isoformat(timespec="microseconds")
    return repr(value) if isinstance(value, float) else value


def runs_of(path):
    """Return {run: board} of the runs in a .parquet dataset, in order. Raises LogError for another folder."""
    path = Path(path)
    if not path.exists():
        raise LogError(f"{path}: cannot be read: No such file or directory")
    found = {}
    for folder in sorted(path.glob("run/board=*/run=*")):
        found[unquote(folder.name.removeprefix("run="))] = unquote(folder.parent.name.removeprefix("board="))
    if not found:
        raise LogError(f"{path}: is no dataset of logs: has no run/board=*/run=*")
    return found


def read_parquet(path, run=None):
    """Return (records, dropped, decode) of one run in a .parquet dataset; run: which, where there are several."""
    runs = runs_of(path)
    if run is None and len(runs) > 1:
        raise LogError(f"holds {len(runs)} runs; name one: {path}/run/board=.../run=...")
    run = run or next(iter(runs))
    if run not in runs:
        raise LogError(f"has no run {run}")
    records = []
    for table in TABLES:
        for file in Path(path).glob(f"{table}/board=*/run={run}/*.parquet"):
            records += _parquet_records(file)
    return sorted(records, key=lambda record: record[0]["sequence"]), [], _ParquetRows().rows


def _parquet_records(path):
    """Return (header, (file, row group, row)) of each row of a file."""
    try:
        with parquet.ParquetFile(path) as file:
            names = [name for name in _HEADER if name in file.schema_arrow.names]
            for group in range(file.num_row_groups):
                for place, row in enumerate(file.read_row_group(group, names).to_pylist()):
                    header = {key: value for key, value in row.items() if value is not None}
                    if not header.keys() >= {"record", "sequence", "sample"}:
                        raise LogError(f"{path}: row {place} of group {group}: has no record, sequence or sample")
                    yield {**header, "rows": 1}, (path, group, place)
    except (pa.ArrowException, OSError) as error:
        raise LogError(f"{path}: is no Parquet file, or damaged: {' '.join(str(error).split())[:200]}") from error


class _ParquetRows:
    """Turns places into rows; keeps the row group that was read last, of which the next row is likely to be."""

    def __init__(self):
        self._held = None
        self._batch = None

    def rows(self, place):
        path, group, row = place
        if self._held != (path, group):
            try:
                with parquet.ParquetFile(path) as file:
                    (self._batch,) = file.read_row_group(group).combine_chunks().to_batches()
            except (pa.ArrowException, OSError) as error:
                raise LogError(f"{path}: is damaged: {' '.join(str(error).split())[:200]}") from error
            self._held = (path, group)
        rows = rows_of(self._batch.slice(row, 1))
        if rows[0]["record"] == "run":  # the folder's name says it
            rows[0]["run"] = unquote(path.parent.name.removeprefix("run="))
        return rows


def write_parquet(folder, tables):
    """Write tables, Arrow tables by name and without the column `run`, as files named `part.parquet`."""
    for table, content in tables.items():
        place = Path(str(folder).format(table=table))
        place.mkdir(parents=True)
        parquet.write_table(content, place / "part.parquet", compression="zstd")


READERS = {".csv": read_csv, ".npz": read_npz}
"""What makes (records, dropped spans, decode) of a file, by its suffix."""
