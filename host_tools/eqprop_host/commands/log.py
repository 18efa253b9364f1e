"""Look into logs: info, verify, export, merge, replay."""

from pathlib import Path

from ..errors import LogError
from ..files import check_writable
from ..model import save
from ..runlog import open_log
from ..runlog.export import export, merge
from ..runlog.replay import model_at
from ..runlog.summary import summaries
from ..runlog.verify import verify
from . import options as common


def add_options(parser):
    """Add what may be typed behind `eqprop log`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, function, text in (
        ("info", _info, "say what a log holds, or a dataset of many"),
        ("verify", _verify, "check checksums, gaps, duplicates, and that samples make conductances"),
        ("export", _export, "write a log in another format, by its suffix"),
        ("merge", _merge, "add the logs of many boards to one .parquet dataset"),
        ("replay", _replay, "restore the exact network after any training step"),
    ):
        action = actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        action.set_defaults(action=function)
        _ARGUMENTS[name](action.add_argument, action)


def _info_options(add, parser):
    add("log", type=Path, help=".arrow, .jsonl, .csv, .npz or .parquet")
    common.add_json(parser, "write it as JSON, a list of runs")


def _verify_options(add, _):
    add("log", type=Path, nargs="+", help=".arrow, .jsonl, .csv, .npz or .parquet of one run")


def _export_options(add, _):
    add("log", type=Path, help="what to read")
    add("to", type=Path, metavar="PATH", help=".arrow, .jsonl, .parquet, .csv or .npz; nothing is overwritten")
    add("--repair", action="store_true", help="copy what is sound of a damaged log")


def _merge_options(add, _):
    add("log", type=Path, nargs="+", help="logs of any format")
    add("--to", type=Path, required=True, metavar="PATH", help="a .parquet dataset, new or to add to")


def _replay_options(add, _):
    add("log", type=Path, help="a log of any format")
    add("--at", type=common.whole(0, 2**30 - 1), metavar="SAMPLE", help="training samples learnt (all)")
    add("--save", type=Path, metavar="PATH", help="save the network, for evaluate, infer or push")


_ARGUMENTS = {
    "info": _info_options,
    "verify": _verify_options,
    "export": _export_options,
    "merge": _merge_options,
    "replay": _replay_options,
}


def run(options):
    """Do what was asked for."""
    return options.action(options)


def _tell_dropped(log):
    for span in log.dropped:
        common.tell(f"{log.path}: bytes {span.start} to {span.end} are no sound record, left out")


def _info(options):
    if options.json:
        check_writable(options.json)
    found = []
    for each in summaries(options.log):
        print("\n".join(_lines(each)))
        if options.json:
            found.append(each)
    common.write_json(options.json, {"runs": found})


def _lines(run):
    """Yield what is printed of a run's summary."""
    yield f"{run['path']}: run {run['run']} on {run['board']}"
    yield f"  network      {run['layers']}, data {run['data']}, seed {run['seed']}, eqprop {run['version']}"
    if run["epochs"]:
        error, best = run["test_error_percent"], run["best_test_error_percent"]
        yield f"  test error   {error:.2f} % after {run['epochs']} epochs, best {best:.2f} %"
    yield f"  learnt       {run['training_samples']:,} samples, {run['steps_logged']:,} of their steps can be replayed"
    yield f"  conductances logged {run['conductances_logged']} times, {run['siemens_per_step']:g} S a step"
    yield f"  rows         {', '.join(f'{table} {count}' for table, count in run['rows'].items() if count)}"
    yield f"  events       {', '.join(run['events']) or 'none'}"
    yield f"  end          {run['end'] or 'none: it goes on, or was killed'}"
    if run["dropped_bytes"]:
        yield f"  dropped      {run['dropped_bytes']} bytes that are no sound record"


def _verify(options):
    wrong = 0
    for path in options.log:
        log = open_log(path)
        found = verify(path, log)
        wrong += bool(found)
        for line in found:
            print(f"{path}: {line}")
        if not found:
            print(f"{path}: sound, {log.rows} rows, {log.sample} samples")
    if wrong:
        raise LogError(f"{wrong} of {len(options.log)} logs are not sound")


def _export(options):
    log = export(options.log, options.to, options.repair)
    _tell_dropped(log)
    print(f"{options.to}: {log.rows} rows")


def _merge(options):
    new = merge(options.log, options.to)
    print(f"{options.to}: {new} new of {len(options.log)} runs")


def _replay(options):
    if options.save:
        check_writable(options.save)
    log = open_log(options.log)
    _tell_dropped(log)
    model = model_at(log, log.sample if options.at is None else options.at)
    if options.save:
        save(options.save, model)
    print(f"sample {model.sample}: conductance CRC {model.crc:08x}")
