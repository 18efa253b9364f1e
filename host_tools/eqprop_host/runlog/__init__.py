"""The log of a training run: written while it runs, and whole up to its last full record however the run ends.

A log is one table of rows; `runlog.schema` documents its columns, and the file's suffix selects the format. During a
run the log is an Arrow IPC stream (`runlog.formats.arrow_stream`) or JSON lines (`runlog.formats.json_lines`), to which
records are only appended. `runlog.export` converts these to .parquet, .csv and .npz, and back.

    with RunLog("run.arrow", {"layers": "64-32-10"}) as log: ...    # `runlog.writer`
    log = open_log("run.arrow")                                     # `runlog.reader`
    log.frame("metrics")                                            # pandas
    log.conductances(sample=1234)                                   # NumPy: exact after any step
"""

from .reader import Log, open_log, open_runs
from .writer import RunLog

__all__ = ["Log", "RunLog", "open_log", "open_runs"]
