"""Moves a network between a board and a file: reads it from a board, or puts a saved one there."""

import eqprop

from . import datasets
from .boards import description
from .datasets.numbers import TARGET_MAX
from .errors import BoardError, DataError
from .link.steps import learns_numbers, model_of
from .model import Model, check_sent
from .training.preparing import recognised


def read_network(board, tell, about=None, data=""):
    """Return (the `Model` that an open board holds, the board's state).

    tell: called with a warning about each thing that the board does not say. about(state): returns the model's fields
    about the data; None takes them from the board's user data. data: the source that `about` read. Raises BoardError
    for a board without a network.
    """

    def read():
        state = board.refresh()
        if not state.layers:
            raise BoardError(f"the board holds no network: {board.identity}")
        return state, board.conductances(), board.read_user_data()

    state, conductances, user_data = board.repeat(read)
    learnt = about(state) if about else _noted(state, description.unpack(user_data), tell)
    model = Model(
        layers=state.layers,
        seed=state.seed,
        lr_halving_samples=state.lr_halving_samples,
        sample=state.sample,
        conductances=conductances,
        **{"model": model_of(state), **learnt},
        data=data,
        version=eqprop.__version__,
        run_number=state.run_number,
    )
    check_sent(model, state.crc)
    return model, state


def _noted(state, noted, tell):
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
        tell(f"warning: the board does not say {text}; add --data with the data that it learnt from")
    return {
        "scaling": noted["scaling"],
        "recipe": noted["recipe"],
        "feature_names": noted["features_named"],
        "class_names": noted["classes"],
        "targets": targets if learns_numbers(state) else {},
        "confidence": noted.get("confidence", []),
        "classes": len(noted["classes"]) or state.layers[-1],
    }


def put_network(board, model, tell):
    """Put a `Model` on an open board, which saves it; return the board's state.

    Its run can be resumed if its data set is here. Raises BoardError if the board does not save it.
    """
    about = _run_options(model, tell)

    def put():
        model.put_on(board, **about)
        names = (model.feature_names, model.class_names)
        description.keep(board, model.scaling, model.recipe, *names, tell, model.targets, model.confidence)
        return board.save()

    state = board.repeat(put)
    if state.saved != state.sample:
        why = f"{state.failed} checkpoints failed" if state.failed else "its flash was written too often recently"
        raise BoardError(f"the board holds the network, but did not save it: {why}")
    return state


def _run_options(model, tell):
    """Return how the model's run counts and packs its samples, so that it can be resumed; its data set must be here.

    An average has no data set, but its number.
    """
    if not model.data:
        return {"run_number": model.run_number} if model.run_number else {}
    if not model.run_number:
        return {}
    try:
        known = recognised(_dataset(model), model.test_fraction, model, model.model)
    except DataError as error:
        tell(f"{error}: the network is put there, but its run cannot be resumed")
        return {}
    return {key: known[1][key] for key in ("run_number", "epoch", "alphabet")} if known else {}


def _dataset(model):
    """Return the data set that a model was trained and tested on."""
    reading = datasets.Reading.from_dict(model.reading)
    dataset = datasets.load(model.data, reading)
    return datasets.joined(dataset, datasets.load(model.test, reading)) if model.test else dataset
