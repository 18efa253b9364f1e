"""Stream a data set to a board, which learns it."""

import argparse
import contextlib
import gc
import sys
from functools import partial
from pathlib import Path

import numpy as np

import eqprop

from ...boards import description
from ...boards.ports import open_board
from ...datasets.splitting import TEST_FRACTION
from ...errors import DataError, LogError
from ...model import Model, check_sent, save
from ...places import check_there, found, place_of
from ...replacing import check_replaceable
from ...terminal.interrupts import on_ctrl_c
from ...terminal.progress import show_progress
from ...training import scores
from ...training.loop import Schedule, configuration, default_lr_halving_epochs, next_stop, train
from .. import options as common
from .preparing import add_split_options, prepared

_BUDGET_PERCENT = 10.0
_COUNT = common.whole(1, 2**30 - 1)

_SPLIT = ("test", "test_fraction")
_OWN = ("layers", "data", *common.READING, *_SPLIT, "epochs", "limit", "seed", "lr_halving_epochs", "log_every")
"""Options that make a run what it is."""

_FREE = ("port", "json", "save", "picture", "log_budget", "tensorboard")
"""Those that may change when it is resumed."""


def add_options(parser):
    """Add the options of `eqprop train`."""
    common.add_port(parser)
    add_learning_options(parser)
    add_file_options(parser)
    text = "resume the run of this log, with its options"
    parser.add_argument("--resume", type=Path, metavar="LOG", help=text)


def add_learning_options(parser):
    """Add what decides what is learnt, on a board or anywhere else."""
    add = parser.add_argument
    common.add_data(parser)
    add_split_options(parser)
    common.add_layers(parser)
    common.add_epochs(parser)
    add("--limit", type=_COUNT, metavar="N", help="stop after N training samples")
    text = "seed for the split, the sample order and the initial conductances (default: %(default)s)"
    add("--seed", type=common.whole(0, 2**32 - 1), metavar="N", default=0, help=text)
    text = "halve the learning rate after every N epochs (default: 2/5 of all; 0: never)"
    add("--lr-halving-epochs", type=common.whole(0, 100000), metavar="N", help=text)


def add_file_options(parser):
    """Add what may be written about a run."""
    add = parser.add_argument
    common.add_json(parser)
    add("--log", type=Path, metavar="PATH", help="log metrics and every step's conductances: .arrow, .jsonl")
    add(
        "--log-every",
        type=_COUNT,
        metavar="N",
        help="training samples between two logged sets of conductances (default: an epoch)",
    )
    text = "share of the line for reading conductances of a crossbar that is not emulated (default: %(default)g %%)"
    add("--log-budget", type=common.percent, metavar="PERCENT", default=_BUDGET_PERCENT, help=text)
    add("--tensorboard", type=Path, metavar="FOLDER", help="also write the log as TensorBoard event files")
    add("--save", type=common.model, metavar="PATH", help="save the trained network, .npz")
    add("--picture", type=common.picture, metavar="PATH", help="draw the run from its log, .png")


def run(options):
    """Train, write what was asked for, and print the error and the CRC."""
    return tell_results(train_on_port(options))


def train_on_port(options):
    """Train on the board at `--port`, or go on with the run of `--resume`; otherwise as `train_network`."""
    before = None
    if options.resume:
        from ...runlog import open_log

        before = open_log(options.resume)
        options = _resumed(options, before)
    opened = partial(open_board, options.port, common.tell)
    return train_network(options, {"port": options.port}, opened, resumable=True, before=before)


def tell_results(results):
    """Print what `train_network` came to, and return the exit code: scores for people, then a line for programs."""
    if results["confusion"]:
        for line in scores.table(np.array(results["confusion"]), results["class_names"]):
            print(line, file=sys.stderr)
    if results["interrupted"]:
        common.tell(f"interrupted after {results['training_samples']:,} samples")
    print(f"test error {results['test_error_percent']:.2f} %, conductance CRC {results['conductance_crc']}")
    return common.INTERRUPTED if results["interrupted"] else 0


def _typed(options):
    """Return the options that make the run what it is, as they may be typed: for its log."""
    values = {**vars(options), "layers": common.layers_text(options.layers)}
    return [f"--{name.replace('_', '-')}={values[name]}" for name in _OWN if values[name] is not None]


