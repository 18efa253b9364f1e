"""A trained network in a file: all that a board needs to use it or train it further, and the inputs' scaling.

The file is an .npz archive, whatever its suffix, that NumPy opens without pickle:

- header                          uint8: UTF-8 text of a JSON object with `format` (2), the fields of `Model` except the
                                  conductances, and `crc`, their CRC-32 in eight hexadecimal digits
- conductances_0, conductances_1  uint16, or int16 or int8 if the model has signed ones, (rows, columns) as in
  the `shapes` of `eqprop.plan`: each crossbar's, in steps
"""

from __future__ import annotations

import binascii
import io
import json
import zipfile
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import eqprop
from eqprop.network import DEFAULT
from eqprop.protocol.messages import MODELS, NO_CRC, UNREADABLE

from . import datasets
from .boards.interface import AT_ONCE
from .boards.records import alphabet_of
from .errors import BoardError, DataError
from .files import PARSING, write_whole
from .link.steps import steps_type
from .places import found, place_of

FORMAT = 2
"""The format's version, which is written and read."""


@dataclass(frozen=True, eq=False)
class Model:
    """A trained network, and what it was trained on.

    model = Model.load("iris.npz")
    model.predict([[5.1, 3.5, 1.4, 0.2]])
    """

    layers: tuple[int, ...]
    """The layers' sizes, inputs first."""

    seed: int
    """The seed of the initial conductances, the data set's split and the samples' order; 0..2**32 - 1."""

    lr_halving_samples: int
    """Training samples after which the learning rate halves; 0 for never."""

    sample: int
    """The number of training samples learnt."""

    conductances: list[np.ndarray]
    """Each crossbar's conductances in steps: uint16, or int16 or int8 if signed; flat, of `shapes` of `eqprop.plan`."""

    scaling: dict[str, Any]
    """The map from features to inputs, by `Scaling.to_dict`."""

    data: str
    """The source as given to `datasets.load`."""

    classes: int
    """The data set's largest label + 1."""

    version: str
    """The version of the eqprop that trained it."""

    model: str = DEFAULT
    """The energy model."""

    run_number: int = 0
    """Identifies the run (`training.configuration`), so that a board with the network can resume the
    run; 0 for unknown. A header may lack it."""

    recipe: dict[str, Any] = field(default_factory=dict)
    """How sounds or pictures became features, as in `Dataset`; empty for tables. A header may lack it."""

    reading: dict[str, Any] = field(default_factory=dict)
    """How `data` was read, by `Reading.to_dict`. A header may lack it."""

    feature_names: tuple[str, ...] = ()
    """The features' names by input, if the data set has them. A header may lack them."""

    class_names: tuple[str, ...] = ()
    """The classes' names by label, if the data set has them. A header may lack them."""

    test: str = ""
    """The data set that it was tested on, if that is another one. A header may lack it."""

    test_fraction: float = datasets.TEST_FRACTION
    """The fraction of the samples held back for testing. A header may lack it."""

    targets: dict[str, Any] = field(default_factory=dict)
    """The map from numbers to learn to a board's int16, by `TargetScaling.to_dict`; empty if the network learns
    classes. A header may lack it."""

    confidence: list[int] = field(default_factory=list)
    """How often answers to test samples were right, percent, in each of eight ranges of the margin between the two
    highest outputs (`eqprop_host.training.confidence`); empty if that is not known. A header may lack it."""

    @property
    def crc(self) -> int:
        """The CRC-32 of all conductances in order, little-endian; the board reports the same."""
        crc = 0
        for g in self.conductances:
            crc = binascii.crc32(g.astype(g.dtype.newbyteorder("<")).tobytes(), crc)
        return crc

    @classmethod
    def load(cls, path: str | Path) -> Model:
        """Return the model that `save` wrote to `path`.

        Raises DataError naming the path and the problem: a missing file, a file that is not a saved network, a newer
        format, or a truncated or damaged file.
        """
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
        try:
            return _parsed(content, path)
        except DataError as error:
            raise DataError(f"{path}: {error}") from error

    def save(self, path: str | Path) -> None:
        """Write the model to `path`: whole, or not at all. Raises LogError if it cannot be written."""
        header = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "conductances"}
        places = {f"{name}_place": place_of(header[name], path) for name in ("data", "test")}
        text = json.dumps({"format": FORMAT, **header, **places, "crc": f"{self.crc:08x}"})
        plan = eqprop.plan(self.layers, self.model)
        kind = steps_type(plan).newbyteorder("<")
        arrays: dict[str, Any] = {
            f"conductances_{c}": g.astype(kind).reshape(shape)
            for c, (g, shape) in enumerate(zip(self.conductances, plan.shapes, strict=True))
        }
        file = io.BytesIO()
        np.savez(file, header=np.frombuffer(text.encode(), np.uint8), **arrays)
        write_whole(path, file.getvalue())

    def put_on(self, board: Any, **options: Any) -> Any:
        """Put the network on an open board and return the board's state.

        options: for the board's `configure`. Raises BoardError if the board then holds another network.
        """
        board.configure(
            self.layers, self.seed, self.lr_halving_samples, model=self.model, regression=bool(self.targets), **options
        )
        return board.restore(self.conductances, self.sample)

    def infer(self, features: ArrayLike, board: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Return (classes, output voltages) of samples: int64 (samples,) and int16 (samples, outputs).

        features: real numbers (samples, features), in the unit that the network was trained in. board: a port
        for `open_board`, or an open board, on which the network is put; None for the emulator in this process,
        which gives the same bits. Raises DataError for features that do not suit the network.
        """
        from .boards.opened import opened  # imported here, because it loads the link to boards

        x = datasets.Scaling.from_dict(self.scaling).quantise(np.asarray(features))
        with opened(board) as held:
            return self.infer_inputs(held, x)

    def infer_inputs(self, board: Any, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Put the network on an open board, and return the results of `infer` for inputs, int8 (samples, inputs)."""
        placed = None  # restarts of the board when the network was put there

        def answered(first: int) -> tuple[np.ndarray, np.ndarray]:
            nonlocal placed
            if placed != len(board.restarts):
                self.put_on(board, alphabet=alphabet_of(x))
                placed = len(board.restarts)
            answers: tuple[np.ndarray, np.ndarray] = board.infer(x[first : first + AT_ONCE])
            board.refresh()  # if the board's memory rotted meanwhile, it says so, and this is repeated
            return answers

        found = [board.repeat(partial(answered, first)) for first in range(0, max(1, len(x)), AT_ONCE)]
        classes, outputs = zip(*found, strict=True)
        return np.concatenate(classes), np.concatenate(outputs)

    def predict(self, features: ArrayLike, board: Any = None) -> np.ndarray:
        """Return the class of each sample: its name if the data set names its classes, otherwise its label.

        A network that learnt numbers returns them: float64 (samples, targets), in the unit of its training data.
        Arguments and errors as for `infer`.
        """
        classes, outputs = self.infer(features, board)
        if self.targets:
            return datasets.TargetScaling.from_dict(self.targets).predicted(outputs)
        return np.array(self.class_names)[classes] if self.class_names else classes


_MAY_LACK = {
    "run_number": 0,
    "recipe": {},
    "reading": {},
    "feature_names": [],
    "class_names": [],
    "test": "",
    "test_fraction": datasets.TEST_FRACTION,
    "targets": {},
    "confidence": [],
}

_WHOLE = {
    "seed": 2**32 - 1,
    "lr_halving_samples": 2**31 - 1,
    "sample": 2**31 - 1,
    "classes": datasets.CLASSES_MAX,
    "run_number": 2**32 - 1,
}


def crc_text(crc: int) -> str | None:
    """Return a `State`'s CRC in eight hexadecimal digits; None if the board's crossbar has none."""
    return None if crc in (NO_CRC, UNREADABLE) else f"{crc:08x}"


def check_sent(model: Model, crc: int) -> None:
    """Raise BoardError unless the conductances that a board sent for `model` have the CRC that it reported, if any."""
    if crc_text(crc) and model.crc != crc:
        raise BoardError(f"the board's conductances: expected CRC {crc:08x}, got {model.crc:08x}")


def _parsed(content: bytes, path: str | Path) -> Model:
    if not content:
        raise DataError("is empty")
    if not content.startswith(b"PK"):
        raise DataError("is not a saved network")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            # Reading a member to its end checks its CRC, so NumPy never parses damaged bytes.
            members = {name: archive.read(name) for name in archive.namelist()}
    # zipfile does not document its exceptions; BadZipFile, zlib.error, NotImplementedError, UnicodeDecodeError occur.
    except Exception as error:
        raise DataError(f"is truncated or damaged: {' '.join(str(error).split()) or type(error).__name__}") from error
    header = _header(_array(members, "header"))
    plan = eqprop.plan(tuple(header["layers"]), header["model"])
    kind = steps_type(plan)
    arrays = [_array(members, f"conductances_{c}") for c in range(len(plan.shapes))]
    for c, (g, shape) in enumerate(zip(arrays, plan.shapes, strict=True)):
        if g.dtype != kind or g.shape != shape:
            raise DataError(f"conductances_{c}: {g.dtype} {g.shape}, expected {kind} {shape}")
        if g.min() < plan.g_min or g.max() > plan.g_max:
            raise DataError(f"conductances_{c}: {g.min()}..{g.max()} are not in {plan.g_min}..{plan.g_max}")
    values = {f.name: header[f.name] for f in fields(Model) if f.name != "conductances"}
    for name in ("data", "test"):
        values[name] = found(values[name], header.get(f"{name}_place"), path)
    for name in ("feature_names", "class_names"):
        values[name] = tuple(values[name])
    model = Model(**{**values, "layers": plan.layers}, conductances=[g.astype(kind).ravel() for g in arrays])
    if header["crc"] != f"{model.crc:08x}":
        raise DataError(f"conductances: CRC {model.crc:08x}, but {header['crc']} was saved")
    return model


def _array(members: dict[str, bytes], name: str) -> np.ndarray:
    """Return an array of the archive. Raises DataError."""
    data = members.get(f"{name}.npy")
    if data is None:
        raise DataError(f"is not a saved network: has no array {name}")
    try:
        with PARSING:
            array: np.ndarray = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
        return array
    except (ValueError, EOFError, MemoryError, OverflowError) as error:
        raise DataError(f"is not a saved network: {name}: {' '.join(str(error).split())}") from error


def _header(array: np.ndarray) -> dict[str, Any]:
    """Return the header after checking its values, except against the conductances. Raises DataError."""
    try:
        header: dict[str, Any] = {**_MAY_LACK, **json.loads(array.tobytes())}
        version = header["format"]
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise DataError("is not a saved network: its header is invalid") from error
    if type(version) is not int or version < 1:
        raise DataError(f"is not a saved network: format {version!r}")
    if version != FORMAT:
        writer = str(header.get("version", "of another version"))[:40]
        raise DataError(f"format {version}, saved by eqprop {writer}; this one, {eqprop.__version__}, reads {FORMAT}")
    if header.get("model") not in MODELS[1:]:
        raise DataError(f"model: expected {', '.join(MODELS[1:])}, got {str(header.get('model'))[:40]!r}")
    needed = [f.name for f in fields(Model) if f.name != "conductances"] + ["crc"]
    missing = [name for name in needed if name not in header]
    if missing:
        raise DataError(f"header: lacks {', '.join(missing)}")
    for key, largest in _WHOLE.items():
        if type(header[key]) is not int or not 0 <= header[key] <= largest:
            raise DataError(f"{key}: {header[key]!r} is not in 0..{largest}")
    for key in ("data", "test", "version", "crc"):
        if not isinstance(header[key], str):
            raise DataError(f"{key}: {header[key]!r} is not text")
    if not isinstance(header["recipe"], dict):
        raise DataError(f"recipe: {header['recipe']!r} is not an object")
    datasets.Reading.from_dict(header["reading"])
    if header["targets"] != {}:
        count = len(datasets.TargetScaling.from_dict(header["targets"]).offset)
        if count != header["layers"][-1]:
            raise DataError(f"targets: {count} for {header['layers'][-1]} outputs")
    shares = header["confidence"]
    if not isinstance(shares, list) or len(shares) not in (0, 8):
        raise DataError("confidence: expected eight percentages, or none")
    if not all(type(share) is int and 0 <= share <= 100 for share in shares):
        raise DataError(f"confidence: {shares} are not all whole numbers in 0..100")
    fraction = header["test_fraction"]
    if not isinstance(fraction, float) or not 0 <= fraction < 1:
        raise DataError(f"test_fraction: {fraction!r} is not from 0 to below 1")
    _check_sizes(header)
    _check_names(header, "feature_names", header["layers"][0])
    _check_names(header, "class_names", header["classes"])
    return header


def _check_names(header: dict[str, Any], key: str, count: int) -> None:
    """Raise DataError unless there are `count` names, or none."""
    names = header[key]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DataError(f"{key}: expected a list of texts")
    if names and len(names) != count:
        raise DataError(f"{key}: {len(names)} names for {count}")


def _check_sizes(header: dict[str, Any]) -> None:
    """Raise DataError unless layers, classes and scaling fit each other."""
    layers = header["layers"]
    if not isinstance(layers, list):
        raise DataError(f"layers: {layers!r} is not a list of sizes")
    try:
        eqprop.plan(tuple(layers), header["model"])
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(str(error)) from error
    if header["classes"] > layers[-1]:
        raise DataError(f"classes: {header['classes']} for {layers[-1]} outputs")
    if datasets.Scaling.from_dict(header["scaling"]).features != layers[0]:
        raise DataError(f"scaling: for {header['scaling']['features']} features, but there are {layers[0]} inputs")
