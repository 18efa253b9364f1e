"""Put a saved network on a board and measure its error on a data set."""

from pathlib import Path

import numpy as np

from .. import datasets
from ..errors import DataError
from ..files import check_writable
from ..model import load, put
from ..packing import levels_of
from ..ports import open_board
from ..training import error_percent
from . import options as common


def add_options(parser):
    """Add what may be typed behind `eqprop evaluate`."""
    parser.add_argument("model", type=Path, help="written by train --save")
    common.add_port(parser)
    common.add_data(parser, default=None, text="a data set (the test samples it was trained with)")
    common.add_json(parser)


def run(options):
    """Print the test error, and write it."""
    model = load(options.model)
    if options.json:
        check_writable(options.json)
    scaling = datasets.Scaling.from_dict(model.scaling)
    reading = datasets.Reading.from_dict(model.reading).suited(model.recipe)
    dataset = common.load_data(options.data or model.data, options, reading.to_dict())
    datasets.check_layers(model.layers, dataset)
    if dataset.recipe != model.recipe:
        raise DataError(f"{dataset.name}: features by {dataset.recipe}, the network has learnt by {model.recipe}")
    tested = np.arange(len(dataset.labels)) if options.data else datasets.split(dataset, model.seed)[1]
    x, y = scaling.quantise(dataset.features, tested), dataset.labels[tested]
    with open_board(options.port, common.tell) as board:

        def measured():
            put(board, model, levels=levels_of(x))
            return error_percent(board, x, y)

        error = board.repeat(measured)
    print(f"test error {error:.2f} % of {len(y)} samples")
    results = {
        "test_error_percent": error,
        "test_samples": len(y),
        "layers": common.layers_text(model.layers),
        "seed": model.seed,
        "conductance_crc": f"{model.crc:08x}",
    }
    common.write_json(options.json, results)
