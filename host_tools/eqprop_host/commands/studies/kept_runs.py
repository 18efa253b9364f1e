"""What studies of many runs share: their options, and results kept in the JSON, so that the same command resumes."""

import os
from dataclasses import asdict
from pathlib import Path

from ...files import STDOUT, check_writable, write_whole
from ...replacing import check_replaceable
from ...studies.running import found, held, placed
from ...training.config import HIDDEN, layers_text
from .. import options as common


def add_network_options(parser):
    """Add the epochs, the hidden layers and the seeds of a study that trains the same network on several data sets."""
    add = parser.add_argument
    common.add_epochs(parser)
    text = f"sizes of the hidden layers, such as 32-16 (default: {layers_text(HIDDEN)})"
    add("--hidden", type=common.hidden, metavar="SIZES", default=HIDDEN, help=text)
    add("--seeds", type=common.whole(1, 1000), metavar="N", default=5, help="runs of each (default: %(default)s)")


def add_options(parser, begin, end):
    """Add the number of processes, and the files to write. begin, end: the lines between which a table is inserted."""
    add = parser.add_argument
    add(
        "--workers",
        type=common.whole(1, 1024),
        metavar="N",
        default=os.cpu_count(),
        help="processes (default: %(default)s)",
    )
    common.add_json(parser)
    add("--markdown", type=Path, metavar="PATH", help=f"write the table, or insert it between {begin} and {end}")
    add("--picture", type=common.picture, metavar="PATH", help="draw the errors, .png")


def check_files(options):
    """Raise LogError unless the table and the picture can be written and replace nothing else."""
    if options.markdown:
        check_writable(options.markdown)
    if options.picture:
        check_replaceable(options.picture, "picture")


def finished(options, kind, study, runs_to_do, rows_of):
    """Do the runs that `--json` lacks, keeping each there; return the rows of all that are done.

    kind: the runs' class. study: what messages call the study. rows_of(done): the study's rows, of {run: results}.
    """
    done = held(None if options.json == STDOUT else options.json, kind, study)
    for run, results in found([run for run in runs_to_do if run not in done], options.workers, common.tell):
        done[run] = results
        runs = [{**asdict(each), **result} for each, result in done.items()]
        common.write_json(options.json, {"rows": rows_of(done), "runs": runs})
    return rows_of(done)


def show(options, rows, table, draw, begin, end):
    """Print, write and draw the rows as the options ask. table(rows): Markdown. draw(path, rows): the picture."""
    text = table(rows)
    print(text, end="")
    if options.markdown:
        write_whole(options.markdown, placed(options.markdown, text, begin, end).encode())
    if options.picture:
        draw(options.picture, rows)
