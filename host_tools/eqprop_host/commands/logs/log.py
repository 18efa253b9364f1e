"""Look into logs: info, verify, export, merge, replay."""

import shutil
import textwrap
from pathlib import Path

from ...errors import LogError
from ...replacing import check_replaceable
from ...runlog import many, open_runs
from ...runlog.export import export, export_table
from ...runlog.replay import model_at
from ...runlog.schema import TABLES
from ...terminal.printing import printable
from .. import options as common


def add_options(parser):
    """Add the options of `eqprop log`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, function, text in (
        ("info", _info, "summarise a log, or a dataset of many runs"),
        ("verify", _verify, "check checksums, gaps, duplicates, and that samples reproduce conductances"),
        ("export", _export, "write a log in another format, by its suffix"),
        ("merge", _merge, "add the logs of many boards to one .parquet dataset"),
        ("replay", _replay, "restore the exact network after any training step"),
    ):
        action = actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        action.set_defaults(action=function)
        _ARGUMENTS[name](action.add_argument, action)


_HERE = "this process"


def _info_options(add, parser):
    add("log", type=Path, help=".arrow, .jsonl, .csv, .npz or .parquet")
    common.add_run(parser)
    common.add_scheduler(parser, _HERE)
    common.add_json(parser, "write the summary as JSON, a list of runs")


def _verify_options(add, parser):
    add("log", type=Path, nargs="+", help=".arrow, .jsonl, .csv, .npz or .parquet")
    common.add_run(parser)
    common.add_scheduler(parser, _HERE)


def _export_options(add, _):
    add("log", type=Path, help="a log of any format")
    add("to", type=Path, metavar="PATH", help=".arrow, .jsonl, .parquet, .csv or .npz; nothing is overwritten")
    add("--repair", action="store_true", help="copy the intact records of a damaged log")
    text = "write only this table, for other tools: a .csv or .parquet file that is not a log"
    add("--table", choices=TABLES, metavar="TABLE", help=f"{text}; {', '.join(TABLES)}")


def _merge_options(add, parser):
    add("log", type=Path, nargs="+", help="logs of any format")
    add("--to", type=Path, required=True, metavar="PATH", help="a .parquet dataset, new or existing")
    common.add_scheduler(parser, _HERE)


def _replay_options(add, parser):
    add("log", type=Path, help="a log of any format")
    common.add_run(parser)
    add("--at", type=common.whole(0, 2**30 - 1), metavar="SAMPLE", help="training samples learnt (default: all)")
    add("--save", type=common.model, metavar="PATH", help="save the network, .npz, for evaluate, infer or push")


_ARGUMENTS = {
    "info": _info_options,
    "verify": _verify_options,
    "export": _export_options,
    "merge": _merge_options,
    "replay": _replay_options,
}


def run(options):
    """Run the chosen action."""
    return options.action(options)


def _tell_dropped(log):
    for span in log.dropped:
        common.tell(f"{log.path}: bytes {span.start} to {span.end} are not an intact record, left out")


def _info(options):
    found = []
    for each in many.summaries(many.runs_in([options.log], options.run_id), options.scheduler):
        print("\n".join(_lines(each)))
        if options.json:
            found.append(each)
    common.write_json(options.json, {"runs": found})


def _lines(run):
    """Yield lines that describe a run and its results, none wider than the terminal."""
    yield from _wrapped(f"{run['path']}: ", f"run {run['run_id']} on {run['board']}", "  ")
    about = f"{run['layers']}, data {run['data']}, seed {run['seed']}, eqprop {run['version']}"
    facts = [("network", about)]
    if run["class_names"]:
        facts.append(("classes", ", ".join(map(printable, run["class_names"]))))
    if run["test_rmse"] is not None:
        rmse, best = run["test_rmse"], run["best_test_rmse"]
        share = "" if run["test_r2"] is None else f", R² {run['test_r2']:.3f}"
        facts.append(("test RMSE", f"{rmse:.4g}{share} after {run['epochs']} epochs, best {best:.4g}"))
    elif run["epochs"]:
        error, best = run["test_error_percent"], run["best_test_error_percent"]
        facts.append(("test error", f"{error:.2f} % after {run['epochs']} epochs, best {best:.2f} %"))
    learnt = f"{run['training_samples']:,} samples, {run['steps_logged']:,} of their steps can be replayed"
    rows = ", ".join(f"{table} {count}" for table, count in run["rows"].items() if count)
    facts += [
        ("learnt", learnt),
        ("conductances", f"logged {run['conductances_logged']} times, {run['siemens_per_step']:g} S a step"),
        ("rows", rows),
        ("events", _events_text(run["events"])),
        ("end", run["end"] or "none: the run is still going, or was killed"),
    ]
    if run["dropped_bytes"]:
        facts.append(("dropped", f"{run['dropped_bytes']} bytes that are not an intact record"))
    for name, text in facts:
        yield from _wrapped(f"  {name:<13}", text, 15 * " ")


def _wrapped(head, text, indent):
    """Return `head` and `text` as lines, wrapped to the terminal's width except for longer words."""
    width = shutil.get_terminal_size().columns
    return textwrap.wrap(text, width, initial_indent=head, subsequent_indent=indent, break_long_words=False)


def _events_text(events):
    """Return events as "reset at sample 3", many as "reset 12 times, first at sample 3, last at 900"."""
    kinds: dict = {}
    for event in events:
        kind, _, sample = event.partition(" at sample ")
        kinds.setdefault(kind, []).append(sample)
    return "; ".join(_often(kind, samples) for kind, samples in kinds.items()) or "none"


def _often(kind, samples):
    if len(samples) <= 3:
        return f"{kind} at sample {', '.join(samples)}"
    return f"{kind} {len(samples)} times, first at sample {samples[0]}, last at {samples[-1]}"


def _verify(options):
    wrong = 0
    places = [(path, place) for path in options.log for place in many.runs_in([path], options.run_id)]
    results = many.verified([place for _, place in places], options.scheduler)
    for (path, _), (found, run, rows, samples) in zip(places, results, strict=True):
        wrong += bool(found)
        of = f", run {run}" if path.suffix == ".parquet" else ""
        for line in found:
            print(f"{path}{of}: {printable(line)}")
        if not found:
            print(f"{path}{of}: intact, {rows} rows, {samples} samples")
    if wrong:
        raise LogError(f"{wrong} of {len(places)} logs are not intact")


def _export(options):
    if options.table:
        log = export_table(options.log, options.to, options.table, options.repair)
        rows = sum(header["rows"] for header in log.headers if header["record"] == options.table)
    else:
        log = export(options.log, options.to, options.repair)
        rows = log.rows
    _tell_dropped(log)
    print(f"{options.to}: {rows} rows")


def _merge(options):
    new = many.merge(options.log, options.to, options.scheduler)
    print(f"{options.to}: {new} new of {len(options.log)} runs")


def _replay(options):
    if options.save:
        check_replaceable(options.save, "network")
    logs = list(open_runs(options.log, options.run_id))
    if options.save and len(logs) > 1:
        raise LogError(f"--save {options.save}: {options.log} holds {len(logs)} runs: choose one with --run")
    for log in logs:
        _tell_dropped(log)
        model = model_at(log, log.sample if options.at is None else options.at)
        if options.save:
            model.save(options.save)
        of = f"run {log.run_id}, " if len(logs) > 1 else ""
        print(f"{of}sample {model.sample}: conductance CRC {model.crc:08x}")
