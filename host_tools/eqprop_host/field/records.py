"""The records of a running program (`eqprop.protocol.telemetry`) as objects."""

import struct
from dataclasses import dataclass, field

import numpy as np

import eqprop
from eqprop.protocol import telemetry as kinds

from ..errors import ProtocolError
from ..link import telling
from ..link.steps import steps_type

_TYPES = {"b": "i1", "B": "u1", "h": "<i2", "H": "<u2", "i": "<i4", "I": "<u4", "l": "<i4", "L": "<u4", "f": "<f4"}


@dataclass(frozen=True, kw_only=True)
class Record:
    """What every record has."""

    us: int
    """The board's clock: microseconds since its program started."""


@dataclass(frozen=True, kw_only=True)
class About(Record):
    """The program, its network and its interpreter."""

    model: str
    """The energy model; "" for a program without a network."""
    layers: tuple[int, ...]
    seed: int
    lr_halving_samples: int
    calibrated: bool
    has_memory: bool
    learns_numbers: bool
    identity: str

    @property
    def plan(self):
        """The `eqprop.Plan` of the network. Raises ProtocolError for a program without one, or impossible layers."""
        try:
            if not self.model:
                raise ValueError("the program has no network")
            return eqprop.plan(self.layers, self.model)
        except ValueError as error:
            raise ProtocolError(f"the board's program: {error}") from error


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading(Record):
    """A sensor's readings, or features."""

    values: np.ndarray
    are_features: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Labelled(Record):
    """An answer, or a sample learnt."""

    sample: int
    """Samples learnt so far."""
    label: int
    """The class answered, or learnt."""
    lead: int
    """The voltage by which the highest output is above the next."""
    highest: int
    """The highest output, before learning."""
    features: np.ndarray | None
    """int8 (inputs,), or None."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer(Labelled):
    """An answer."""

    confidence_percent: int | None
    sequence: int
    """The number of its frame, 0..255, by which a host may name it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Learnt(Labelled):
    """A sample learnt."""

    loss: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Numbers(Record):
    """The numbers that a network predicted."""

    sample: int
    values: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Saved(Record):
    """An attempt to save the network."""

    kept: bool
    failed: int
    written: int


@dataclass(frozen=True, kw_only=True)
class Fault(Record):
    """Something is wrong."""

    text: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Devices(Record):
    """Conductances of a part of a crossbar, as bytes."""

    sample: int
    crossbar: int
    first: int
    data: bytes

    def steps(self, plan):
        """Return them in steps of the type of the network's plan."""
        kind = steps_type(plan)
        return np.frombuffer(self.data, kind.newbyteorder("<")).astype(kind)


@dataclass(frozen=True, kw_only=True)
class Health(Record):
    """How the board does."""

    sample: int
    free_heap: int | None
    dropped: int


@dataclass(frozen=True, kw_only=True)
class Taught(Record):
    """The answer to a request."""

    token: int
    done: bool


@dataclass(frozen=True, kw_only=True)
class LogPiece(Record):
    """A piece of the black box."""

    box: int
    """The number of the black box."""
    first: int
    """The number of the first record in `data`; without data that of the next record."""
    features: int
    """Features in a record."""
    offset: int
    """The place of `data` in that record."""
    data: bytes = field(repr=False)


def unpack(kind, payload, sequence=0):
    """Return the record in a frame's payload, or None for a type that this eqprop does not know.

    sequence: the frame's.

    Raises ProtocolError for one that is too short, or of another format.
    """
    try:
        fields = telling.fields(kind, payload, sequence)
        if fields is None:
            return None
        if kind == kinds.NUMBERS:
            fields["values"] = np.frombuffer(fields.pop("items"), _TYPES[fields.pop("typecode")])
        elif kind in (kinds.READING, kinds.FEATURES):
            values = np.frombuffer(fields["items"], _TYPES[fields["typecode"]])
            return Reading(us=fields["us"], values=values, are_features=kind == kinds.FEATURES)
        if kind in (kinds.ANSWER, kinds.LEARNT) and fields["features"]:
            fields["features"] = np.frombuffer(fields["features"], np.int8)
        for name in ("identity", "text"):
            if name in fields:
                fields[name] = fields[name].decode("utf-8", "replace")
        return _RECORDS[kind](**fields)
    except telling.OtherFormat as error:
        raise ProtocolError(str(error)) from error
    except (struct.error, ValueError, IndexError, KeyError) as error:
        raise ProtocolError(f"record {kind}: {len(payload)} bytes are not valid: {error}") from error


_RECORDS = {
    kinds.ABOUT: About,
    kinds.ANSWER: Answer,
    kinds.LEARNT: Learnt,
    kinds.NUMBERS: Numbers,
    kinds.SAVED: Saved,
    kinds.FAULT: Fault,
    kinds.DEVICES: Devices,
    kinds.HEALTH: Health,
    kinds.TAUGHT: Taught,
    kinds.LOG: LogPiece,
}
