"""The log of a training run: written while it runs, whole up to its last full record whatever ends the run.

One table of rows, in whatever format the suffix says; `runlog.schema` documents its columns. While a run goes on its
log is an Arrow IPC stream (`runlog.arrow_stream`) or JSON lines (`runlog.json_lines`), to which records are only ever
appended; from these `runlog.export` makes .parquet, .csv and .npz, and back.

    with RunLog("run.arrow", {"layers": "64-32-10"}) as log: ...    # `runlog.writer`
    log = open_log("run.arrow")                                     # `runlog.reader`
    log.frame("metrics")                                            # pandas
    log.conductances(sample=1234)                                   # NumPy: the exact ones after any step
"""

from .reader import Log, open_log, open_runs
from .writer import RunLog

__all__ = ["Log", "RunLog", "open_log", "open_runs"]
