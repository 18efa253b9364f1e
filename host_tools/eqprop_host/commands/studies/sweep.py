"""Simulate every combination of options, on all cores or on a Dask cluster, and rank them."""

import argparse
import re
import sys

from ...cluster import connected
from ...errors import DataError
from ...studies.sweeps import Point, Results, grid, ranked, sweep
from ...training.chips import energy_model
from ...training.config import layers_text, with_bits
from .. import options as common
from ..learning import chip_options

_MOST = 100000  # points of a sweep


def add_options(parser):
    """Add the options of `eqprop sweep`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    text = "simulate the combinations that the folder does not hold yet"
    run_parser = actions.add_parser("run", help=text, description=text + "; every option of a run may be varied")
    _add_run_options(run_parser)
    text = "rank the results in the folder"
    show_parser = actions.add_parser("show", help=text, description=text + ", by mean test error over the seeds")
    show_parser.add_argument("folder", metavar="FOLDER", help="a folder written by sweep run")
    text = "rows to print (default: %(default)s)"
    show_parser.add_argument("--top", type=common.whole(1, _MOST), default=20, metavar="N", help=text)
    common.add_json(show_parser)


def _add_run_options(parser):
    add = parser.add_argument
    add("folder", metavar="FOLDER", help="folder for the results, a Parquet dataset; an existing one is completed")
    text = "values of an option, such as seed=0..9 or layers=64-16-10,64-32-10; may be repeated"
    add("--vary", action="append", default=[], metavar="OPTION=VALUES", help=text)
    add(
        "--random",
        type=common.whole(1, _MOST),
        metavar="N",
        help="simulate N combinations drawn at random (default: all)",
    )
    add(
        "--draw-seed",
        type=common.whole(0, 2**32 - 1),
        default=0,
        metavar="N",
        help="seed of that draw (default: %(default)s)",
    )
    common.add_scheduler(parser, "this machine's cores")
    add(
        "--workers",
        type=common.whole(1, 1024),
        metavar="N",
        help="processes on this machine (default: one for each core)",
    )
    chip_options.add_simulation_options(parser)


def run(options):
    """Run the chosen action."""
    return _show(options) if options.action == "show" else _run(options)


def _run(options):
    """Simulate the points, printing each; return 1 if one failed."""
    points = [Point(each) for each in _combinations(options)]
    results = Results(options.folder)
    done = results.done()
    todo = [point for point in points if point.key not in done]
    common.tell(f"{len(points)} points, {len(points) - len(todo)} already done")
    failed = finished = 0

    def tell(count, point, row):
        nonlocal failed, finished
        finished = count
        failed += row["error"] is not None
        said = row["error"] or f"test error {row['test_error_percent']:.2f} %"
        varied = " ".join(f"{name}={point.options[name]}" for name in _names(options.vary))
        print(f"{count}/{len(todo)} {varied}: {said}", file=sys.stderr, flush=True)

    try:
        if todo:
            with connected(options.scheduler, options.workers) as client:
                results.make()
                if not client.scheduler_info()["workers"]:
                    common.tell(f"{client.scheduler.address} has no workers yet: waiting for one")
                sweep(client, todo, results, tell)
    except KeyboardInterrupt:
        common.tell(f"interrupted after {finished} of {len(todo)} points: type the same command to do the rest")
        return common.INTERRUPTED
    print(f"{len(points) - failed} of {len(points)} points in {options.folder}")
    return 1 if failed else 0


def _combinations(options):
    """Return the options of every point, ready for JSON."""
    parser = _OptionParser(prog="--vary", add_help=False)
    chip_options.add_simulation_options(parser)
    dests = {action.dest: action.option_strings[0] for action in parser._actions}
    fixed = {dest: getattr(options, dest) for dest in dests}
    varied = {}
    for text in options.vary:
        name, _, values = text.partition("=")
        dest = name.replace("-", "_")
        if dest not in dests or not values:
            raise DataError(
                f"--vary {text}: expected OPTION=VALUES for one of the options {', '.join(map(_typed, dests))}"
            )
        if dest in varied:
            raise DataError(f"--vary {text}: {name} is varied twice")
        varied[dest] = [getattr(parser.parse_args([f"{dests[dest]}={value}"]), dest) for value in _values(text, values)]
    chosen = [{**fixed, **each} for each in grid(varied, options.random, options.draw_seed)]
    models = [with_bits(energy_model(each["physics"], each["model"]), each["bits"]) for each in chosen]
    return [{**each, **_texts(each), "model": model} for each, model in zip(chosen, models, strict=True)]


def _texts(point):
    """Return the sizes of a point as typed, or None."""
    return {name: point[name] and layers_text(point[name]) for name in ("layers", "hidden")}


class _OptionParser(argparse.ArgumentParser):
    """Reports an invalid value as an error of the command."""

    def error(self, message):
        raise DataError(f"--vary: {message}")


def _values(text, values):
    """Return the values in a text such as "1,2,5" or "0..9", or a mixture of both."""
    found = []
    for part in values.split(","):
        match = re.fullmatch(r"(\d{1,10})\.\.(\d{1,10})", part)
        first, last = (int(match[1]), int(match[2])) if match else (0, 0)
        if not part or (match and not 0 <= last - first < _MOST):
            raise DataError(f"--vary {text}: expected a value or range, got {part or 'nothing'!r}")
        found += map(str, range(first, last + 1)) if match else [part]
    return found


def _typed(dest):
    return dest.replace("_", "-")


def _names(vary):
    return [text.partition("=")[0].replace("-", "_") for text in vary]


def _cell(value):
    """Return an option's value for a table; "" if it was not set."""
    return "" if value is None else " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _show(options):
    """Print a table of the combinations, best first, and the failed points."""
    rows = Results(options.folder).rows()
    if not rows:
        raise DataError(f"{options.folder}: holds no results")
    parser = argparse.ArgumentParser(add_help=False)
    chip_options.add_simulation_options(parser)
    dests = [action.dest for action in parser._actions]
    found = ranked(rows, dests)
    differing = [d for d in dests if d != "seed" and len({_cell(each["options"][d]) for each in found}) > 1]
    print("| " + " | ".join(["test error %", "spread", "seeds", *map(_typed, differing)]) + " |")
    print("|---:|---:|---:|" + "---|" * len(differing))
    for each in found[: options.top]:
        spread = "" if each["spread"] is None else f"{each['spread']:.2f}"
        cells = [f"{each['mean']:.2f}", spread, str(each["seeds"]), *(_cell(each["options"][d]) for d in differing)]
        print("| " + " | ".join(cells) + " |")
    failed = [row for row in rows if row["error"] is not None]
    for row in failed:
        common.tell(f"{row['key']} failed: {row['error']}")
    common.write_json(options.json, {"ranked": found, "rows": rows, "failed": len(failed)})
