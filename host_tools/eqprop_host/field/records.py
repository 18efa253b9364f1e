"""The records of a running program (`eqprop.protocol.telemetry`), unpacked, and what a host sends it, packed."""

import struct
from binascii import crc32
from dataclasses import dataclass, field

import numpy as np

import eqprop
from eqprop.protocol import messages
from eqprop.protocol import telemetry as kinds

from ..errors import ProtocolError

_CLOCK = 8  # bytes
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
    """Conductances of a part of a crossbar: int64 steps, as uint16."""

    sample: int
    crossbar: int
    first: int
    steps: np.ndarray


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
    data: bytes = field(repr=False)


def unpack(kind, payload, sequence=0):
    """Return the record in a frame's payload, or None for a type that this eqprop does not know.

    sequence: the frame's.

    Raises ProtocolError for one that is too short, or of another format.
    """
    try:
        seconds, microseconds = struct.unpack_from("<II", payload)
        unpacked = _UNPACKED.get(kind)
        us = 1_000_000 * seconds + microseconds
        if kind == kinds.ANSWER:
            return _answer(us, payload[_CLOCK:], sequence)
        return unpacked and unpacked(us, payload[_CLOCK:])
    except (struct.error, ValueError, IndexError, KeyError) as error:
        raise ProtocolError(f"record {kind}: {len(payload)} bytes are not valid: {error}") from error


def _about(us, data):
    if data[0] != kinds.FORMAT:
        raise ProtocolError(
            f"the board's program tells format {data[0]}, this eqprop reads {kinds.FORMAT}: `eqprop deploy` updates it"
        )
    _, model, flags, count = data[:4]
    layers = struct.unpack_from(f"<{count}H", data, 4)
    seed, halving = struct.unpack_from("<II", data, 4 + 2 * count)
    return About(
        us=us,
        model=messages.MODELS[model],
        layers=layers,
        seed=seed,
        lr_halving_samples=halving,
        calibrated=bool(flags & kinds.CALIBRATED),
        has_memory=bool(flags & kinds.WITH_MEMORY),
        learns_numbers=bool(flags & kinds.LEARNS_NUMBERS),
        identity=data[12 + 2 * count :].decode("utf-8", "replace"),
    )


def _reading(us, data):
    return Reading(us=us, values=np.frombuffer(data[1:], _TYPES[chr(data[0])]), are_features=False)


def _features(us, data):
    return Reading(us=us, values=np.frombuffer(data, np.int8), are_features=True)


def _labelled(data):
    sample, label, lead, value, highest = struct.unpack_from("<IHHIH", data)
    features = np.frombuffer(data[14:], np.int8) if len(data) > 14 else None
    return value, {"sample": sample, "label": label, "lead": lead, "highest": highest, "features": features}


def _answer(us, data, sequence):
    value, fields = _labelled(data)
    sure = None if value == kinds.UNCALIBRATED else value
    return Answer(us=us, sequence=sequence, confidence_percent=sure, **fields)


def _learnt(us, data):
    loss, fields = _labelled(data)
    return Learnt(us=us, loss=loss, **fields)


def _numbers(us, data):
    (sample,) = struct.unpack_from("<I", data)
    return Numbers(us=us, sample=sample, values=np.frombuffer(data[4:], "<i2"))


def _saved(us, data):
    kept, failed, written = struct.unpack("<BHI", data)
    return Saved(us=us, kept=bool(kept), failed=failed, written=written)


def _devices(us, data):
    sample, crossbar, first = struct.unpack_from("<IBI", data)
    return Devices(us=us, sample=sample, crossbar=crossbar, first=first, steps=np.frombuffer(data[9:], "<u2"))


def _health(us, data):
    sample, free, dropped = struct.unpack("<III", data)
    return Health(us=us, sample=sample, free_heap=None if free == messages.UNKNOWN_HEAP else free, dropped=dropped)


def _taught(us, data):
    token, done = struct.unpack("<BB", data)
    return Taught(us=us, token=token, done=bool(done))


def _log_piece(us, data):
    box, first = struct.unpack_from("<II", data)
    return LogPiece(us=us, box=box, first=first, data=data[8:])


_UNPACKED = {
    kinds.ABOUT: _about,
    kinds.READING: _reading,
    kinds.FEATURES: _features,
    kinds.LEARNT: _learnt,
    kinds.NUMBERS: _numbers,
    kinds.SAVED: _saved,
    kinds.FAULT: lambda us, data: Fault(us=us, text=data.decode("utf-8", "replace")),
    kinds.DEVICES: _devices,
    kinds.HEALTH: _health,
    kinds.TAUGHT: _taught,
    kinds.LOG: _log_piece,
}


def request(kind, payload=b""):
    """Return a request to a program, as bytes for its line: no byte of it interrupts a program."""
    head = struct.pack("<BBH", kind, 0, len(payload)) + payload
    whole = head + struct.pack("<I", crc32(head))
    return b"\0" + bytes(0x40 | half for byte in whole for half in (byte >> 4, byte & 15)) + b"\0"
