"""Work on many boards at once, which a file names: deploy, train, pull, status, report, average."""

from pathlib import Path

from ...averaging import average
from ...files import make_folder
from ...fleet import verbs
from ...fleet.at_once import Failed, at_once
from ...fleet.boards_file import read_fleet
from ...model import Model, crc_text
from ...replacing import check_replaceable
from ...terminal.board_lines import board_lines
from ...training.config import layers_text
from .. import options as common

_AVERAGE = "average"


def add_options(parser):
    """Add the options of `eqprop fleet`."""
    parser.add_argument("boards", metavar="BOARDS", type=Path, help="a .toml file that names the boards")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, text in _ACTIONS.items():
        action = actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        text = "only these boards of the file, such as kitchen,attic (default: all)"
        action.add_argument("--only", metavar="NAMES", type=_names, default=(), help=text)
        if name in _ON_BOARDS or name == _AVERAGE:
            text = "boards at a time (default: all)"
            action.add_argument("--jobs", metavar="N", type=common.whole(1, 1000), help=text)
        if name == "pull":
            text = "instead, bring the black boxes of the boards' own programs home"
            action.add_argument("--log", action="store_true", help=text)
        if name == _AVERAGE:
            action.add_argument("--push", action="store_true", help="put the average on the boards, which save it")
        if name == "report":
            text = "the page (default: report.html in the folder of the results)"
            action.add_argument("--html", type=common.named(".html", "a page"), metavar="PATH", help=text)
        common.add_json(action, "write each board's results, as JSON")


_ACTIONS = {
    "deploy": "put eqprop on the boards",
    "train": "train each board on its data; log it and save its network",
    "pull": "save the networks that the boards hold",
    "status": "ask the boards what they are and what they hold",
    "report": "write a page about the boards' runs",
    _AVERAGE: "average the boards' networks, which learnt from the same start",
}
_ON_BOARDS = {"deploy": verbs.deploy, "train": verbs.train, "pull": verbs.pull, "status": verbs.status}


def _names(text):
    return tuple(text.split(","))


def run(options):
    """Do the action; name the boards that failed last, and return 1 if there are any."""
    fleet = read_fleet(options.boards, options.only)
    make_folder(fleet.folder)
    if options.action == "report":
        return _report(options, fleet)
    if options.action == _AVERAGE:
        return _averaged(options, fleet)
    work = verbs.pull_box if options.action == "pull" and options.log else _ON_BOARDS[options.action]
    return _ended(options, _each(options, fleet, work))


def _each(options, fleet, work):
    """Return {name: results} of `work` on each board; print each as it ends."""

    def finish(board, result):
        if not isinstance(result, Failed):
            lines.say(board.name, result["told"])
        return result

    with board_lines([board.name for board in fleet.boards]) as lines:
        return at_once(
            fleet.boards, lambda board, say, moved: work(fleet, board, say, moved), lines, options.jobs, finish
        )


def _ended(options, found, **more):
    """Print what was done, and last the boards that failed; return the exit code."""
    failed = {name: result.reason for name, result in found.items() if isinstance(result, Failed)}
    for name, result in found.items():
        if name not in failed:
            print(f"{name}: {result['told']}")
    boards = {
        name: {"error": failed[name]} if name in failed else {k: v for k, v in result.items() if k != "told"}
        for name, result in found.items()
    }
    common.write_json(options.json, {"boards": boards, "failed": sorted(failed), **more})
    for name, reason in failed.items():
        common.tell(f"{name} failed: {reason}")
    done = f"{len(found) - len(failed)} of {len(found)} boards done"
    common.tell(f"{done}; failed: {', '.join(failed)}" if failed else done)
    return 1 if failed else 0


def _averaged(options, fleet):
    """Average the networks that there are; push the average if asked."""
    path = fleet.network(_AVERAGE)
    check_replaceable(path, "network")
    found: dict = {}
    for board in fleet.boards:
        try:
            found[board.name] = verbs.network_of(fleet, board)
        except verbs.BoardError as error:
            found[board.name] = Failed(str(error))
    before = Model.load(path) if path.exists() and path.stat().st_size else None
    model = average({name: each for name, each in found.items() if not isinstance(each, Failed)}, before)
    model.save(path)
    crc = crc_text(model.crc)
    print(f"{path}: {layers_text(model.layers)} after {model.sample} samples, conductance CRC {crc}")
    if options.push:
        pushed = _each(options, fleet, verbs.push)
        return _ended(options, pushed, conductance_crc=crc)
    told = {
        name: each if isinstance(each, Failed) else {"told": f"{each.sample} samples", "training_samples": each.sample}
        for name, each in found.items()
    }
    return _ended(options, told, conductance_crc=crc)


def _report(options, fleet):
    """Write a page about the runs in the dataset of these boards, and print a line for each board."""
    from ...report import write_page
    from ...runlog import open_runs
    from ...runlog.export import board_of
    from ...runlog.summary import summary

    page = options.html or fleet.folder / "report.html"
    check_replaceable(page, "page")
    runs = {}
    for log in open_runs(fleet.dataset):
        runs.setdefault(board_of(log), []).append(log)
    found: dict = {}
    for board in fleet.boards:
        logs = sorted(runs.get(board.name, []), key=lambda log: next(log.read("run", stop=1))["utc"])
        if not logs:
            found[board.name] = Failed(f"{fleet.dataset}: has no run of it")
            continue
        last = summary(logs[-1])
        error, rmse = last["test_error_percent"], last["test_rmse"]
        tested = "" if error is None else f", test error {error:.2f} %"
        tested = tested if rmse is None else f", test RMSE {rmse:.4g}"
        count = "1 run" if len(logs) == 1 else f"{len(logs)} runs, the last"
        told = f"{count} of {last['training_samples']:,} samples{tested}, end: {last['end']}"
        found[board.name] = {"told": told, "runs": len(logs), "last": last}
    if any(not isinstance(each, Failed) for each in found.values()):
        write_page(page, [log for board in fleet.boards for log in runs.get(board.name, [])])
        print(page)
    return _ended(options, found)