def _resumed(options, log):
    """Return the options of the run of `log`; its port and its files are only those that were typed now."""
    if "physics" in log.configuration:
        raise DataError(f"{log.path}: is of `eqprop simulate`: only runs on a board can be resumed")
    parser = argparse.ArgumentParser(exit_on_error=False, add_help=False)
    add_options(parser)
    try:
        kept, others = parser.parse_known_args(list(map(str, log.configuration["options"])))
    except (KeyError, TypeError, argparse.ArgumentError) as error:
        raise DataError(f"{log.path}: is of a run that cannot be resumed: it keeps no options of it") from error
    others += [name for name in _FREE if getattr(kept, name) != parser.get_default(name)]
    if others:
        raise DataError(f"{log.path}: its run cannot be resumed here: this eqprop has no option {others[0]} for it")
    kept.log = kept.resume = options.resume
    _move_data(kept, log)
    parser.set_defaults(**dict.fromkeys((*_OWN, *_FREE, "log")))  # None stands for what was not typed
    typed = parser.parse_args(options.words)
    if typed.hidden == kept.layers[1:-1]:
        typed.hidden = None
    for name in (*_OWN, "hidden", *_FREE, "log"):
        value = getattr(typed, name)
        if value is None or value == getattr(kept, name):
            continue
        if name not in _FREE:
            shown = common.layers_text(value) if name in ("layers", "hidden") else value
            raise DataError(f"--{name.replace('_', '-')} {shown}: a resumed run keeps its own")
        setattr(kept, name, value)
    if typed.port is None and log.configuration.get("port", kept.port) != kept.port:
        port = log.configuration["port"]
        raise DataError(f"{log.path}: the run was on port {port}: add --port {port} to resume it there")
    return kept


def _move_data(options, log):
    """Name the data sets of a run by where they lie from here. Raises DataError for one that is missing."""
    for name in ("data", "test"):
        source, place = getattr(options, name), log.configuration.get(f"{name}_place")
        if source and place:
            setattr(options, name, found(source, place, log.path))
            check_there(getattr(options, name), place, log.path)


def _configuration(options, place, data, configured, siemens_per_step):
    """Return all that a run depends on, as its log keeps it."""
    return {
        "layers": common.layers_text(options.layers),
        "seed": options.seed,
        "epochs": options.epochs,
        "limit": options.limit,
        "lr_halving_samples": configured["lr_halving_samples"],
        "run_number": configured["run_number"],
        "data": options.data,
        "reading": common.reading(options).to_dict(),
        "scaling": data.scaling.to_dict(),
        "recipe": data.recipe,
        "classes": data.classes,
        "class_names": data.class_names,
        "feature_names": data.feature_names,
        "test": options.test,
        "test_fraction": options.test_fraction,
        **_data_places(options, options.log),
        "training_samples": len(data.train_y),
        "test_samples": len(data.test_y),
        "log_every": options.log_every,
        **({"siemens_per_step": siemens_per_step} if siemens_per_step else {}),
        **place,
        "version": eqprop.__version__,
        "versions": common.versions(),
    }


def _data_places(options, beside):
    """Return where the files of the data lie from the folder of `beside`."""
    if not beside:
        return {}
    places = {f"{name}_place": place_of(getattr(options, name) or "", beside) for name in ("data", "test")}
    return {name: place for name, place in places.items() if place}


@contextlib.contextmanager
def _recorder(options, about, data, before):
    """Yield what writes the log, a new one or the one to go on with; None where none is asked for."""
    if not options.log:
        yield None
        return
    # Here, as a run without a log needs none of what they need
    from ...runlog import RunLog
    from ...training.recorder import Recorder
    from ...training.tensorboard import TensorBoard

    with contextlib.ExitStack() as stack:
        log = stack.enter_context(RunLog.reopen(options.log) if before else RunLog(options.log, about))
        sink = None
        if options.tensorboard:
            sink = stack.enter_context(contextlib.closing(TensorBoard(options.tensorboard)))
        yield stack.enter_context(contextlib.closing(Recorder(log, data, options.log_budget, sink)))


def _check_places(options):
    """Raise unless every file that is asked for can be written, and none would take another's place."""
    taken = {Path(options.data).resolve(): "--data"}
    if options.test:
        taken[Path(options.test).resolve()] = "--test"
    kinds = {"json": "results", "log": None, "save": "network", "picture": "picture"}
    for name, kind in kinds.items():
        path = getattr(options, name)
        if not path:
            continue
        if other := taken.get(path.resolve()):
            raise LogError(f"--{name} {path}: is the file of {other} too")
        taken[path.resolve()] = f"--{name}"
        if kind:  # a log checks itself, as it overwrites nothing
            check_replaceable(path, kind)
    if options.picture:
        import matplotlib.figure  # noqa: F401 (which is not to be missed once all is learnt)


