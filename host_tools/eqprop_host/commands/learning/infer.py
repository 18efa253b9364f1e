"""Put a saved network on a board and print the class of each sample of a file, as CSV."""

import csv
import sys
from pathlib import Path

from ... import datasets
from ...boards.ports import open_board
from ...model import Model
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
    """Print a header and a line for each sample: its class, then the output voltages."""
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
    names = dict(enumerate(model.class_names))
    first = ["sample"] if asked.rows else []
    writer.writerow([*first, "class", *(f"output_{names.get(k, k)}" for k in range(model.layers[-1]))])
    for row, (answer, voltages) in enumerate(zip(classes.tolist(), outputs.tolist(), strict=True)):
        writer.writerow([*asked.rows[row : row + 1], names.get(answer, answer), *voltages])
