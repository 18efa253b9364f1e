"""Put a saved network on a board and print the class, or the numbers, of each sample of a file, as CSV."""

import csv
import sys
from pathlib import Path

import eqprop

from ... import datasets
from ...boards.ports import open_board
from ...model import Model
from ...training.confidence import margins, percent
from .. import options as common


def add_options(parser):
    """Add the options of `eqprop infer`."""
    parser.add_argument("model", type=Path, help="a network saved by train or pull")
    parser.add_argument(
        "features", help="samples to classify, with or without labels: a table, arrays, a folder, a picture or a sound"
    )
    common.add_port(parser)
    common.add_reading(parser)


def run(options):
    """Print a header and a line for each sample: its class and the output voltages, or the numbers predicted."""
    model = Model.load(options.model)
    reading = common.reading(options, model.reading).suited(model.recipe)
    asked = datasets.load_features(options.features, model.layers[0], reading, model.feature_names, model.recipe)
    datasets.check_used(options.features, model.recipe, common.reading(options))
    x = datasets.Scaling.from_dict(model.scaling).quantise(asked.features, name=options.features)
    for note in asked.notes:
        common.tell(note)
    with open_board(options.port, common.tell) as board:
        classes, outputs = model.infer_inputs(board, x)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if model.targets:
        _write_numbers(writer, model, asked.rows, outputs)
        return
    plan = eqprop.plan(model.layers, model.model)
    names = dict(enumerate(model.class_names))
    first = ["sample"] if asked.rows else []
    sure = [] if not model.confidence else percent(model.confidence, margins(outputs), plan.targets).tolist()
    told = ["confidence_percent"] if sure else []
    writer.writerow([*first, "class", *told, *(f"output_{names.get(k, k)}" for k in range(model.layers[-1]))])
    for row, (answer, voltages) in enumerate(zip(classes.tolist(), outputs.tolist(), strict=True)):
        writer.writerow([*asked.rows[row : row + 1], names.get(answer, answer), *sure[row : row + 1], *voltages])


def _write_numbers(writer, model, rows, outputs):
    """Write a line for each sample with the numbers predicted, in the unit of the training data."""
    scaling = datasets.TargetScaling.from_dict(model.targets)
    names = scaling.names or [f"target_{k}" for k in range(model.layers[-1])]
    writer.writerow([*(["sample"] if rows else []), *names])
    for row, numbers in enumerate(scaling.predicted(outputs).tolist()):
        writer.writerow([*rows[row : row + 1], *(f"{number:.6g}" for number in numbers)])
