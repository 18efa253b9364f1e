"""Stream a data set to a board, which learns it."""

import contextlib
from pathlib import Path

import eqprop

from .. import datasets
from ..errors import DataError, LogError
from ..files import check_writable
from ..interrupts import on_ctrl_c
from ..model import Model, save
from ..picture import draw
from ..ports import open_board
from ..progress import show_progress
from ..runlog import RunLog, read
from ..training import Schedule, default_halve_epochs, train
from . import options as common

_COUNT = common.whole(1, 2**30 - 1)


def add_options(parser):
    """Add what may be typed behind `eqprop train`."""
    common.add_port(parser)
    add_learning_options(parser)
    add_file_options(parser)


def add_learning_options(parser):
    """Add what decides what is learnt, on a board or anywhere else."""
    add = parser.add_argument
    common.add_data(parser)
    common.add_layers(parser)
    add("--epochs", type=common.whole(1, 100000), metavar="N", default=10, help="passes over the data (%(default)s)")
    add("--limit", type=_COUNT, metavar="N", help="most training samples in all")
    text = "of split, order, conductances (%(default)s)"
    add("--seed", type=common.whole(0, 2**32 - 1), metavar="N", default=0, help=text)
    text = "epochs to each halving of the learning rate (2/5 of all; 0: never)"
    add("--halve-epochs", type=common.whole(0, 100000), metavar="N", help=text)


def add_file_options(parser):
    """Add what may be written about a run."""
    add = parser.add_argument
    common.add_json(parser)
    add("--log", type=Path, metavar="PATH", help="log metrics and conductances, .jsonl")
    add("--log-every", type=_COUNT, metavar="N", help="samples between logged conductances (an epoch)")
    add("--save", type=Path, metavar="PATH", help="save the trained network")
    add("--picture", type=Path, metavar="PATH", help="draw what was learnt, from the log, .png")


def run(options):
    """Train, write what was asked for, and print the error and the CRC."""
    return tell_results(train_on_port(options))


def train_on_port(options):
    """Train on the board at `--port`; otherwise as `train_network`."""
    return train_network(options, {"port": options.port}, lambda: open_board(options.port, common.tell))


def tell_results(results):
    """Print what `train_network` came to in a line, and return the exit code."""
    print(f"test error {results['test_error_percent']:.2f} %, conductance CRC {results['conductance_crc']}")
    return common.INTERRUPTED if results["interrupted"] else 0


def _check_places(options):
    """Raise unless every file that is asked for can be written, and none would take another's place."""
    taken = {Path(options.data).resolve(): "--data"}
    for name in ("json", "log", "save", "picture"):
        path = getattr(options, name)
        if not path:
            continue
        if other := taken.get(path.resolve()):
            raise LogError(f"--{name} {path}: is the file of {other} too")
        taken[path.resolve()] = f"--{name}"
        if name != "log":  # which checks itself, as it overwrites nothing
            check_writable(path)


def train_network(options, place, opened, shown=show_progress, finish=lambda data, results: {}):
    """Train as the options say, write what they name, and return what `--json` holds.

    place: dict that says where, for log and results. opened: returns the context of a `Board` or of its like. shown:
    `progress.show_progress` or its like. finish: given the data and the results, returns what else belongs to these.
    """
    dataset = datasets.load(options.data)
    datasets.check_layers(options.layers, dataset)
    data = datasets.prepare(dataset, options.seed)
    halve_epochs = default_halve_epochs(options.epochs) if options.halve_epochs is None else options.halve_epochs
    schedule = Schedule(options.epochs, options.seed, halve_epochs, options.limit)
    halve_every = halve_epochs * len(data.train_y)
    if halve_every >= 2**31:
        raise DataError(f"--halve-epochs {halve_epochs}: {halve_every} samples are too many to count")
    layers = common.layers_text(options.layers)
    if options.picture and not options.log:
        raise DataError(f"--picture {options.picture}: draws from a log, so --log is needed too")
    _check_places(options)
    with contextlib.ExitStack() as stack:
        interrupt = stack.enter_context(on_ctrl_c())
        log = None
        if options.log:
            about = {"layers": layers, "seed": options.seed, "epochs": options.epochs, "data": options.data}
            log = stack.enter_context(RunLog(options.log, {**about, **place, "version": eqprop.__version__}))
        board = stack.enter_context(opened())
        board.configure(options.layers, options.seed, halve_every)
        if log:
            log.event("connect", board=board.identity)
        with shown(schedule.samples(len(data.train_y))) as reporter:
            outcome = train(board, data, schedule, interrupt, reporter, log, options.log_every)
        if log and outcome.interrupted:
            log.close("interrupted")
        if options.save:
            save(options.save, _model(board, options, data))
        identity = board.identity
    if options.picture:
        draw(options.picture, read(options.log))
    results = {
        "test_error_percent": outcome.test_error_percent,
        "train_error_percent": outcome.train_error_percent,
        "conductance_crc": f"{outcome.crc:08x}",
        "training_samples": outcome.samples,
        "training_samples_per_second": outcome.samples / outcome.seconds if outcome.seconds else 0.0,
        "seconds": outcome.seconds,
        "epochs": options.epochs,
        "layers": layers,
        "seed": options.seed,
        "data": options.data,
        "test_samples": len(data.test_y),
        **place,
        "board": identity,
        "interrupted": outcome.interrupted,
    }
    if dataset.class_names:
        results["class_names"] = dataset.class_names
    results.update(finish(data, results))
    common.write_json(options.json, results)
    return results


def _model(board, options, data):
    state = board.state
    return Model(
        layers=state.layers,
        seed=state.seed,
        halve_every=state.halve_every,
        sample=state.sample,
        conductances=board.conductances(),
        scaling=data.scaling.to_dict(),
        data=options.data,
        classes=data.classes,
        version=eqprop.__version__,
    )
