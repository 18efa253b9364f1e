"""MNIST learnt in fixed point, in float, and by ReLU networks of the same size: the table of examples/mnist."""

import io
import json
import multiprocessing
import os
import statistics
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import eqprop

from .. import datasets
from ..commands import options as common
from ..errors import DataError
from ..files import check_writable, write_whole
from ..replacing import check_replaceable
from .trials import Run, relu_width

_BEGIN, _END = "<!-- study mnist -->", "<!-- end -->"
_DPI = 120


@dataclass(frozen=True)
class Row:
    """A row of the table: runs that differ in their seed alone."""

    text: str
    """What it is."""

    run: Run
    """Its first run."""

    seeds: int
    """How many runs: seeds 0, 1, ..."""


def rows_of(data, features, classes, epochs, limit=None):
    """Return the study's rows on a data set of so many features and classes; the widest take more `epochs`."""

    def run(physics, hidden, paired=False, **about):
        sizes = (features, hidden, 2 * classes if paired else classes)
        about.setdefault("loss", "squared-hinge" if physics == "fixed" else "squared")
        return Run(physics, sizes, data, **{"epochs": epochs, "seed": 0, "limit": limit, "paired": paired, **about})

    widest = run("float", 1024, **_WIDEST, epochs=4 * epochs)
    rows = [
        Row("fixed point, as on a board", run("fixed", 100), 3),
        Row("fixed point, as on a board", run("fixed", 512, epochs=2 * epochs), 1),
        *(Row(f"fixed point, {kind}", run("fixed", 100, **about), 1) for kind, about in _VARIANTS.items()),
        Row("fixed point, squared error", run("fixed", 100, loss="squared"), 1),
        Row("float, as on a board", run("float", 100, batch=4), 3),
        *(Row(f"float, {kind}", run("float", 100, batch=4, **about), 1) for kind, about in _VARIANTS.items()),
        Row("float, as on a board", run("float", 512, batch=20), 1),
        Row("float, one-sided errors, paired outputs", widest, 1),
    ]
    for like, seeds in ((run("fixed", 100), 3), (run("fixed", 512), 1), (widest, 1)):
        same = relu_width(features, classes, like.parameters)
        rows.append(Row("ReLU, as many hidden nodes", run("relu", like.layers[1], batch=100), seeds))
        rows.append(Row("ReLU, as many parameters", run("relu", same, batch=100), seeds))
    return rows


_WIDEST: dict = {"batch": 20, "loss": "squared-hinge", "paired": True}
_VARIANTS: dict[str, dict] = {
    "positive nudge": {"nudging": "positive"},
    "negative nudge": {"nudging": "negative"},
    "random-sign nudge": {"nudging": "random-sign"},
    "cross-entropy": {"loss": "cross-entropy"},
    "paired outputs": {"paired": True},
    "paired outputs, cross-entropy": {"paired": True, "loss": "cross-entropy"},
}


def add_options(parser):
    """Add the options of `eqprop study mnist`."""
    add = parser.add_argument
    add("--data", required=True, metavar="SOURCE", help="mnist:FOLDER, or any other data set")
    add("--only", default="", metavar="TEXT", help="rows whose text holds TEXT (default: all)")
    add(
        "--epochs",
        type=common.whole(1, 1000),
        metavar="N",
        default=10,
        help="epochs of each row but the widest (default: %(default)s)",
    )
    add("--limit", type=common.whole(1, 2**30 - 1), metavar="N", help="most training samples of an epoch")
    add("--seeds", type=common.whole(1, 1000), metavar="N", help="runs of each row (default: 3 or 1)")
    add(
        "--workers",
        type=common.whole(1, 1024),
        metavar="N",
        default=os.cpu_count(),
        help="processes (default: %(default)s)",
    )
    common.add_json(parser)
    add("--markdown", type=Path, metavar="PATH", help=f"write the table, or put it between {_BEGIN} and {_END} there")
    add("--picture", type=common.picture, metavar="PATH", help="draw the errors, .png")


def run(options):
    """Do every run that `--json` does not hold yet, then print the table of all there are, and write and draw it."""
    if options.markdown:
        check_writable(options.markdown)
    for path, kind in ((options.json, "results"), (options.picture, "picture")):
        if path:
            check_replaceable(path, kind)
    dataset = datasets.load(options.data)
    rows = rows_of(options.data, dataset.features.shape[1], dataset.classes, options.epochs, options.limit)
    if options.seeds:
        rows = [Row(row.text, row.run, options.seeds) for row in rows]
    if not any(options.only in row.text for row in rows):
        texts = "; ".join(dict.fromkeys(row.text for row in rows))
        raise DataError(f"--only {options.only}: no row's text holds that; the rows are: {texts}")
    done = _held(options.json)
    todo = [run for row in rows if options.only in row.text for run in _runs(row) if run not in done]

    def results():
        return [_summary(row, done) for row in rows if all(run in done for run in _runs(row))]

    for run, found in _found(todo, options.workers):
        done[run] = found
        runs = [{**asdict(each), **result} for each, result in done.items()]
        common.write_json(options.json, {"rows": results(), "runs": runs})
    text = table(results())
    print(text, end="")
    if options.markdown:
        write_whole(options.markdown, _placed(options.markdown, text).encode())
    if options.picture:
        _draw(options.picture, results())


def _runs(row):
    return [Run(**{**asdict(row.run), "seed": seed}) for seed in range(row.seeds)]


def _held(path):
    """Return {run: results} of what a study's JSON holds; of none, nothing. Raises DataError for any other file."""
    if path is None or not path.exists():
        return {}
    names = [field.name for field in fields(Run)]
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        version = held["version"]
        runs = [({name: each.pop(name) for name in names}, each) for each in held["runs"]]
        done = {Run(**{**about, "layers": tuple(about["layers"])}): found for about, found in runs}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: is there, but no study of MNIST to go on with") from error
    if version != eqprop.__version__:
        raise DataError(f"{path}: is of eqprop {version}, this is {eqprop.__version__}: what it holds cannot go on")
    return done


def _found(runs, workers):
    """Do the runs in parallel processes; yield each and what it came to, telling the user."""
    # Spawned, as a fork of threads that compile or multiply may hang
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        futures = {pool.submit(run.do): run for run in runs}
        for count, future in enumerate(as_completed(futures), 1):
            run, found = futures[future], future.result()
            about = f"{run.physics} {common.layers_text(run.layers)} seed {run.seed}"
            common.tell(f"{count}/{len(runs)} {about}: {found['test_error_percent']:.2f} %")
            yield run, found


def _summary(row, done):
    """Return what the JSON holds of a row."""
    errors = [done[run]["test_error_percent"] for run in _runs(row)]
    about = {key: value for key, value in asdict(row.run).items() if key not in ("seed", "data")}
    return {
        "text": row.text,
        **about,
        "layers": common.layers_text(row.run.layers),
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


def _placed(path, text):
    """Return the table alone, or the file at `path` with it between the two marks."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    head, begin, rest = before.partition(_BEGIN + "\n")
    _, end, tail = rest.partition(_END)
    return head + begin + text + end + tail if begin and end else text


def _draw(path, results):
    """Draw the errors as bars, one a row, with spreads, as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 0.9 + 0.32 * len(results)), dpi=_DPI, layout="constrained")
    axes = figure.add_subplot()
    shown = results[::-1]
    colours = {"fixed": "#1f5fa8", "float": "#6fa8dc", "relu": "#8c8c8c"}
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
