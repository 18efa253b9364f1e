"""The data of a run: the data set, its split and scale, and a network whose layers suit it."""

import argparse
from dataclasses import dataclass

import eqprop

from ... import datasets
from ...datasets.splitting import TEST_FRACTION
from ...errors import DataError
from ...places import is_same
from ...terminal.printing import printable
from .. import options as common

_WIDTH = 80 - len("eqprop: ")  # columns of a line
_NAMED = 12  # features or classes
_NAME = 20  # letters of a name


@dataclass(frozen=True, eq=False)
class Task:
    """Data ready for a board, and the layers of the network that is to learn them."""

    data: datasets.Prepared
    layers: tuple[int, ...]
    lines: list[str]
    """What was found, for the user."""


def add_split_options(parser):
    """Add what decides which samples are tested."""
    text = f"share of the samples to test, the same of each class (default: {TEST_FRACTION:g})"
    parser.add_argument("--test-fraction", type=_fraction, metavar="SHARE", help=text)
    parser.add_argument("--test", metavar="SOURCE", help="test on this data set, train on all of --data")


def _fraction(text):
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"expected a share between 0 and 1 such as {TEST_FRACTION:g}, not {text!r}")
    return value


def prepared(options):
    """Return the `Task` that the options name. Raises DataError for data and layers that do not fit each other."""
    dataset = common.load_data(options.data, options)
    samples = len(dataset.labels)
    if options.test:
        if options.test_fraction is not None:
            raise DataError(f"--test-fraction {options.test_fraction:g}: --test names the samples to test")
        if is_same(options.test, options.data):
            raise DataError(f"--test {options.test}: is --data itself: leave --test out to hold a part back")
        dataset = datasets.joined(dataset, common.load_data(options.test, options))
    layers = common.sizes(options, dataset)
    data = datasets.prepare(dataset, options.seed, options.test_fraction or TEST_FRACTION)
    for note in data.notes:
        common.tell(note)
    return Task(
        data,
        layers,
        [_about_data(dataset, samples), _about_split(options, dataset, data), _about_network(options, layers)],
    )


def _about_data(dataset, samples):
    """Return what the data set of so many samples is, with as many names as a line has room for."""
    features = dataset.features.shape[1]
    counts = ("1 feature" if features == 1 else f"{features} features", f"{dataset.classes} classes")
    for shown in range(2 * _NAMED, -1, -1):  # names of classes say more than those of features
        listed = _listed(dataset.feature_names, shown - _NAMED), _listed(dataset.class_names, shown)
        about = [f"{count}{names}" for count, names in zip(counts, listed, strict=True)]
        text = f"{dataset.name}: {samples:,} samples of {', '.join(about)}"
        if len(text) <= _WIDTH:
            break
    return text


def _about_split(options, dataset, data):
    train, test = len(data.train_y), len(data.test_y)
    if options.test:
        how = f"of {options.test}"
    elif dataset.test_samples:
        how = "that it names"
    elif train == test == len(dataset.labels):
        how = "the same: too few to hold any back"
    else:
        how = f"{100 * (options.test_fraction or TEST_FRACTION):g} % of each class"
    return f"{train:,} to train, {test:,} to test ({how}); {_about_scale(data.scaling)}"


def _about_scale(scaling):
    if len(scaling.offset) == 1 and scaling.offset[0] == 0:
        return f"0..{scaling.span[0]:g} scaled to 0..{datasets.FULL_SCALE}"
    return f"each scaled to -{datasets.FULL_SCALE}..{datasets.FULL_SCALE}"


def _about_network(options, layers):
    devices = sum(rows * columns for rows, columns in eqprop.plan(layers).shapes)
    return (
        f"network {common.layers_text(layers)}: {devices:,} conductances, {options.epochs} epochs, seed {options.seed}"
    )


def _listed(names, most):
    """Return up to so many names in brackets; nothing where there are none."""
    if not names or most < 1:
        return ""
    shown = ", ".join(printable(name)[:_NAME] for name in names[:most])
    return f" ({shown}{', ...' if len(names) > most else ''})"
