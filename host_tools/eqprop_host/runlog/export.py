"""A log from one format into another, and the logs of many boards into one dataset."""

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
    """Write the log at `source` to `path`, in the format that its suffix says; return the `Log` that was read.

    Nothing is overwritten. Raises LogError when something is at `path` already, and for a source that is damaged
    unless `repair` is set: then what is sound is written, and `Log.dropped` says what is not. A .parquet that is
    there gets the run added (`merge`).
    """
    path = Path(path)
    if path.suffix not in (*LIVE, *WHOLE):
        raise LogError(f"{path}: a log's suffix is {', '.join([*LIVE, *WHOLE])}, not {path.suffix or 'none'}")
    log = _opened(source, repair)
    if path.suffix == ".parquet":
        _add_run(log, path)
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

    The file is not a log: it holds that table's columns alone. Returns the `Log` that was read. Raises LogError as
    `export`, and for a table of which the log has no row.
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
    """Return the `Log` at `source`. Raises LogError for a damaged one unless it is to be repaired."""
    log = open_log(source)
    if log.dropped and not repair:
        span = log.dropped[0]
        text = f"damaged at byte {span.start}, {span.end - span.start} bytes: --repair copies what is sound"
        raise LogError(f"{source}: {text}")
    return log


def merge(sources, path):
    """Add the runs of logs to the .parquet dataset at `path`; return how many were not in it before.

    A run that is in it with as many rows is left alone, one with fewer is replaced. Raises LogError as `export`.
    """
    if Path(path).suffix != ".parquet":
        raise LogError(f"{path}: logs are merged into a .parquet")
    return sum(_add_run(open_log(source), Path(path)) for source in sources)


def board_of(log):
    """Return the board's identity as the log says it, "unknown" where it does not."""
    named = (event["detail"].get("board") for event in log.events)
    return printable(next((name for name in named if isinstance(name, str) and name), "unknown"))


def _tables(log):
    return {table: log.table(table) for table in TABLES if any(h["record"] == table for h in log.headers)}


def _add_run(log, path):
    """Add a log's run to a dataset; return whether it was not there."""
    existing = fleet.runs_of(path) if path.exists() else {}
    if log.run in existing and _rows(path, log.run) >= log.rows:
        return False
    fleet.add(path, log.run, board_of(log), _tables(log))
    return log.run not in existing


def _rows(path, run):
    """Return how many rows a dataset has of a run: none of one that is damaged, which is to be replaced."""
    try:
        return open_log(path, run).rows
    except LogError:
        return 0
