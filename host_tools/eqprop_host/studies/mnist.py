"""MNIST learnt in fixed point, in float, and by ReLU networks of the same size: the table of examples/mnist."""

import io
import statistics
from dataclasses import asdict, dataclass

import eqprop

from ..files import write_whole
from ..training.config import layers_text
from .trials import Run, relu_width

BEGIN, END = "<!-- study mnist -->", "<!-- end -->"
_DPI = 120


@dataclass(frozen=True)
class Row:
    """A row of the table: runs that differ only in their seed."""

    text: str
    """The row's description."""

    run: Run
    """The row's first run."""

    seeds: int
    """The number of runs, with seeds 0, 1, ..."""


def rows_of(data, features, classes, epochs, limit=None):
    """Return the study's rows for a data set's features and classes; the widest networks take more epochs."""

    def run(physics, *hidden, paired=False, **about):
        sizes = (features, *hidden, 2 * classes if paired else classes)
        about.setdefault("loss", _LOSSES[physics])
        return Run(physics, sizes, data, **{"epochs": epochs, "seed": 0, "limit": limit, "paired": paired, **about})

    def row(text, run, seeds):
        return Row(f"{text} ({LOSSES[run.loss]})", run, seeds)

    widest = run("float", 1024, **_WIDEST, epochs=4 * epochs)
    rows = [
        row("hopfield, as on a board", run("hopfield", 100), 5),
        row("hopfield, as on a board", run("hopfield", 512, epochs=2 * epochs), 5),
        row("hopfield, as on a board", run("hopfield", 256, 256, 256), 5),
        row("hopfield, neither blanked nor averaged", run("hopfield", 100, **_ROUGH), 5),
        row("hopfield, neither blanked nor averaged", run("hopfield", 512, epochs=2 * epochs, **_ROUGH), 3),
        row("hopfield, neither blanked nor averaged", run("hopfield", 256, 256, 256, **_ROUGH), 3),
        row(f"hopfield, {_FEW:,} samples", run("hopfield", 100, first=_FEW), 5),
        row(f"hopfield, {_FEW:,} samples on a bright ground", run("hopfield", 100, first=_FEW, negative=True), 5),
        row("resistive, as on a board", run("fixed", 100), 3),
        row("resistive, as on a board", run("fixed", 512, epochs=2 * epochs), 1),
        *(row(f"resistive{kind}", run("fixed", 100, **about), 1) for kind, about in _VARIANTS),
        row("resistive", run("fixed", 100, loss="squared"), 1),
        row("float", run("float", 100, batch=4), 3),
        *(row(f"float{kind}", run("float", 100, batch=4, **about), 1) for kind, about in _VARIANTS),
        row("float", run("float", 512, batch=20), 1),
        row("float, paired outputs", widest, 1),
    ]
    for like, seeds in ((run("fixed", 100), 3), (run("fixed", 512), 1), (widest, 1)):
        same = relu_width(features, classes, like.parameters)
        rows.append(row("ReLU, as many hidden nodes", run("relu", like.layers[1], batch=100), seeds))
        rows.append(row("ReLU, as many parameters", run("relu", same, batch=100), seeds))
    return rows


_ROUGH: dict = {"blank": 0.0, "average": 0.0}
_FEW = 10000  # training samples of the rows that compare dark grounds with bright ones
_WIDEST: dict = {"batch": 20, "loss": "squared-hinge", "paired": True}
_LOSSES = {"hopfield": "squared-hinge", "fixed": "squared-hinge", "float": "squared", "relu": "cross-entropy"}
_VARIANTS: tuple[tuple[str, dict], ...] = (
    (", positive nudge", {"nudging": "positive"}),
    (", negative nudge", {"nudging": "negative"}),
    (", random-sign nudge", {"nudging": "random-sign"}),
    ("", {"loss": "cross-entropy"}),
    (", paired outputs", {"paired": True}),
    (", paired outputs", {"paired": True, "loss": "cross-entropy"}),
)
LOSSES = {"squared-hinge": "squared hinge", "squared": "squared error", "cross-entropy": "cross-entropy"}
"""A loss in words."""


def runs_of(row):
    """Return every run of a row."""
    return [Run(**{**asdict(row.run), "seed": seed}) for seed in range(row.seeds)]


def summaries(rows, done):
    """Return the JSON entry of each row whose runs are all in `done`, {run: results}."""
    return [_summary(row, done) for row in rows if all(run in done for run in runs_of(row))]


def _summary(row, done):
    errors = [done[run]["test_error_percent"] for run in runs_of(row)]
    about = {key: value for key, value in asdict(row.run).items() if key not in ("seed", "data")}
    return {
        "text": row.text,
        **about,
        "layers": layers_text(row.run.layers),
        "parameters": row.run.parameters,
        "seeds": row.seeds,
        "test_error_percent": statistics.mean(errors),
        "spread_percent": statistics.stdev(errors) if len(errors) > 1 else None,
    }


def table(results):
    """Return the rows of a study's JSON as a table in Markdown."""
    lines = ["| network | layers | parameters | epochs | batch | test error, % |", "|---|---|---:|---:|---:|---:|"]
    for row in results:
        spread = "" if row["spread_percent"] is None else f" ± {row['spread_percent']:.2f}"
        error = f"{row['test_error_percent']:.2f}{spread}"
        about = f"{row['parameters']:,} | {row['epochs']} | {row['batch']}"
        lines.append(f"| {row['text']} | {row['layers']} | {about} | {error} |")
    return "\n".join(lines) + "\n"


def draw(path, results):
    """Draw the errors as bars, one a row, with spreads, as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 0.9 + 0.32 * len(results)), dpi=_DPI, layout="constrained")
    axes = figure.add_subplot()
    shown = results[::-1]
    colours = {"hopfield": "#123a66", "fixed": "#1f5fa8", "float": "#6fa8dc", "relu": "#8c8c8c"}
    bars = axes.barh(
        [f"{row['text']}, {row['layers']}" for row in shown],
        [row["test_error_percent"] for row in shown],
        xerr=[row["spread_percent"] or 0 for row in shown],
        color=[colours[row["physics"]] for row in shown],
    )
    axes.bar_label(bars, [f"{row['test_error_percent']:.2f}" for row in shown], padding=3)
    axes.set_xlabel(f"test error, % (eqprop {eqprop.__version__})")
    axes.spines[["top", "right"]].set_visible(False)
    file = io.BytesIO()
    FigureCanvasAgg(figure).print_png(file)
    write_whole(path, file.getvalue())
