"""The `eqprop` command."""

import argparse
import contextlib
import csv
import json
import os
import platform
import sys
import time
from pathlib import Path

import numpy as np

import eqprop
from eqprop.bench import LAWS

from . import datasets
from .errors import BoardError, DataError, EqpropError, LogError, PortError
from .files import check_writable, write_whole
from .interrupts import on_ctrl_c
from .model import Model, load, save
from .picture import draw
from .ports import available_ports, open_board
from .progress import show_progress
from .runlog import RunLog, read
from .training import Schedule, default_halve_epochs, error_percent, train

_INTERRUPTED = 130
_DEMO_PORTS = ("sim:", "sim:micropython")


def _whole(low, high):
    """Return an argparse type for a whole number within low..high."""

    def whole(text):
        value = int(text) if text.lstrip("-").isdecimal() else None
        if value is None or not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is no whole number in {low}..{high}")
        return value

    return whole


def _layers(text):
    try:
        return eqprop.parse_layers(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("layers: ")) from error


def _tell(line):
    print(f"eqprop: {line}", file=sys.stderr, flush=True)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message):
        self.exit(2, f"eqprop: {message}\n")


def _parser():
    parser = _Parser(prog="eqprop", description="Train neural networks on a microcontroller, by physics.")
    parser.add_argument("--version", action="version", version=eqprop.__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name, function, text):
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(function=function)
        return sub

    port = {"default": "sim:", "metavar": "URL", "help": "a serial port, any pyserial URL, or sim: (%(default)s)"}
    source = {"default": "digits", "metavar": "SOURCE", "help": "digits, xor, iris, or a .csv, .npz or .npy file"}
    results = {"metavar": "PATH", "type": Path, "help": "write error, CRC, speed and versions, as JSON"}

    sub = command("demo", _demo, "Train the 8x8 digits on a simulated board and draw what it learnt.")
    sub.add_argument(
        "--folder",
        type=Path,
        default=Path("eqprop-demo"),
        metavar="FOLDER",
        help="for log, network and picture (%(default)s)",
    )

    sub = command("train", _train, "Stream a data set to a board, which learns it.")
    sub.add_argument("--port", **port)
    sub.add_argument("--data", **source)
    sub.add_argument(
        "--layers", type=_layers, metavar="SIZES", default=(64, 32, 10), help="sizes, inputs first (64-32-10)"
    )
    sub.add_argument(
        "--epochs", type=_whole(1, 100000), metavar="N", default=10, help="passes over the data (%(default)s)"
    )
    sub.add_argument("--limit", type=_whole(1, 2**30 - 1), metavar="N", help="most training samples in all")
    sub.add_argument(
        "--seed", type=_whole(0, 2**32 - 1), metavar="N", default=0, help="of split, order, conductances (%(default)s)"
    )
    sub.add_argument(
        "--halve-epochs",
        type=_whole(0, 100000),
        metavar="N",
        help="epochs to each halving of the learning rate (2/5 of all; 0: never)",
    )
    sub.add_argument("--json", **results)
    sub.add_argument("--log", type=Path, metavar="PATH", help="log metrics and conductances, .jsonl")
    sub.add_argument(
        "--log-every", type=_whole(1, 2**30 - 1), metavar="N", help="samples between logged conductances (an epoch)"
    )
    sub.add_argument("--save", type=Path, metavar="PATH", help="save the trained network")
    sub.add_argument("--picture", type=Path, metavar="PATH", help="draw what was learnt, from the log, .png")

    sub = command("evaluate", _evaluate, "Put a saved network on a board and measure its error on a data set.")
    sub.add_argument("model", type=Path, help="written by train --save")
    sub.add_argument("--port", **port)
    sub.add_argument(
        "--data", **{**source, "default": None, "help": "a data set (the test samples it was trained with)"}
    )
    sub.add_argument("--json", **results)

    sub = command(
        "infer", _infer, "Put a saved network on a board and print the class of each row of features, as CSV."
    )
    sub.add_argument("model", type=Path, help="written by train --save")
    sub.add_argument("features", help="rows of features alone, or with labels behind: .csv, .npy or .npz")
    sub.add_argument("--port", **port)

    sub = command("bench", _bench, "Measure how fast a board learns and infers, and what fits its heap.")
    sub.add_argument("--port", **port)
    sub.add_argument(
        "--layers", type=_layers, metavar="SIZES", default=(64, 32, 10), help="sizes, inputs first (64-32-10)"
    )
    sub.add_argument(
        "--samples", type=_whole(1, 65535), metavar="N", default=100, help="to take the mean of (%(default)s)"
    )
    sub.add_argument("--json", **results)

    sub = command("ports", _ports, "List the ports where a board may be.")
    return parser


