"""The formats of logs, by suffix."""

from pathlib import Path

from ...errors import LogError
from . import arrow_stream, json_lines

LIVE = {module.SUFFIX: module for module in (arrow_stream, json_lines)}
"""The formats that grow record by record and survive a killed writer."""

WHOLE = (".parquet", ".csv", ".npz")
"""The formats that are only written as a whole, from another log (`eqprop_host.runlog.export`)."""


def live(path):
    """Return the live format's module for a path's suffix. Raises LogError for another suffix."""
    suffix = Path(path).suffix
    if suffix in WHOLE:
        raise LogError(f"{path}: {suffix} would not survive a kill: log to .arrow, and `eqprop log export` it")
    if suffix not in LIVE:
        raise LogError(f"{path}: a log's suffix is {' or '.join(LIVE)}, not {suffix or 'none'}")
    return LIVE[suffix]
