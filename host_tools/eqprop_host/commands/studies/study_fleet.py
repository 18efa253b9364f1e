"""Compare boards that average their networks with one board alone and one with all samples."""

import argparse

from ...studies.fleets import BEGIN, END, SPLITS, Run, draw, rows_of, table
from .. import options as common
from . import kept_runs


def add_options(parser):
    """Add the options of `eqprop study fleet`."""
    add = parser.add_argument
    add("--boards", type=common.whole(2, 100), metavar="N", default=10, help="boards (default: %(default)s)")
    text = "rounds of averaging, such as 0,1,10: 0 is never (default: 0,1,5,20,100)"
    add("--rounds", type=_rounds, metavar="NUMBERS", default=(0, 1, 5, 20, 100), help=text)
    add("--held-out", action="store_true", help="test on samples held back from the training samples")
    common.add_model(parser)
    kept_runs.add_network_options(parser)
    kept_runs.add_options(parser, BEGIN, END)


def _rounds(text):
    numbers = [int(part) if part.isdecimal() else -1 for part in text.split(",")]
    if not all(0 <= number <= 10000 for number in numbers):
        raise argparse.ArgumentTypeError(f"expected numbers of rounds such as 0,1,10, got {text!r}")
    return tuple(dict.fromkeys(numbers))


def run(options):
    """Do the runs that `--json` lacks; then print, write and draw the table of all runs."""
    kept_runs.check_files(options)
    kinds = [(options.boards, rounds, split) for split in SPLITS for rounds in options.rounds]
    runs = [
        Run(*kind, options.model, options.epochs, seed, options.hidden, options.held_out)
        for kind in [*kinds, (1, 0, "iid")]
        for seed in range(options.seeds)
    ]
    rows = kept_runs.finished(options, Run, "fleet", runs, lambda done: rows_of(runs, done))
    kept_runs.show(options, rows, table, draw, BEGIN, END)
