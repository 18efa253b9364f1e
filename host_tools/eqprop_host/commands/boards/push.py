"""Put a saved network on a board, which stores it in its flash."""

from pathlib import Path

from ...boards.ports import open_board
from ...model import Model, crc_text
from ...training.config import layers_text
from ...transfer import put_network
from .. import options as common


def add_options(parser):
    """Add the options of `eqprop push`."""
    parser.add_argument("model", type=Path, help="a network saved by train or pull")
    common.add_port(parser)


def run(options):
    """Write the network and make the board save it. `eqprop train --resume` can then resume its run."""
    model = Model.load(options.model)
    with open_board(options.port, common.tell) as board:
        state = put_network(board, model, common.tell)
    print(f"{layers_text(state.layers)} after {state.sample} samples, conductance CRC {crc_text(state.crc) or 'none'}")
