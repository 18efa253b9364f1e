"""The shared parts of commands: types of options, the common options (one vocabulary), and their JSON output."""

import argparse
import contextlib
import dataclasses
import json
import sys
from pathlib import Path

import eqprop

from .. import datasets
from ..errors import DataError
from ..files import STDOUT, write_whole
from ..replacing import check_replaceable
from ..terminal.printing import printable
from ..training.config import BITS, ENERGY_MODELS, HIDDEN, LOG_BUDGET_RANGE, RANGES, RunConfig, layers_text
from ..versions import versions

INTERRUPTED = 130
"""The exit code after Ctrl-C."""


def tell(line):
    """Print a line about the command's progress, for the user and not for programs."""
    print(f"eqprop: {printable(line)}", file=sys.stderr, flush=True)


def add_run(parser):
    """Add the option that chooses a run of a dataset."""
    parser.add_argument("--run", dest="run_id", metavar="ID", help="one run of a .parquet dataset (default: all)")


def whole(low, high):
    """Return an argparse type for a whole number within low..high."""

    def whole(text):
        value = int(text) if text.lstrip("-").isdecimal() else None
        if value is None or not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not a whole number in {low}..{high}")
        return value

    return whole


def named(suffix, content):
    """Return an argparse type for the path of a file of one format, `content`, whose name ends in `suffix`."""

    def named(text):
        path = Path(text)
        if path.suffix.lower() != suffix:
            like = path.with_suffix(suffix) if path.name else f"NAME{suffix}"
            raise argparse.ArgumentTypeError(f"{text!r}: {content} is a {suffix} file, such as {like}")
        return path

    return named


picture = named(".png", "a picture")
model = named(".npz", "a saved network")


def percent(text):
    """Return a number within LOG_BUDGET_RANGE, as an argparse type."""
    low, high = LOG_BUDGET_RANGE
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{text} is not in {low}..{high} percent")
    return value


