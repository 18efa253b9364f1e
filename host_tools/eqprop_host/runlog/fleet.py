"""A .parquet dataset: a folder that holds one run, or the runs of a fleet of boards.

The files are TABLE/board=BOARD/run_id=RUN/part.parquet, partitioned as in Hive, so pandas, DuckDB and Polars read a
table of all runs at once. Each row has an additional column, its checksum (`checksums`). A run is complete once its
table `run` exists, which is written last.
"""

import contextlib
import os
import secrets
from pathlib import Path
from urllib.parse import quote, unquote

import pyarrow as pa
from pyarrow import parquet

from ..errors import LogError
from ..files import sync_folder, unwritable
from .formats.checksums import CRC, check_crc, crcs_of
from .formats.spans import possible
from .schema import TABLES, rows_of

_PART = "part.parquet"
_HEADER = ("record", "sequence", "sample", "first", "crossbar", "source")


def runs_of(path):
    """Return {run: board} of the runs in a dataset, in order. Raises LogError for anything else."""
    path = Path(path)
    if not path.exists():
        raise LogError(f"{path}: cannot be read: No such file or directory")
    if not path.is_dir():
        raise LogError(f"{path}: expected a dataset of logs, which is a folder: `eqprop log merge` makes one")
    found = {}
    for folder in sorted(path.glob("run/board=*/run_id=*")):
        found[unquote(folder.name.removeprefix("run_id="))] = unquote(folder.parent.name.removeprefix("board="))
    if not found and {each.name for each in path.iterdir() if not each.name.startswith(".")} - set(TABLES):
        raise LogError(f"{path}: is not a dataset of logs: has no run/board=*/run_id=*")
    return found


def holds(path, run):
    """Return whether the dataset at `path` has a complete run, without a look at the others. Raises as `runs_of`."""
    if Path(path).is_dir() and next(Path(path).glob(f"run/board=*/run_id={quote(run)}/"), None):
        return True
    return run in runs_of(path)


def read(path, run=None):
    """Return (records, dropped, decode) of one run in a dataset; run: which one, if there are several."""
    if run is None or not holds(path, run):
        runs = runs_of(path)
        if run is None and len(runs) > 1:
            raise LogError(f"holds {len(runs)} runs, choose one with --run: {', '.join(list(runs)[:5])} ...")
        if run is not None and run not in runs:
            raise LogError(f"has no run {run}; there are {', '.join(list(runs)[:5])}")
        if not runs:
            raise LogError("is not a dataset of logs: has no run/board=*/run_id=*")
        run = next(iter(runs))
    records = []
    for table in TABLES:
        for folder in _folders(path, table, run):
            records += _records(folder / _PART)
    return sorted(records, key=lambda record: record[0]["sequence"]), [], _Rows().rows


def _folders(path, table, run):
    """Return the folders with a run's rows of a table: one for each board that the run was logged under."""
    return sorted(each.parent for each in Path(path).glob(f"{table}/board=*/run_id={quote(run)}/{_PART}"))


@contextlib.contextmanager
def _opened(path):
    """Yield an open Parquet file. Raises LogError naming it if it is damaged."""
    try:
        with parquet.ParquetFile(path, page_checksum_verification=True) as file:
            yield file
    # A damaged file's metadata can raise most builtin exceptions
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, MemoryError, OverflowError) as error:
        raise LogError(f"{path}: is not a Parquet file, or damaged: {' '.join(str(error).split())[:200]}") from error


def _records(path):
    """Return (header, (file, row group, row)) of each row of a file."""
    found = []
    with _opened(path) as file:
        names = [name for name in _HEADER if name in file.schema_arrow.names]
        for group in range(file.num_row_groups):
            for place, row in enumerate(file.read_row_group(group, names).to_pylist()):
                header = {key: value for key, value in row.items() if value is not None}
                if not possible(header):
                    raise ValueError(f"row {place} of group {group} is not a row of a log")
                found.append(({**header, "rows": 1}, (path, group, place)))
    return found


class _Rows:
    """Turns places into rows; keeps the row group read last, which the next row is likely to be in."""

    def __init__(self):
        self._held = None
        self._batch = None

    def rows(self, place):
        """Return the row at (file, row group, row)."""
        path, group, row = place
        if self._held != (path, group):
            with _opened(path) as file:
                (self._batch,) = file.read_row_group(group).combine_chunks().to_batches()
            self._held = (path, group)
        sliced = self._batch.slice(row, 1)
        rows = rows_of(sliced)
        crc = sliced.column(CRC)[0].as_py() if CRC in sliced.schema.names else None
        check_crc(f"{path}: row {row} of group {group}", rows[0], crc)
        if rows[0]["record"] == "run":  # the folder's name gives the run
            rows[0]["run_id"] = unquote(path.parent.name.removeprefix("run_id="))
        return rows


def add(path, run, board, tables):
    """Write a run's tables, Arrow tables by name, into the dataset at `path`, replacing the run's old tables.

    Each file is replaced whole, the table `run` last. After an interruption the dataset either has the run or does not
    have it yet; adding the run a second time completes it.
    """
    place = Path(f"board={quote(board, safe=' .-+')[:200]}") / f"run_id={run}"
    try:
        for table in reversed(TABLES):
            if table in tables:
                content = tables[table].drop_columns(["run_id"]) if table == "run" else tables[table]
                _write(path / table / place, content.append_column(CRC, pa.array(crcs_of(content))))
        for table in TABLES:
            for folder in _folders(path, table, run):
                if folder != path / table / place:
                    (folder / _PART).unlink(missing_ok=True)
                    folder.rmdir()
    except OSError as error:
        raise unwritable(path, error) from error


def _write(folder, content):
    """Write a table as the only file of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{_PART}.{secrets.token_hex(4)}"
    try:
        with open(beside, "xb") as file:
            parquet.write_table(content, file, compression="zstd", write_page_checksum=True)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, folder / _PART)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    sync_folder(folder)