def _write_json(path, results):
    if path:
        versions = {"eqprop": eqprop.__version__, "python": platform.python_version(), "numpy": np.__version__}
        text = json.dumps({**results, "version": eqprop.__version__, "versions": versions}, indent=2)
        write_whole(path, text.encode() + b"\n")


def _train(options):
    results = _run(options)
    print(f"test error {results['test_error_percent']:.2f} %, conductance CRC {results['conductance_crc']}")
    return _INTERRUPTED if results["interrupted"] else 0


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


def _run(options):
    """Train as the options of `eqprop train` say, write what they name, and return what `--json` holds."""
    dataset = datasets.load(options.data)
    datasets.check_layers(options.layers, dataset)
    data = datasets.prepare(dataset, options.seed)
    halve_epochs = default_halve_epochs(options.epochs) if options.halve_epochs is None else options.halve_epochs
    schedule = Schedule(options.epochs, options.seed, halve_epochs, options.limit)
    halve_every = halve_epochs * len(data.train_y)
    if halve_every >= 2**31:
        raise DataError(f"--halve-epochs {halve_epochs}: {halve_every} samples are too many to count")
    layers = "-".join(str(n) for n in options.layers)
    if options.picture and not options.log:
        raise DataError(f"--picture {options.picture}: draws from a log, so --log is needed too")
    _check_places(options)
    with contextlib.ExitStack() as stack:
        interrupt = stack.enter_context(on_ctrl_c())
        log = None
        if options.log:
            about = {"layers": layers, "seed": options.seed, "epochs": options.epochs, "data": options.data}
            log = stack.enter_context(
                RunLog(options.log, {**about, "port": options.port, "version": eqprop.__version__})
            )
        board = stack.enter_context(open_board(options.port, _tell))
        board.configure(options.layers, options.seed, halve_every)
        if log:
            log.event("connect", board=board.identity)
        with show_progress(schedule.samples(len(data.train_y))) as reporter:
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
        "port": options.port,
        "board": identity,
        "interrupted": outcome.interrupted,
    }
    _write_json(options.json, results)
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


def _demo(options):
    """Run the commands that a newcomer would type next, and say which."""
    try:
        options.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LogError(f"{options.folder}: cannot be made: {error.strerror}") from error
    stem = options.folder / time.strftime("%Y%m%d-%H%M%S")
    files = [f"--log={stem}.jsonl", f"--save={stem}.npz", f"--picture={stem}.png"]
    results = _shown(["train", "--port=sim:", "--data=digits", "--layers=64-32-10", "--epochs=10", "--seed=0", *files])
    if results["interrupted"]:
        return _INTERRUPTED
    print(f"test error      {results['test_error_percent']:.2f} %")
    for kind, suffix in (("log", "jsonl"), ("network", "npz"), ("picture", "png")):
        print(f"{kind:<16}{stem}.{suffix}")
    crcs = set()
    for port in _DEMO_PORTS:
        try:
            results = _shown(["train", f"--port={port}", "--limit=200"])
        except PortError as error:  # no such interpreter to be had here
            print(f"{port:<16}left out: {error}")
        else:
            if results["interrupted"]:
                return _INTERRUPTED
            crcs.add(results["conductance_crc"])
            print(f"{port:<16}conductance CRC {results['conductance_crc']} after 200 samples")
    if len(crcs) > 1:
        raise BoardError("the boards' conductances differ")
    return 0


