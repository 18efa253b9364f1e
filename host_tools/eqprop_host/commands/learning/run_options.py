"""Options of all commands that train: the data and network, the files to write, and the printing of results."""

import argparse
import sys
from pathlib import Path

from eqprop.network import DEFAULT

from ...datasets import TEST_FRACTION
from ...errors import BoardError, DataError, LogError
from ...replacing import check_replaceable
from ...training import scores
from ...training.config import (
    AVERAGE,
    AVERAGED_SAMPLES,
    BLANK,
    DEEP,
    LARGE,
    LOG_BUDGET_PERCENT,
    PASSES,
    RANGES,
    SAMPLES,
    WIDE,
    LogConfig,
    RunConfig,
    with_bits,
)
from .. import options as common


def add_learning_options(parser, on_chips=False):
    """Add the options that determine the conductances learnt, on a board or elsewhere, for `config`.

    on_chips: as for `add_model`.
    """
    add = parser.add_argument
    common.add_data(parser)
    add_split_options(parser)
    common.add_layers(parser)
    common.add_model(parser, on_chips)
    common.add_epochs(parser)
    add("--limit", type=common.whole(*RANGES["limit"]), metavar="N", help="stop after N training samples")
    text = "seed for the split, the sample order and the initial conductances (default: %(default)s)"
    add("--seed", type=common.whole(*RANGES["seed"]), metavar="N", default=RunConfig.seed, help=text)
    text = (
        f"halve the learning rate after every N epochs (default: 2/5 of all; with {DEFAULT}, 4/5 in a large run, "
        f"see --blank, or with {DEEP} or more hidden layers; 0: never)"
    )
    add("--lr-halving-epochs", type=common.whole(*RANGES["lr_halving_epochs"]), metavar="N", help=text)
    text = (
        f"share of each training sample's features to set to 0, a different set each epoch (default: 0; {BLANK:g} in a "
        f"large run: {DEFAULT}, {WIDE} or more features, {PASSES} or more epochs, {LARGE:,} or more training steps)"
    )
    add("--blank", type=_share, metavar="SHARE", help=text)
    text = (
        f"replace the final weights by their average over this last share of the run (default: {AVERAGE:g}; 0 for "
        f"chips and for fewer than {AVERAGED_SAMPLES} samples)"
    )
    add("--average", type=_share, metavar="SHARE", help=text)


def add_split_options(parser):
    """Add the options that choose the test samples."""
    text = f"fraction of the samples to test, the same for each class (default: {TEST_FRACTION:g})"
    parser.add_argument("--test-fraction", type=fraction, metavar="SHARE", help=text)
    parser.add_argument("--test", metavar="SOURCE", help="test on this data set, train on all of --data")


def fraction(text):
    """Return a share between 0 and 1, for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"expected a fraction between 0 and 1 such as {TEST_FRACTION:g}, got {text!r}")
    return value


def _share(text):
    """Return a share below 1, for argparse; 0 for none."""
    return 0.0 if text == "0" else fraction(text)


def add_file_options(parser):
    """Add the options for a run's files."""
    add = parser.add_argument
    common.add_json(parser)
    add("--log", type=Path, metavar="PATH", help="log metrics and every step's conductances: .arrow, .jsonl")
    add(
        "--log-every",
        type=common.whole(*SAMPLES),
        metavar="N",
        help="training samples between two logged sets of conductances (default: one epoch)",
    )
    text = "percent of the line for reading conductances of a crossbar that is not emulated (default: %(default)g %%)"
    add("--log-budget", type=common.percent, metavar="PERCENT", default=LOG_BUDGET_PERCENT, help=text)
    add("--tensorboard", type=Path, metavar="FOLDER", help="also write the log as TensorBoard event files")
    add("--save", type=common.model, metavar="PATH", help="save the trained network, .npz")
    add(
        "--picture",
        type=common.picture,
        metavar="PATH",
        help="draw the run from its log, or predicted numbers, .png",
    )


def config(options):
    """Return the `RunConfig` from the options of `add_learning_options`."""
    return RunConfig(
        data=options.data,
        reading=common.reading(options),
        test=options.test,
        test_fraction=options.test_fraction,
        layers=options.layers,
        hidden=options.hidden,
        epochs=options.epochs,
        limit=options.limit,
        seed=options.seed,
        lr_halving_epochs=options.lr_halving_epochs,
        blank=options.blank,
        average=options.average,
        model=with_bits(options.model, options.bits),
    )


def log_config(options, about=None):
    """Return the `LogConfig` from the options of `add_file_options`, or None without --log.

    about: further entries of the log's configuration.
    """
    numbers = common.reading(options).regression
    for name in ("tensorboard",) if numbers else ("picture", "tensorboard"):
        if (path := getattr(options, name)) and not options.log:
            raise DataError(f"--{name} {path}: is drawn from a log, so add --log")
    if not options.log:
        return None
    return LogConfig(options.log, options.log_every, options.log_budget, options.tensorboard, about or {})


def check_files(options, config):
    """Raise unless every requested file can be written, and no two have the same path."""
    taken = {Path(config.data).resolve(): "--data"}
    if config.test:
        taken[Path(config.test).resolve()] = "--test"
    kinds = {"json": None, "log": None, "save": "network", "picture": "picture"}
    for name, kind in kinds.items():
        path = getattr(options, name)
        if not path:
            continue
        if other := taken.get(path.resolve()):
            raise LogError(f"--{name} {path}: is also the file of {other}")
        taken[path.resolve()] = f"--{name}"
        if kind:  # a log checks this itself, because it overwrites nothing; `results_alone` did for --json
            check_replaceable(path, kind)
    if options.picture:
        import matplotlib.figure  # noqa: F401 (fail now, not after training)


def write_results(options, result, **more):
    """Write the files in the options from a `RunResult`; `more` are further entries of `--json`."""
    if options.save and result.model:
        result.model.save(options.save)
    if options.picture and result.fit:
        from ...report.scatter import draw_predictions

        fit = result.fit
        draw_predictions(options.picture, fit.names, fit.targets, fit.predictions, fit.summary())
    elif options.picture:
        from ...report.picture import draw
        from ...runlog import open_log

        draw(options.picture, open_log(options.log))
    common.write_json(options.json, {**result.to_dict(), **more})
    if options.save and not result.model:
        raise BoardError(f"--save {options.save}: the board's crossbar cannot be read back")


def print_results(result):
    """Print a run's results, and return the exit code: scores for people, then a line for programs."""
    if result.confusion is not None:
        for line in scores.table(result.confusion, result.class_names):
            print(line, file=sys.stderr)
    for line in result.fit.lines() if result.fit else ():
        print(line, file=sys.stderr)
    if result.interrupted:
        common.tell(f"interrupted after {result.training_samples:,} samples")
    tested = result.fit.summary() if result.fit else f"test error {result.test_error_percent:.2f} %"
    print(f"{tested}, conductance CRC {result.conductance_crc or 'none'}")
    return common.INTERRUPTED if result.interrupted else 0