def positive(text):
    """Return a finite number above 0, as an option's type."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return value


def some(names):
    """Return an argparse type for names separated by commas."""

    def some(text):
        chosen = text.split(",")
        for name in chosen:
            if name not in names:
                raise argparse.ArgumentTypeError(f"expected one of {', '.join(names)}, got {name!r}")
        return chosen

    return some


def names(text):
    """Parse names with commas between them, as an argparse type."""
    given = tuple(name.strip() for name in text.split(","))
    if not all(given) or len(set(given)) < len(given):
        raise argparse.ArgumentTypeError(f"expected different names such as wave,circle, got {text!r}")
    return given


def layers(text):
    """Parse layer sizes such as "64-32-10", as an argparse type."""
    try:
        return eqprop.parse_layers(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("layers: ")) from error


def hidden(text):
    """Parse sizes of hidden layers such as "32" or "32-16", as an argparse type."""
    try:
        return eqprop.parse_layers(f"1-{text}-1")[1:-1]
    except ValueError:
        text = f"expected sizes of 1..8191 such as 32 or 32-16, got {text!r}"
        raise argparse.ArgumentTypeError(text) from None


def add_port(parser):
    """Add `--port`."""
    text = "a serial port, any pyserial URL, tcp://HOST, ble://NAME or sim: (default: %(default)s)"
    parser.add_argument("--port", default="sim:", metavar="URL", help=text)


def add_scheduler(parser, default):
    """Add `--scheduler`; default: what does the work without it."""
    text = f"address of a Dask cluster, such as tcp://host:8786 (default: {default})"
    parser.add_argument("--scheduler", metavar="URL", help=text)


def add_epochs(parser):
    """Add `--epochs`."""
    text = "passes over the data (default: %(default)s)"
    parser.add_argument("--epochs", type=whole(*RANGES["epochs"]), metavar="N", default=RunConfig.epochs, help=text)


def add_data(
    parser,
    default="digits",
    text="digits, xor, iris, mnist:FOLDER, a table or arrays in a file, or a folder of classes (default: digits)",
):
    """Add `--data` and how it is read, for `load_data`."""
    parser.add_argument("--data", default=default, metavar="SOURCE", help=text)
    add_reading(parser)


READING = tuple(field.name for field in dataclasses.fields(datasets.Reading))
"""Options that say how data are read."""


def add_reading(parser):
    """Add the options of `READING`, for `reading`."""
    text = "column of the labels, by name or number from 1 (default: label, class or target; else the last)"
    parser.add_argument("--label", metavar="COLUMN", help=text)
    text = "drop samples with missing values, or fill in the column's mean (default: refuse them)"
    parser.add_argument("--missing", choices=datasets.MISSING, help=text)
    text = "shrink pictures to this size, such as 16x16 in grey or 16x16x3 in colours"
    parser.add_argument("--size", type=size, metavar="SIZE", help=text)
    parser.add_argument("--drop", metavar="COLUMNS", help="columns to leave out, separated by commas")
    text = "learn classes, or numbers: regression (default: classes)"
    parser.add_argument("--task", choices=datasets.TASKS, help=text)
    text = "columns of the numbers to learn, separated by commas, by name or number from 1 (default: the last)"
    parser.add_argument("--target", metavar="COLUMNS", help=text)


def size(text):
    """Check the size of a picture, as an argparse type."""
    try:
        return datasets.Reading(size=text).size
    except DataError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("size: ")) from error


def reading(options, before=None):
    """Return the reading that the options ask for; options not typed come from `before`, of `Reading.to_dict`."""
    typed = {name: value for name in READING if (value := getattr(options, name)) is not None}
    return datasets.Reading.from_dict({**(before or {}), **typed})


def load_data(source, options, before=None):
    """Return the data set of a source, read by `reading`, and tell the user what was done to it."""
    dataset = datasets.load(source, reading(options, before))
    if source == options.data:
        datasets.check_used(source, dataset.recipe, reading(options))
    for note in dataset.notes:
        tell(note)
    return dataset


def add_layers(parser):
    """Add `--layers` and `--hidden`, for `sizes`."""
    text = "sizes of all layers, inputs first, such as 64-32-10 (default: from the data)"
    parser.add_argument("--layers", type=layers, metavar="SIZES", help=text)
    text = f"sizes of only the hidden layers, such as 32-16 (default: {layers_text(HIDDEN)})"
    parser.add_argument("--hidden", type=hidden, metavar="SIZES", help=text)


def add_model(parser, on_chips=False):
    """Add `--model` and `--bits`, for `training.config.with_bits`.

    on_chips: the model is None by default, for `training.chips.energy_model`.
    """
    default = f"{RunConfig.model}; with --physics analog resistive, the only one" if on_chips else RunConfig.model
    text = f"energy model of the network: %(choices)s (default: {default})"
    models = [name for name in ENERGY_MODELS if name not in BITS.values()]
    parser.add_argument("--model", choices=models, default=None if on_chips else RunConfig.model, help=text)
    text = "bits of a weight, %(choices)s; 8, for half the memory, only with --model hopfield (default: %(default)s)"
    parser.add_argument("--bits", type=int, choices=sorted(BITS), default=16, help=text)


def sizes(options, dataset):
    """Return the layers that the options of `add_layers` name, completed by what the data set needs.

    Raises DataError where they do not fit the data, naming the layers that would.
    """
    return RunConfig(layers=options.layers, hidden=options.hidden).sizes(dataset)


def add_json(parser, text="write error, CRC, speed and versions, as JSON"):
    """Add `--json`, for `write_json`."""
    parser.add_argument("--json", metavar="PATH", type=Path, help=f"{text}; - for standard output")


def write_json(path, results):
    """Write a dict and the versions that it depends on to `path`, or nothing if that is None.

    For `-`, `results_alone` prints the results when the command ends: the last ones, if there are several.
    """
    if path:
        text = json.dumps({**results, "version": eqprop.__version__, "versions": versions()}, indent=2)
        if path == STDOUT:
            _to_print[:] = [text]
        else:
            write_whole(path, text.encode() + b"\n")


_to_print: list[str] = []
"""The results for standard output, while a command runs."""


@contextlib.contextmanager
def results_alone(options):
    """Let a command with `--json -` print its results alone: all else that it prints goes to standard error.

    Raises LogError first if another `--json` cannot be written, or is not a file that eqprop wrote.
    """
    path = getattr(options, "json", None)
    if path != STDOUT:
        if path:
            check_replaceable(path, "results")
        yield
        return
    _to_print.clear()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        for text in _to_print:
            print(text)