def _shown(argv):
    print("$ eqprop", *argv, file=sys.stderr)
    return _run(_parser().parse_args(argv))


def _put(board, model):
    """Put a saved network on a board. Raises BoardError when what it holds then is another."""
    board.configure(model.layers, model.seed, model.halve_every)
    crc = board.restore(model.conductances, model.sample).crc
    if crc != model.crc:
        raise BoardError(f"the board's conductances have CRC {crc:08x}, the saved network's {model.crc:08x}")


def _evaluate(options):
    model = load(options.model)
    if options.json:
        check_writable(options.json)
    scaling = datasets.Scaling.from_dict(model.scaling)
    dataset = datasets.load(options.data or model.data)
    datasets.check_layers(model.layers, dataset)
    x, y = scaling.quantise(dataset.features), dataset.labels
    if options.data is None:
        chosen = datasets.split(dataset, model.seed)[1]
        x, y = x[chosen], y[chosen]
    with open_board(options.port, _tell) as board:
        _put(board, model)
        error = error_percent(board, x, y)
    print(f"test error {error:.2f} % of {len(y)} samples")
    layers = "-".join(str(n) for n in model.layers)
    results = {"test_error_percent": error, "test_samples": len(y), "layers": layers, "seed": model.seed}
    _write_json(options.json, {**results, "conductance_crc": f"{model.crc:08x}"})


def _infer(options):
    model = load(options.model)
    features = datasets.load_features(options.features, model.layers[0])
    with open_board(options.port, _tell) as board:
        _put(board, model)
        classes, outputs = board.infer(datasets.Scaling.from_dict(model.scaling).quantise(features))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["class", *(f"output_{k}" for k in range(model.layers[-1]))])
    writer.writerows([c, *v] for c, v in zip(classes.tolist(), outputs.tolist(), strict=True))


def _bench(options):
    if options.json:
        check_writable(options.json)
    with open_board(options.port, _tell) as board:
        measures = board.bench(options.layers, options.samples)
        identity = board.identity
    layers = "-".join(str(n) for n in options.layers)
    unit = measures.unit
    rows = [("training sample", measures.learn), ("inference", measures.infer), *zip(LAWS, measures.laws, strict=True)]
    print(f"{layers} on {identity}, tier {measures.tier}\n")
    print(f"| mean of {options.samples} | {unit} |\n|---|---:|")
    for name, ticks in rows:
        print(f"| {name} | {ticks:,} |")
    widest = f"{options.layers[0]}-{measures.widest}-{options.layers[-1]}" if measures.widest else "no limit"
    print(f"\nheap: {measures.heap_bytes:,} bytes; widest network that fits: {widest}")
    results = {
        f"train_{unit}": measures.learn,
        f"infer_{unit}": measures.infer,
        **{f"{law}_{unit}": ticks for law, ticks in zip(LAWS, measures.laws, strict=True)},
        "heap_bytes": measures.heap_bytes,
        "widest_hidden_layer": measures.widest,
        "tier": measures.tier,
        "layers": layers,
        "samples": options.samples,
        "board": identity,
    }
    if unit == "us" and measures.learn:
        results["training_samples_per_second"] = 1e6 / measures.learn
    _write_json(options.json, results)


def _ports(_options):
    for url, text in available_ports():
        print(f"{url:<24}{text}")


def main(argv=None):
    """Run the command; return its exit code: 0, 1 after one line about an error, 2 for wrong usage, 130 for Ctrl-C."""
    options = _parser().parse_args(argv)
    try:
        return options.function(options) or 0
    except EqpropError as error:
        _tell(error)
        return 1
    except BrokenPipeError:  # whoever read our output has had enough, and so must the interpreter's own last flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
