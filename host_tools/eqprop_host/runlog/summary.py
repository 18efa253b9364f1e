"""Summarises a log, or a dataset of many runs, in a few lines, with one run at a time in memory."""

from ..terminal.printing import printable_values
from .export import board_of
from .schema import TABLES


def summary(log):
    """Return a run's description and results, as a dict ready for JSON."""
    last = log.metrics[-1] if log.metrics else {}
    headers = log.headers
    found = {
        "path": str(log.path),
        "run_id": log.run_id,
        "board": board_of(log),
        "layers": log.configuration.get("layers"),
        "data": log.configuration.get("data"),
        "class_names": list(log.class_names),
        "seed": log.configuration.get("seed"),
        "version": log.configuration.get("version"),
        "training_samples": log.sample,
        "epochs": last.get("epoch", 0),
        "test_error_percent": last.get("test_error_percent"),
        "best_test_error_percent": min(
            (row["test_error_percent"] for row in log.metrics if "test_error_percent" in row), default=None
        ),
        "test_rmse": last.get("test_rmse"),
        "best_test_rmse": min((row["test_rmse"] for row in log.metrics if "test_rmse" in row), default=None),
        "test_r2": last.get("test_r2"),
        "samples_per_second": last.get("samples_per_second"),
        "steps_logged": sum(h["sample"] - h["first"] for h in headers if h["record"] == "steps"),
        "conductances_logged": len(log.logged),
        "siemens_per_step": log.siemens_per_step,
        "rows": {table: sum(h["rows"] for h in headers if h["record"] == table) for table in TABLES},
        "events": [f"{event['event']} at sample {event['sample']}" for event in log.events],
        "end": log.end,
        "dropped_bytes": sum(span.end - span.start for span in log.dropped),
    }
    return printable_values(found)
