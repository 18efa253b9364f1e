"""An overview of many runs as a self-contained HTML page: how they end, by board, and those to look at."""

import html
import statistics
from importlib import resources

import eqprop

from ..files import write_whole

MOST_RUNS = 100
"""More runs than this get an overview, in place of a page with the conductances of each."""

_BARS = 40
_SHOWN = 50  # runs to look at
_STYLE = "table{border-collapse:collapse}td,th{padding:2px 12px;text-align:right}td:first-child{text-align:left}"


def write_overview(path, summaries):
    """Write an overview of runs, `runlog.summary.summary` of each, to `path`: whole, or not at all."""
    boards = {}
    for each in summaries:
        boards.setdefault(each["board"], []).append(each)
    errors = sorted(each["test_error_percent"] for each in summaries if each["test_error_percent"] is not None)
    title = f"eqprop: {len(summaries)} runs of {len(boards)} boards"
    parts = [_histogram(errors), _table(_HEADS, [_board(name, runs) for name, runs in sorted(boards.items())])]
    odd = [(reason, each) for each in summaries if (reason := _reason(each))]
    parts.append(f"<h2>Runs to look at</h2><p>{len(odd)} runs did not end by themselves, or are damaged.</p>")
    rows = [(each["run_id"], each["board"], each["training_samples"], reason) for reason, each in odd[:_SHOWN]]
    parts.append(_table(("run", "board", "samples", "why"), rows) if rows else "")
    worst = sorted((each for each in summaries if each["test_error_percent"] is not None), key=_error)[::-1][:_SHOWN]
    rows = [(each["run_id"], each["board"], each["training_samples"], f"{_error(each):.2f}") for each in worst]
    parts.append("<h2>Largest test errors</h2>" + _table(("run", "board", "samples", "test error, %"), rows))
    style = resources.files(__package__).joinpath("page.css").read_text("utf-8")
    page = f"""<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{html.escape(title)}</title>
<style>{style}{_STYLE}</style>
<body><header><h1>{html.escape(title)}</h1><p>eqprop {eqprop.__version__}</p></header>
<main>{"".join(parts)}</main>
</body>
</html>
"""
    write_whole(path, page.encode())


_HEADS = ("board", "runs", "samples learnt", "best test error, %", "median", "worst", "resets and faults")


def _error(each):
    return each["test_error_percent"]


def _board(name, runs):
    errors = [_error(each) for each in runs if _error(each) is not None]
    figures = [f"{f(errors):.2f}" if errors else "" for f in (min, statistics.median, max)]
    troubles = sum(event.startswith(("reset", "fault", "divergence")) for each in runs for event in each["events"])
    return name, len(runs), f"{sum(each['training_samples'] for each in runs):,}", *figures, troubles


def _reason(each):
    if each["dropped_bytes"]:
        return f"{each['dropped_bytes']} bytes are damaged"
    if each["end"] is None:
        return "still going, or killed"
    return "" if each["end"] == "closed" else each["end"]


def _table(heads, rows):
    head = "".join(f"<th>{html.escape(text)}</th>" for text in heads)
    lines = ("".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) for row in rows)
    return f'<div class="scroll"><table><tr>{head}</tr>{"".join(f"<tr>{line}</tr>" for line in lines)}</table></div>'


def _histogram(errors):
    """Return the test errors, ascending, as an SVG of bars."""
    if not errors:
        return "<p>No run was tested.</p>"
    low, high = errors[0], errors[-1]
    counts = [0] * _BARS
    for error in errors:
        counts[min(_BARS - 1, int(_BARS * (error - low) / ((high - low) or 1)))] += 1
    most = max(counts)
    bars = "".join(
        f'<rect x="{12 * n}" y="{100 - 100 * count / most:.1f}" width="11" height="{100 * count / most:.1f}"/>'
        for n, count in enumerate(counts)
    )
    text = f"test errors: {low:.2f} to {high:.2f} %, median {statistics.median(errors):.2f} %"
    return f'<p>{text}</p><svg viewBox="0 0 {12 * _BARS} 100" width="600" role="img" aria-label="{text}">{bars}</svg>'
