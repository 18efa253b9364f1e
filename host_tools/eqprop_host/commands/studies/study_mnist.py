"""MNIST learnt in fixed point, in float, and by ReLU networks of the same size: the table of the README."""

from ... import datasets
from ...errors import DataError
from ...studies.mnist import BEGIN, END, Row, draw, rows_of, runs_of, summaries, table
from ...studies.trials import Run
from ...training.config import layers_text
from .. import options as common
from . import kept_runs


def add_options(parser):
    """Add the options of `eqprop study mnist`."""
    add = parser.add_argument
    add("--data", required=True, metavar="SOURCE", help="mnist:FOLDER, or any other data set")
    add("--only", default="", metavar="TEXT", help="run only rows whose text or layers contain TEXT (default: all)")
    add(
        "--epochs",
        type=common.whole(1, 1000),
        metavar="N",
        default=10,
        help="epochs of each row except the widest (default: %(default)s)",
    )
    add("--limit", type=common.whole(1, 2**30 - 1), metavar="N", help="most training samples in an epoch")
    add("--seeds", type=common.whole(1, 1000), metavar="N", help="runs of each row (default: 1 to 5)")
    kept_runs.add_options(parser, BEGIN, END)


def run(options):
    """Do the runs that `--json` lacks; then print, write and draw the table of all runs."""
    kept_runs.check_files(options)
    dataset = datasets.load(options.data)
    rows = rows_of(options.data, dataset.features.shape[1], dataset.classes, options.epochs, options.limit)
    if options.seeds:
        rows = [Row(row.text, row.run, options.seeds) for row in rows]
    wanted = [row for row in rows if options.only in row.text or options.only in layers_text(row.run.layers)]
    if not wanted:
        texts = "; ".join(dict.fromkeys(row.text for row in rows))
        raise DataError(f"--only {options.only}: no row's text or layers contain it; the rows are: {texts}")
    runs = [run for row in wanted for run in runs_of(row)]
    shown = kept_runs.finished(options, Run, "MNIST", runs, lambda done: summaries(rows, done))
    kept_runs.show(options, shown, table, draw, BEGIN, END)
