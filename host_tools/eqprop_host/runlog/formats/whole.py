"""Logs in the formats of other tools: a .csv table, an .npz archive. They are read and written as a whole.

- .csv       one table of all columns; a list is a JSON list in its cell, times are ISO 8601
- .npz       an array for each column of each table, "metrics.loss"; a list column is its items, concatenated row by
             row, plus "conductances.conductance_steps.counts", each row's number of items; times are int64 us since
             1970

Each row has an additional column, its checksum (`checksums`).
"""

import csv
import io
import json

import numpy as np
import pyarrow as pa

from ...errors import LogError
from ...files import PARSING
from ..schema import BY_NAME, OF_TABLE, TABLES, numpy_type, shown
from .checksums import CRC, check_crc, crcs_of, row_crc
from .json_lines import typed
from .spans import header_of, possible


def _indexed(rows):
    """Return (records, dropped, decode) for rows held in memory, sorted."""
    found = [(header_of([row]), row) for row in rows]
    for header, _ in found:
        if not possible(header):
            raise LogError(f"row {shown(header.get('sequence'))}: is not a row of a log")
    return sorted(found, key=lambda each: each[0]["sequence"]), [], lambda row: [row]


def read_csv(path):
    """Return (records, dropped, decode) of a .csv."""
    csv.field_size_limit(2**31 - 1)
    rows = []
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file, strict=True)
            if not {"record", "sequence", "sample"} <= _fields(reader):
                raise LogError("is not a log: its header has no record, sequence and sample")
            for cells in reader:
                row = typed({name: _cell(name, text) for name, text in cells.items() if text and name in BY_NAME})
                check_crc(f"row {len(rows) + 1}", row, int(cells[CRC], 16) if cells.get(CRC) else None)
                rows.append(row)
    except LogError:
        raise
    except (csv.Error, ValueError, RecursionError) as error:
        raise LogError(f"row {len(rows) + 1}: {' '.join(str(error).split())}") from error
    return _indexed(rows)


def _fields(reader):
    """Return the names in the header of a csv.DictReader; nothing if it is invalid."""
    try:
        return set(reader.fieldnames or ())
    except (csv.Error, ValueError):
        return set()


def _cell(name, text):
    kind = BY_NAME[name].type
    return text if pa.types.is_string(kind) or pa.types.is_timestamp(kind) else json.loads(text)


def read_npz(path):
    """Return (records, dropped, decode) of an .npz."""
    with open(path, "rb") as file:
        try:
            with PARSING, np.load(file, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            rows = [row for table in TABLES for row in _npz_rows(arrays, table)]
        except LogError:
            raise
        # zipfile and NumPy do not document their exceptions for a damaged archive
        except Exception as error:
            raise LogError(f"is not a log, or damaged: {' '.join(str(error).split())}") from error
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
    crcs = arrays.get(f"{table}.{CRC}", [None] * len(rows))
    for place, (row, crc) in enumerate(zip(rows, crcs, strict=True)):
        check_crc(f"row {place} of {table}", row, crc)
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
        arrays[f"{table}.{CRC}"] = crcs_of(content)
    np.savez_compressed(path, **arrays)


def write_csv(file, rows, names=(*BY_NAME, CRC)):
    """Write the columns `names` of rows to an open binary file."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        crc = {CRC: f"{row_crc(row):08x}"} if CRC in names else {}
        writer.writerow([_text({**row, **crc}.get(name)) for name in names])
    text.detach()


def _text(value):
    if isinstance(value, np.ndarray):
        return json.dumps(value.tolist(), separators=(",", ":"))
    if hasattr(value, "isoformat"):
        return value.isoformat(timespec="microseconds")
    return repr(value) if isinstance(value, float) else value


READERS = {".csv": read_csv, ".npz": read_npz}
"""Functions that return (records, dropped spans, decode) of a file, by its suffix."""
