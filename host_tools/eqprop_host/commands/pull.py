"""Save the network that a board holds to a file."""

import eqprop

from .. import datasets
from ..errors import BoardError
from ..files import check_writable
from ..model import Model, check_sent, save
from ..ports import open_board
from ..training import configuration
from . import options as common


def add_options(parser):
    """Add what may be typed behind `eqprop pull`."""
    parser.add_argument("model", type=common.model, help="to write, an .npz file for push, evaluate and infer")
    common.add_port(parser)
    text = "what the board was trained with; its features are scaled so (inputs -127..127 as they are)"
    common.add_data(parser, default=None, text=text)


def run(options):
    """Read the network, and say what it is."""
    check_writable(options.model)
    dataset = common.load_data(options.data, options) if options.data else None
    with open_board(options.port, common.tell) as board:
        state, conductances = board.repeat(lambda: _read(board))
    learnt = _learnt(options, state, dataset)
    model = Model(
        layers=state.layers,
        seed=state.seed,
        halve_every=state.halve_every,
        sample=state.sample,
        conductances=conductances,
        **learnt,
        data=options.data or "",
        version=eqprop.__version__,
        run=state.run,
    )
    check_sent(model, state.crc)
    save(options.model, model)
    print(f"{common.layers_text(state.layers)} after {state.sample} samples, conductance CRC {state.crc:08x}")


def _read(board):
    state = board.refresh()
    if not state.layers:
        raise BoardError(f"the board holds no network: {board.identity}")
    return state, board.conductances()


def _learnt(options, state, dataset):
    """Return what `Model` has of the data set. Raises BoardError when the board did not learn this one."""
    if dataset is None:
        scaling = datasets.Scaling(state.layers[0], (0.0,), (float(datasets.FULL_SCALE),))
        return {"scaling": scaling.to_dict(), "classes": state.layers[-1]}
    data = datasets.prepare(dataset, state.seed)
    if configuration(state.layers, state.seed, state.halve_every, data)["run"] != state.run:
        raise BoardError(f"--data {options.data}: the board's network did not learn that")
    reading = common.reading(options).to_dict()
    return {"scaling": data.scaling.to_dict(), "classes": data.classes, "recipe": data.recipe, "reading": reading}
