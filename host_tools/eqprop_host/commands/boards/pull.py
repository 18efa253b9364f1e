"""Save the network that a board holds to a file."""

from pathlib import Path

import eqprop

from ... import datasets
from ...boards import description
from ...boards.ports import open_board
from ...datasets.numbers import TARGET_MAX
from ...errors import BoardError, DataError
from ...field import blackbox
from ...link.steps import learns_numbers, model_of
from ...model import Model, check_sent, crc_text
from ...replacing import check_replaceable
from ...training.config import layers_text
from ...training.loop import configuration
from .. import options as common
from ..field.listening import listening
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
        with listening(options.port) as listener:
            count = blackbox.keep(options.log, listener, options.port)
        print(f"{options.log}: {count} new records of the black box")
        return
    for name in ("test", "test_fraction"):
        if getattr(options, name) and not options.data:
            raise DataError(f"--{name.replace('_', '-')} {getattr(options, name)}: needs --data")
    check_replaceable(options.model, "network")
    dataset = common.load_data(options.data, options) if options.data else None
    with open_board(options.port, common.tell) as board:
        state, conductances, user_data = board.repeat(lambda: _read(board))
    learnt = _learnt(options, state, dataset, description.unpack(user_data))
    model = Model(
        layers=state.layers,
        seed=state.seed,
        lr_halving_samples=state.lr_halving_samples,
        sample=state.sample,
        conductances=conductances,
        **learnt,
        data=options.data or "",
        version=eqprop.__version__,
        run_number=state.run_number,
    )
    check_sent(model, state.crc)
    model.save(options.model)
    print(f"{layers_text(state.layers)} after {state.sample} samples, conductance CRC {crc_text(state.crc) or 'none'}")


def _read(board):
    state = board.refresh()
    if not state.layers:
        raise BoardError(f"the board holds no network: {board.identity}")
    return state, board.conductances(), board.read_user_data()


def _learnt(options, state, dataset, noted):
    """Return the fields of `Model` about the data: from the data set, or from the board's user data.

    Raises BoardError if the board did not learn this data set.
    """
    if dataset is None:
        return _noted(state, noted)
    if options.test:
        dataset = datasets.joined(dataset, common.load_data(options.test, options))
    data = datasets.prepare(dataset, state.seed, options.test_fraction or datasets.TEST_FRACTION)
    if (
        configuration(state.layers, state.seed, state.lr_halving_samples, data, model_of(state))["run_number"]
        != state.run_number
    ):
        raise BoardError(f"--data {options.data}: the board's network did not learn this data set")
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


def _noted(state, noted):
    """Return the fields of `Model` from the board's user data, with a warning about missing ones."""
    lacking = []
    noted = noted or {"scaling": None, "recipe": {}, "targets": {}, "features_named": (), "classes": ()}
    if noted["scaling"] is None:
        lacking.append("how its inputs are scaled: they are taken as -127..127")
        scaling = datasets.Scaling(state.layers[0], (0.0,), (float(datasets.FULL_SCALE),))
        noted = {**noted, "scaling": scaling.to_dict()}
    elif noted["scaling"]["features"] != state.layers[0]:
        raise BoardError(
            f"the board's user data are for {noted['scaling']['features']} features, not {state.layers[0]}"
        )
    for key, name in (("features_named", "features"), ("classes", "classes")):
        if noted.get(f"{key}_crc"):
            lacking.append(f"the names of its {name}, for which its user data have no room")
    targets = noted["targets"]
    if learns_numbers(state) and not targets:
        lacking.append(f"how its targets are scaled: they are taken as -{TARGET_MAX}..{TARGET_MAX}")
        full = (float(TARGET_MAX),) * state.layers[-1]
        targets = datasets.TargetScaling((0.0,) * len(full), full).to_dict()
    for text in lacking:
        common.tell(f"warning: the board does not say {text}; add --data with the data that it learnt from")
    return {
        "scaling": noted["scaling"],
        "recipe": noted["recipe"],
        "feature_names": noted["features_named"],
        "class_names": noted["classes"],
        "targets": targets if learns_numbers(state) else {},
        "confidence": noted.get("confidence", []),
        "classes": len(noted["classes"]) or state.layers[-1],
    }
