"""MNIST learnt in fixed point, in float, and by ReLU networks of the same size: the table of the README."""

import os
from dataclasses import asdict
from pathlib import Path

from ... import datasets
from ...errors import DataError
from ...files import check_writable, write_whole
from ...replacing import check_replaceable
from ...studies.mnist import BEGIN, END, Row, draw, rows_of, runs_of, summaries, table
from ...studies.running import found, held, placed
from ...studies.trials import Run
from .. import options as common


def add_options(parser):
    """Add the options of `eqprop study mnist`."""
    add = parser.add_argument
    add("--data", required=True, metavar="SOURCE", help="mnist:FOLDER, or any other data set")
    add("--only", default="", metavar="TEXT", help="run only rows whose text contains TEXT (default: all)")
    add(
        "--epochs",
        type=common.whole(1, 1000),
        metavar="N",
        default=10,
        help="epochs of each row except the widest (default: %(default)s)",
    )
    add("--limit", type=common.whole(1, 2**30 - 1), metavar="N", help="most training samples in an epoch")
    add("--seeds", type=common.whole(1, 1000), metavar="N", help="runs of each row (default: 3 or 1)")
    add(
        "--workers",
        type=common.whole(1, 1024),
        metavar="N",
        default=os.cpu_count(),
        help="processes (default: %(default)s)",
    )
    common.add_json(parser)
    add("--markdown", type=Path, metavar="PATH", help=f"write the table, or insert it between {BEGIN} and {END}")
    add("--picture", type=common.picture, metavar="PATH", help="draw the errors, .png")


def run(options):
    """Do the runs that `--json` lacks; then print, write and draw the table of all runs."""
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
        raise DataError(f"--only {options.only}: no row's text contains it; the rows are: {texts}")
    done = held(options.json, Run, "MNIST")
    todo = [run for row in rows if options.only in row.text for run in runs_of(row) if run not in done]

    for run, results in found(todo, options.workers, common.tell):
        done[run] = results
        runs = [{**asdict(each), **result} for each, result in done.items()]
        common.write_json(options.json, {"rows": summaries(rows, done), "runs": runs})
    shown = summaries(rows, done)
    text = table(shown)
    print(text, end="")
    if options.markdown:
        write_whole(options.markdown, placed(options.markdown, text, BEGIN, END).encode())
    if options.picture:
        draw(options.picture, shown)
