"""Write an HTML page about runs that opens offline, or a figure for a paper; for many runs an overview."""

from pathlib import Path

from ...replacing import check_replaceable
from ...report import MOST_RUNS, draw_figure, write_overview, write_page
from ...runlog import many, open_runs
from .. import options as common


def add_options(parser):
    """Add the options of `eqprop report`."""
    add = parser.add_argument
    add("log", type=Path, nargs="+", help="logs of any format, to compare")
    common.add_run(parser)
    common.add_scheduler(parser, f"this process; for an overview of more than {MOST_RUNS} runs")
    add(
        "--html", type=common.named(".html", "a page"), metavar="PATH", help="the page (default: next to the first log)"
    )
    add("--png", type=common.picture, metavar="PATH", help="write a figure instead, 300 dots per inch")
    add(
        "--svg",
        type=common.named(".svg", "such a figure"),
        metavar="PATH",
        help="write a figure instead, with its text as text",
    )


def run(options):
    """Write the page or the figure, and print its path."""
    figures = {kind: getattr(options, kind) for kind in ("png", "svg") if getattr(options, kind)}
    page = options.html or (None if figures else options.log[0].with_suffix(".html"))
    places = [*figures.values(), *([page] if page else [])]
    for path in places:
        check_replaceable(path, "page" if path is page else "picture")
    runs = many.runs_in(options.log, options.run_id)
    if page and not figures and len(runs) > MOST_RUNS:
        write_overview(page, list(many.summaries(runs, options.scheduler)))
        print(page)
        return
    logs = [log for path in options.log for log in open_runs(path, options.run_id)]
    for log in logs:
        for span in log.dropped:
            common.tell(f"{log.path}: bytes {span.start} to {span.end} are not an intact record, left out")
    for kind, path in figures.items():
        draw_figure(path, logs, kind)
    if page:
        write_page(page, logs)
    for path in places:
        print(path)
