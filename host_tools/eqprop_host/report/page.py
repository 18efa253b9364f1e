"""A self-contained HTML page about one or more runs; it opens without a network."""

import base64
import html
import json
from importlib import resources

import numpy as np

import eqprop

from ..files import write_whole
from ..runlog.summary import summary
from .history import MOMENTS, QUANTILES, by_node, history

_TITLED = 3
"""The most runs that the title names."""

_BYTES_MAX = 6_000_000
"""The most bytes of maps in a page, over all runs; larger networks are shown at fewer moments."""


def write_page(path, logs):
    """Write a page about `logs`, a list of `runlog.Log`, to `path`: whole, or not at all.

    Raises LogError if it cannot be written, DataError for a log without its layers.
    """
    names = _names(logs)
    runs = [_run(log, name, len(logs)) for log, name in zip(logs, names, strict=True)]
    data = {"version": eqprop.__version__, "quantiles": QUANTILES, "runs": runs}
    # Only "</" ends a script element, and a file's name must not do that.
    text = json.dumps(data, allow_nan=False, default=_plain).replace("<", "\\u003c")
    title = "eqprop: " + (", ".join(names) if len(names) <= _TITLED else f"{len(names)} runs")
    page = _file("page.html")
    for mark, content in (
        ("TITLE", html.escape(title)),
        ("STYLE", _file("page.css")),
        ("DATA", text),
        # One script, because a page from a file may load no module
        ("SCRIPT", '"use strict";\n' + charts().replace("export ", "") + _file("page.js")),
    ):
        page = page.replace(f"<!--{mark}-->", content)
    write_whole(path, page.encode())


def charts():
    """Return the JavaScript module that draws charts and maps, for pages of one's own."""
    return _file("charts.js")


def _file(name):
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _names(logs):
    """Return each log's name: its file's name, plus its run's name if two files have the same name."""
    files = [log.path.name for log in logs]
    return [f"{file} {log.run_id}" if files.count(file) > 1 else file for log, file in zip(logs, files, strict=True)]


def _run(log, name, runs):
    """Return the page's JSON data for one run, called `name`; the page shows `runs` runs."""
    plan = log.plan
    devices = sum(rows * columns for rows, columns in plan.shapes)
    past = history(log, int(min(MOMENTS, max(2, _BYTES_MAX // runs // devices))))
    metrics = log.metrics
    names = sorted({name for row in metrics for name in row} - {"record", "sequence", "utc", "confusion"})
    return {
        "name": name,
        "class_names": log.class_names,
        "summary": {key: value for key, value in summary(log).items() if key not in ("rows", "events")},
        "columns": {name: [row.get(name) for row in metrics] for name in names},
        "seconds": [_seconds(log, row) for row in metrics],
        "events": [
            {"seconds": _seconds(log, e), "sample": e["sample"], "event": e["event"], "detail": json.dumps(e["detail"])}
            for e in log.events
        ],
        "confusion": _confusion(log),
        "samples": past.samples,
        "crossbars": [_crossbar(log, past, c) for c in range(len(plan.shapes))],
    }


def _seconds(log, row):
    (first,) = log.read("run", stop=1)
    return (row["utc"] - first["utc"]).total_seconds()


def _confusion(log):
    row = next((row for row in reversed(log.metrics) if "confusion" in row), None)
    return None if row is None else log.confusion(row)


def _crossbar(log, past, c):
    """Return the page's data for a crossbar: statistics, and maps with a node per row, as square roots in 8 bits."""
    steps = by_node(log.plan, c, past.steps[c])
    low, high = (int(steps.min()), int(steps.max())) if steps.size else (0, 1)
    scaled = np.sqrt((steps - np.float64(low)) / max(1, high - low))
    return {
        "name": f"{log.plan.layers[c]} to {log.plan.layers[c + 1]}",
        "rows": steps.shape[1],
        "columns": steps.shape[2],
        "low": low,
        "high": high,
        "maps": [base64.b64encode(np.rint(255 * image).astype(np.uint8).tobytes()).decode() for image in scaled],
        "quantiles": past.quantiles[c],
        "lowest_percent": past.lowest_percent[c],
        "highest_percent": past.highest_percent[c],
        "updates": past.updates[c],
    }


def _plain(value):
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
