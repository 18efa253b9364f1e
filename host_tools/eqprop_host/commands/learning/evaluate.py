"""Put a saved network on a board and measure its error on a data set."""

import sys
from pathlib import Path

import numpy as np

import eqprop

from ... import datasets
from ...boards.ports import open_board
from ...datasets.words import made_of
from ...errors import DataError
from ...model import Model
from ...places import is_same
from ...training import scores
from ...training.confidence import auroc, ece_percent, judged_by_halves, margins, percent
from ...training.config import layers_text
from ...training.fit import Fit
from ...training.preparing import recognised
from .. import options as common


def add_options(parser):
    """Add the options of `eqprop evaluate`."""
    parser.add_argument("model", type=Path, help="a network saved by train or pull")
    common.add_port(parser)
    common.add_data(parser, default=None, text="a data set to test (default: the test samples of its training data)")
    text = "samples unlike those learnt, for an AUROC of telling them apart by the margin"
    parser.add_argument("--ood", metavar="SOURCE", help=text)
    common.add_json(parser)


def run(options):
    """Print the test error, and write the results."""
    model = Model.load(options.model)
    dataset, tested, own = _samples(options, model)
    x = datasets.Scaling.from_dict(model.scaling).quantise(dataset.features, tested, dataset.name)
    y = dataset.labels[tested]
    with open_board(options.port, common.tell) as board:
        predictions, outputs = model.infer_inputs(board, x)
        if options.ood:
            strange = model.infer_inputs(board, _strange(options, model))[1]
    about = {
        "data": dataset.name,
        "model": model.model,
        "layers": layers_text(model.layers),
        "seed": model.seed,
        "conductance_crc": f"{model.crc:08x}",
    }
    if model.targets and options.ood:
        raise DataError(f"--ood {options.ood}: the network learnt numbers, which have no margin")
    if model.targets:
        scaling = datasets.TargetScaling.from_dict(model.targets)
        fit = Fit.of(dataset.targets[tested], scaling.predicted(outputs), scaling.names)
        for line in fit.lines():
            print(line, file=sys.stderr)
        print(f"{fit.summary()} of {len(y)} samples")
        common.write_json(options.json, {"test_error_percent": None, "test_samples": len(y), **fit.to_dict(), **about})
        return
    counts = scores.confusion(y, predictions, model.layers[-1])
    labels = scores.class_labels(model.class_names, model.classes)
    found = scores.summary(counts, labels)
    for line in scores.table(counts, labels):
        print(line, file=sys.stderr)
    error = scores.error_percent(counts)
    sure = _confidence(model, margins(outputs), predictions == y, own)
    if options.ood:
        sure["ood_auroc"] = auroc(margins(outputs), margins(strange))
    print(_about_confidence(sure), file=sys.stderr)
    print(f"test error {error:.2f} % of {len(y)} samples")
    results = {
        "test_error_percent": error,
        "test_samples": len(y),
        **found,
        **sure,
        **about,
    }
    common.write_json(options.json, results)


def _samples(options, model):
    """Return (data set, rows to test, whether they were tested in training); of its training data, those held back."""
    source = options.data or model.data
    if not source:
        raise DataError(f"{options.model}: does not say what it was trained on: add --data with a data set")
    before = datasets.Reading.from_dict(model.reading).suited(model.recipe).to_dict()
    dataset = _aligned(datasets.load(source, common.reading(options, before)), model)
    datasets.check_used(source, dataset.recipe, common.reading(options))
    own = options.data is None or is_same(options.data, model.data)
    if own and model.test:
        other = datasets.load(model.test, datasets.Reading.from_dict(before))
        dataset = datasets.joined(dataset, _aligned(other, model))
    for note in dataset.notes:
        common.tell(note)
    train, test = datasets.split(dataset, model.seed, model.test_fraction)
    if not len(test):  # no sample was held back
        test = train
    if options.data is None:
        return dataset, test, True
    if (own and model.test) or _was_learnt(dataset, model):
        common.tell(_about_learnt(source, model, len(train), len(test), len(dataset.labels)))
        return dataset, test, True
    if own:
        common.tell(f"{source}: has changed since the network was trained on it: testing all of its samples")
    return dataset, np.arange(len(dataset.labels)), False


def _strange(options, model):
    """Return the inputs of `--ood`."""
    reading = datasets.Reading.from_dict(model.reading).suited(model.recipe)
    asked = datasets.load_features(options.ood, model.layers[0], reading, model.feature_names, model.recipe)
    return datasets.Scaling.from_dict(model.scaling).quantise(asked.features, name=options.ood)


def _confidence(model, margin, right, own):
    """Return the entries of `--json` about the confidence of answers; own: whether the samples made its table."""
    targets = eqprop.plan(model.layers, model.model).targets
    if model.confidence and not own:
        sure = percent(model.confidence, margin, targets)
    else:
        sure = judged_by_halves(margin, right, targets)
    return {"ece_percent": ece_percent(sure, right), "auroc": auroc(margin[right], margin[~right]), "ood_auroc": None}


def _about_confidence(sure):
    """Return the line about the confidence of answers."""
    told = [f"confidence: ECE {sure['ece_percent']:.1f} %"]
    told += [f"AUROC of right answers {sure['auroc']:.3f}"] if sure["auroc"] is not None else []
    told += [f"of samples like those learnt {sure['ood_auroc']:.3f}"] if sure["ood_auroc"] is not None else []
    return ", ".join(told)


def _about_learnt(source, model, train, test, samples):
    """Return the message about a data set that the network was trained on."""
    if train + test > samples:
        return f"{source}: the network was trained on all of these samples"
    held = f"the {test} of {model.test}" if model.test else f"the {test} that were held back"
    return f"{source}: the network was trained on {train} of these samples: testing {held}"


def _aligned(dataset, model):
    """Return the data set with its features and classes in the network's order. Raises DataError."""
    if dataset.recipe != model.recipe:
        asked, learnt = made_of(dataset.recipe), made_of(model.recipe)
        raise DataError(f"{dataset.name}: a sample is {asked}, but the network learnt from {learnt}")
    if (dataset.targets is None) == bool(model.targets):
        learnt, asked = ("numbers", "classes") if model.targets else ("classes", "numbers")
        raise DataError(f"{dataset.name}: is read for {asked}, but the network learnt {learnt}")
    dataset = datasets.align(dataset, model.feature_names, model.class_names, model.classes)
    datasets.check_layers(model.layers, dataset)
    return dataset


def _was_learnt(dataset, model):
    """Return whether the network was trained on this data set, whatever its name."""
    if not model.run_number:
        return False
    try:
        return recognised(dataset, model.test_fraction, model, model.model) is not None
    except DataError:  # a class without samples, so no network was trained on it
        return False
