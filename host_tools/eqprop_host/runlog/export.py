"""Converts logs from one format to another, and adds runs to a dataset of many."""

from pathlib import Path

from pyarrow import parquet

from ..errors import LogError
from ..files import new_file
from ..terminal.printing import printable
from . import fleet
from .formats import LIVE, WHOLE, whole
from .reader import open_log
from .schema import OF_TABLE, TABLES

TABLE_SUFFIXES = (".csv", ".parquet")
"""The formats of a single table."""


def export(source, path, repair=False):
    """Write the log at `source` to `path`, in the format of its suffix; return the `Log` that was read.

    Nothing is overwritten, except that an existing .parquet gets the run added (`many.merge`). Raises LogError if
    something is at `path` already, and for a damaged source unless `repair` is set: then the intact records are
    written, and `Log.dropped` lists the others.
    """
    path = Path(path)
    if path.suffix not in (*LIVE, *WHOLE):
        raise LogError(f"{path}: a log's suffix is {', '.join([*LIVE, *WHOLE])}, not {path.suffix or 'none'}")
    log = _opened(source, repair)
    if path.suffix == ".parquet":
        add_run(log, path)
        return log
    with new_file(path) as file:
        if path.suffix == ".csv":
            whole.write_csv(file, log.read_all())
        elif path.suffix == ".npz":
            whole.write_npz(file, _tables(log))
        else:
            encoder = LIVE[path.suffix].Encoder(log.siemens_per_step)
            file.write(encoder.begin())
            for row in log.read_all():
                file.write(encoder.rows([row]))
    return log


def export_table(source, path, table, repair=False):
    """Write one table of the log at `source` to `path`, a .csv or a single .parquet file, for other tools to read.

    The file is not a log: it holds only that table's columns. Returns the `Log` that was read. Raises LogError as
    `export` does, and if the log has no rows of the table.
    """
    path = Path(path)
    if path.suffix not in TABLE_SUFFIXES:
        suffixes = " or ".join(TABLE_SUFFIXES)
        raise LogError(f"{path}: a table is written to a {suffixes} file, not {path.suffix or 'one without a suffix'}")
    log = _opened(source, repair)
    present = [name for name in TABLES if any(h["record"] == name for h in log.headers)]
    if table not in present:
        raise LogError(f"{source}: has no rows of table {table}; there are {', '.join(present)}")
    with new_file(path) as file:
        if path.suffix == ".csv":
            whole.write_csv(file, log.read(table), OF_TABLE[table])
        else:
            parquet.write_table(log.table(table), file, compression="zstd")
    return log


def _opened(source, repair):
    """Return the `Log` at `source`. Raises LogError for a damaged log unless `repair` is set."""
    log = open_log(source)
    if log.dropped and not repair:
        span = log.dropped[0]
        text = f"damaged at byte {span.start}, {span.end - span.start} bytes: --repair copies the intact records"
        raise LogError(f"{source}: {text}")
    return log


def board_of(log):
    """Return the board's name in a fleet, otherwise its identity in a log, or "unknown"."""
    name = log.configuration.get("board_name")
    if isinstance(name, str) and name:
        return printable(name)
    named = (event["detail"].get("board") for event in log.events)
    return printable(next((name for name in named if isinstance(name, str) and name), "unknown"))


def _tables(log):
    return {table: log.table(table) for table in TABLES if any(h["record"] == table for h in log.headers)}


def add_run(log, path):
    """Add a log's run to a dataset, unless it has it with as many rows; return whether it was new."""
    there = path.exists() and fleet.holds(path, log.run_id)
    if there and _rows(path, log.run_id) >= log.rows:
        return False
    fleet.add(path, log.run_id, board_of(log), _tables(log))
    return not there


def _rows(path, run):
    """Return how many rows a dataset has of a run; 0 for a damaged run, so that it is replaced."""
    try:
        return open_log(path, run).rows
    except LogError:
        return 0
