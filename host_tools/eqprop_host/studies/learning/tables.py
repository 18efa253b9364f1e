"""The table, the JSON rows and the plot of `eqprop study learning`."""

import io
import math
import statistics

import eqprop

from ...files import write_whole
from ..running import over_seeds
from .runs import LEARNERS, OWN

BEGIN, END = "<!-- study learning -->", "<!-- end -->"
RIVALS = ("relu", "relu-chosen")
"""The learners that eqprop's models are compared with in words."""
_DPI = 120
_TOLERANCE = 1e-9  # of ratios


def rows_of(runs, done):
    """Return the JSON row of each data set, learner and variation whose runs are all in `done`, {run: results}.

    runs: of any seeds, in the order of the rows.
    """
    return [_row(cell, errors) for cell, errors in over_seeds(runs, done, "test_error_percent").items()]


def _row(run, errors):
    return {
        "data": run.data,
        "learner": run.learner,
        "loss": LEARNERS[run.learner].loss or None,
        "hidden": "-".join(map(str, run.hidden)),
        "epochs": run.epochs,
        "variation": run.variation,
        "held_out": run.held_out,
        "seeds": len(errors),
        "test_error_percent": statistics.mean(errors),
        "spread_percent": statistics.stdev(errors) if len(errors) > 1 else None,
    }


def table(rows):
    """Return the rows as a table in Markdown, a line for each data set, and a line for what each model makes of it."""
    data, learners = _axes(rows)
    found = _found(rows)
    heads = [each.text + (f" ({each.loss})" if each.loss else "") for each in map(LEARNERS.get, learners)]
    lines = [f"| test error, % | {' | '.join(heads)} |", "|---|" + "---:|" * len(heads)]
    for name in data:
        cells = [_cell(found.get((name, learner))) for learner in learners]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    said = [line for model in OWN for line in _beside(rows, model)]
    return "\n".join([*lines, "", *said] if said else lines) + "\n"


def _axes(rows):
    """Return (data sets, learners) in their order."""
    return [*dict.fromkeys(row["data"] for row in rows)], [*dict.fromkeys(row["learner"] for row in rows)]


def _found(rows):
    return {(row["data"], row["learner"]): row for row in rows}


def _cell(row):
    if row is None:
        return ""
    spread = "" if row["spread_percent"] is None else f" ± {row['spread_percent']:.1f}"
    return f"{row['test_error_percent']:.1f}{spread}"


def ratios(rows, learner, rival):
    """Return {data set: error of a learner by that of its rival}, where both have one."""
    found = _found(rows)
    both = [name for name in _axes(rows)[0] if (name, learner) in found and (name, rival) in found]
    errors = {name: [found[name, each]["test_error_percent"] for each in (learner, rival)] for name in both}
    return {name: own / other if other else math.inf * own if own else 1.0 for name, (own, other) in errors.items()}


def _beside(rows, model):
    """Return a line about how a model does beside each of its rivals."""
    lines = []
    for rival in RIVALS:
        of = ratios(rows, model, rival)
        if of:
            level = sum(ratio <= 1 + _TOLERANCE for ratio in of.values())
            worst = max(of, key=lambda name: of[name])
            text = f"- {LEARNERS[model].text}: no worse than {LEARNERS[rival].text} on {level} of {len(of)} data sets"
            lines.append(f"{text}; in the worst case, {worst}, {of[worst]:.2f} times its error.")
    return lines


def varied_table(rows):
    """Return the rows of a held-out experiment as a table: each variation by its errors beside those without one."""
    data = _axes(rows)[0]
    found = {(row["learner"], row["variation"], row["data"]): row["test_error_percent"] for row in rows}
    head = f"| held-out error, % | by that without | lower on | {' | '.join(data)} |"
    lines = [head, "|---|---:|---:|" + "---:|" * len(data)]
    for learner, variation in dict.fromkeys((row["learner"], row["variation"]) for row in rows):
        both = [name for name in data if (learner, variation, name) in found and (learner, "", name) in found]
        pairs = [(found[learner, variation, name], found[learner, "", name]) for name in both]
        known = [(varied, plain) for varied, plain in pairs if varied and plain]
        mean = math.exp(statistics.mean(math.log(a / b) for a, b in known)) if known else math.nan
        lower = f"{sum(a < b for a, b in pairs)} of {len(pairs)}" if variation else ""
        errors = [f"{found[key]:.1f}" if (key := (learner, variation, name)) in found else "" for name in data]
        name = f"{learner}, {variation or 'as it is'}"
        lines.append(f"| {name} | {mean:.3f} | {lower} | {' | '.join(errors)} |")
    return "\n".join(lines) + "\n"


def draw(path, rows):
    """Draw each learner's error on each data set, as PNG: a dot each, the axis logarithmic from 1 % on."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    data, learners = _axes(rows)
    found = _found(rows)
    figure = Figure(figsize=(9, 1.4 + 0.35 * len(data)), dpi=_DPI, layout="constrained")
    axes = figure.add_subplot()
    for n, learner in enumerate(learners):
        places = [k for k, name in enumerate(data) if (name, learner) in found]
        errors = [found[data[k], learner]["test_error_percent"] for k in places]
        axes.plot(errors, places, "o" if learner in OWN else "x", color=f"C{n}", label=LEARNERS[learner].text)
    axes.set_yticks(range(len(data)), data)
    axes.invert_yaxis()
    axes.set_xscale("symlog", linthresh=1)  # an error may be 0
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel(f"test error, % (eqprop {eqprop.__version__})")
    axes.grid(axis="y", alpha=0.3)
    figure.legend(loc="outside right upper")
    file = io.BytesIO()
    FigureCanvasAgg(figure).print_png(file)
    write_whole(path, file.getvalue())