def train_network(
    options,
    place,
    opened,
    shown=show_progress,
    finish=lambda data, results: {},
    resumable=False,
    before=None,
    siemens_per_step=None,
    say=common.tell,
):
    """Train as the options say, write what they name, and return what `--json` holds.

    place: dict that says where, for log and results. opened: returns the context of a `Board` or of its like. shown:
    `progress.show_progress` or its like. finish: given the data and the results, returns what else belongs to these.
    resumable: whether the log is to be one that can be resumed. before: the log, as `open_log` gives it, of the run to
    go on with. siemens_per_step: the scale of a chip's conductances. say: called with each line for the user.
    """
    task = prepared(options)
    data = task.data
    options = argparse.Namespace(**{**vars(options), "layers": task.layers, "hidden": None})
    lr_halving_epochs = (
        default_lr_halving_epochs(options.epochs) if options.lr_halving_epochs is None else options.lr_halving_epochs
    )
    schedule = Schedule(options.epochs, options.seed, lr_halving_epochs, options.limit)
    lr_halving_samples = lr_halving_epochs * len(data.train_y)
    if lr_halving_samples >= 2**31:
        raise DataError(f"--lr-halving-epochs {lr_halving_epochs}: {lr_halving_samples} samples are too many to count")
    count = len(data.train_y)
    total = schedule.samples(count)
    configured = configuration(options.layers, options.seed, lr_halving_samples, data)
    for name in ("picture", "tensorboard"):
        if (path := getattr(options, name)) and not options.log:
            raise DataError(f"--{name} {path}: draws from a log, so --log is needed too")
    _check_places(options)
    with contextlib.ExitStack() as stack:
        about = _configuration(options, place, data, configured, siemens_per_step)
        about.update({"options": _typed(options)} if resumable else {})
        log = stack.enter_context(_recorder(options, about, data, before))
        board = stack.enter_context(opened())
        for line in task.lines:
            say(line)
        if before:
            from ...training.recorder import gave_up

            # A run stops to be logged, each epoch at least, then goes on: so far it can have come
            every = (None if gave_up(before) else options.log_every) or count
            board.resume(**configured, furthest=next_stop(before.sample, total, count, every))
            common.tell(f"the board goes on with sample {board.state.sample}")
        else:
            board.configure(**configured)
        description.keep(board, data.scaling.to_dict(), data.recipe, data.feature_names, data.class_names, say)
        gc.collect()
        gc.freeze()  # what is there now is no garbage: looking through it again and again takes the board's time
        stack.callback(gc.unfreeze)
        interrupt = stack.enter_context(on_ctrl_c())  # a board that is greeted or builds its network need not end
        with shown(total) as reporter:
            outcome = train(board, data, schedule, interrupt, reporter, log, options.log_every, bool(options.save))
        if log:
            log.finish("interrupted" if outcome.interrupted else "closed")
        if options.save:
            model = _model(board.state, outcome, options, data)
            check_sent(model, outcome.crc)
            save(options.save, model)
        identity, state = board.identity, board.state
    if options.picture:
        from ...report.picture import draw
        from ...runlog import open_log

        draw(options.picture, open_log(options.log))
    for reason in sorted({restart.reason for restart in board.restarts if "memory: " in restart.reason}):
        common.tell(reason)
    if state.failed:
        words = f"the board could not write {state.failed} of its checkpoints: its filesystem is full or fails"
        free = state.free_heap
        common.tell(words + (f", or its heap is too small: {free} bytes are free" if free is not None else ""))
    results = _results(options, outcome, data, place, identity)
    results.update(finish(data, results))
    common.write_json(options.json, results)
    return results


def _results(options, outcome, data, place, identity):
    labels = scores.class_labels(data.class_names, data.classes)
    counts = outcome.confusion
    empty = {"accuracy_percent": None, "class_names": labels, "recall_percent": None, "confusion": None}
    return {
        "test_error_percent": outcome.test_error_percent,
        "train_error_percent": outcome.train_error_percent,
        "conductance_crc": f"{outcome.crc:08x}",
        "training_samples": outcome.samples,
        "training_samples_per_second": outcome.learnt / outcome.seconds if outcome.learnt else None,
        "seconds": outcome.seconds,
        "line_bytes": outcome.line_bytes,
        "sample_bytes": outcome.sample_bytes,
        "epochs": options.epochs,
        "layers": common.layers_text(options.layers),
        "seed": options.seed,
        "data": options.data,
        "test": options.test,
        "test_fraction": options.test_fraction,
        "test_samples": len(data.test_y),
        **(empty if counts is None else scores.summary(counts, labels)),
        **place,
        "board": identity,
        "interrupted": outcome.interrupted,
    }


def _model(state, outcome, options, data):
    return Model(
        layers=state.layers,
        seed=state.seed,
        lr_halving_samples=state.lr_halving_samples,
        sample=outcome.samples,
        conductances=outcome.conductances,
        scaling=data.scaling.to_dict(),
        data=options.data,
        reading=common.reading(options).to_dict(),
        classes=data.classes,
        version=eqprop.__version__,
        run_number=state.run_number,
        recipe=data.recipe,
        feature_names=data.feature_names,
        class_names=data.class_names,
        test=options.test or "",
        test_fraction=options.test_fraction or TEST_FRACTION,
    )
