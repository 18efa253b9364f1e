"""Save the network that a board holds to a file."""

from pathlib import Path

from ... import datasets
from ...boards.ports import open_board
from ...errors import BoardError, DataError
from ...field.listener import listening
from ...link.steps import model_of
from ...model import crc_text
from ...replacing import check_replaceable
from ...training.config import layers_text
from ...training.preparing import recognised
from ...transfer import read_network
from .. import options as common
from ..learning.run_options import add_split_options


def add_options(parser):
    """Add the options of `eqprop pull`."""
    text = "the .npz file to write, for push, evaluate and infer"
    parser.add_argument("model", type=common.model, nargs="?", help=text)
    common.add_port(parser)
    text = "instead, bring the black box of a board's own program home into this log, .arrow or .jsonl: what is new"
    parser.add_argument("--log", metavar="PATH", type=Path, help=text)
    text = "the data that the board was trained with (default: from the board's user data)"
    common.add_data(parser, default=None, text=text)
    add_split_options(parser)


def run(options):
    """Read the network, and print its description; or read a black box."""
    if (options.model is None) == (options.log is None):
        raise DataError("pull: name either the .npz file to write, or the --log of a black box")
    if options.log:
        from ...field.alone import blackbox  # needs pyarrow, which a plain installation lacks

        with listening(options.port, common.tell) as listener:
            came = blackbox.keep(options.log, listener, options.port, common.tell)
        print(f"{options.log}: {blackbox.told(*came)}")
        return
    for name in ("test", "test_fraction"):
        if getattr(options, name) and not options.data:
            raise DataError(f"--{name.replace('_', '-')} {getattr(options, name)}: needs --data")
    check_replaceable(options.model, "network")
    about = None
    if options.data:
        dataset = common.load_data(options.data, options)

        def about(state):
            return _learnt(options, state, dataset)

    with open_board(options.port, common.tell) as board:
        model, state = read_network(board, common.tell, about, options.data or "")
    model.save(options.model)
    print(f"{layers_text(state.layers)} after {state.sample} samples, conductance CRC {crc_text(state.crc) or 'none'}")


def _learnt(options, state, dataset):
    """Return the fields of `Model` about the data. Raises BoardError if the board did not learn this data set."""
    if options.test:
        dataset = datasets.joined(dataset, common.load_data(options.test, options))
    known = recognised(dataset, options.test_fraction or datasets.TEST_FRACTION, state, model_of(state))
    if not known:
        raise BoardError(f"--data {options.data}: the board's network did not learn this data set")
    data = known[0]
    targets = data.target_scaling.to_dict() if data.target_scaling else {}
    return {
        "scaling": data.scaling.to_dict(),
        "classes": data.classes,
        "recipe": data.recipe,
        "reading": common.reading(options).to_dict(),
        "feature_names": data.feature_names,
        "class_names": data.class_names,
        "targets": targets,
        "test": options.test or "",
        "test_fraction": options.test_fraction or datasets.TEST_FRACTION,
    }
