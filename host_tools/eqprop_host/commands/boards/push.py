"""Put a saved network on a board, which stores it in its flash."""

from pathlib import Path

from ... import datasets
from ...boards import description
from ...boards.ports import open_board
from ...errors import BoardError, DataError
from ...model import Model, crc_text
from ...training.config import layers_text
from ...training.loop import configuration
from .. import options as common


def add_options(parser):
    """Add the options of `eqprop push`."""
    parser.add_argument("model", type=Path, help="a network saved by train or pull")
    common.add_port(parser)


def run(options):
    """Write the network and make the board save it. `eqprop train --resume` can then resume its run."""
    model = Model.load(options.model)
    about = _run_options(model)
    with open_board(options.port, common.tell) as board:

        def pushed():
            model.put_on(board, **about)
            names = (model.feature_names, model.class_names)
            description.keep(board, model.scaling, model.recipe, *names, common.tell, model.targets, model.confidence)
            return board.save()

        state = board.repeat(pushed)
    if state.saved != state.sample:
        why = f"{state.failed} checkpoints failed" if state.failed else "its flash was written too often recently"
        raise BoardError(f"the board holds the network, but did not save it: {why}")
    print(f"{layers_text(state.layers)} after {state.sample} samples, conductance CRC {crc_text(state.crc) or 'none'}")


def _run_options(model):
    """Return how the model's run counts and packs its samples, so that it can be resumed; its data set must be here."""
    if not (model.run_number and model.data):
        return {}
    try:
        data = datasets.prepare(_dataset(model), model.seed, model.test_fraction)
    except DataError as error:
        common.tell(f"{error}: the network is put there, but its run cannot be resumed")
        return {}
    about = configuration(model.layers, model.seed, model.lr_halving_samples, data, model.model)
    return (
        {key: about[key] for key in ("run_number", "epoch", "alphabet")}
        if about["run_number"] == model.run_number
        else {}
    )


def _dataset(model):
    """Return the data set that a model was trained and tested on."""
    reading = datasets.Reading.from_dict(model.reading)
    dataset = datasets.load(model.data, reading)
    return datasets.joined(dataset, datasets.load(model.test, reading)) if model.test else dataset
