"""The records of a running program (`eqprop.protocol.telemetry`) as the fields in their bytes, and requests as bytes.

`eqprop_host.field.records` makes objects of the fields. This module is in the subset of Python that MicroPython runs
too: the studio's page reads records by it.
"""

import struct
from binascii import crc32

from eqprop.protocol import messages
from eqprop.protocol import telemetry as kinds

_CLOCK = 8  # bytes
_LABELLED = 14


class OtherFormat(ValueError):
    """The program tells records of a format that this eqprop does not read."""


def fields(kind, payload, sequence=0):
    """Return the fields of the record in a frame's payload, a dict, or None for a type that this eqprop does not know.

    sequence: the frame's. `us` is the board's clock; items of an array are `items` bytes of type `typecode`. Raises
    OtherFormat; ValueError, IndexError, KeyError or struct.error for a payload that is too short.
    """
    if kind not in _FIELDS:
        return None
    seconds, microseconds = struct.unpack_from("<II", payload)
    found = _FIELDS[kind](payload[_CLOCK:])
    found["us"] = 1000000 * seconds + microseconds
    if kind == kinds.ANSWER:
        found["sequence"] = sequence
    return found


def _about(data):
    if data[0] != kinds.FORMAT:
        words = "the board's program tells format {}, this eqprop reads {}: `eqprop deploy` updates it"
        raise OtherFormat(words.format(data[0], kinds.FORMAT))
    _, model, flags, count = data[:4]
    layers = struct.unpack_from(f"<{count}H", data, 4)
    seed, halving = struct.unpack_from("<II", data, 4 + 2 * count)
    return {
        "model": messages.MODELS[model],
        "layers": layers,
        "seed": seed,
        "lr_halving_samples": halving,
        "calibrated": bool(flags & kinds.CALIBRATED),
        "has_memory": bool(flags & kinds.WITH_MEMORY),
        "learns_numbers": bool(flags & kinds.LEARNS_NUMBERS),
        "identity": data[12 + 2 * count :],
    }


def _reading(data):
    return {"typecode": chr(data[0]), "items": data[1:]}


def _features(data):
    return {"typecode": "b", "items": data}


def _labelled(data):
    sample, label, lead, value, highest = struct.unpack_from("<IHHIH", data)
    features = data[_LABELLED:] or None
    return value, {"sample": sample, "label": label, "lead": lead, "highest": highest, "features": features}


def _answer(data):
    value, found = _labelled(data)
    found["confidence_percent"] = None if value == kinds.UNCALIBRATED else value
    return found


def _learnt(data):
    loss, found = _labelled(data)
    found["loss"] = loss
    return found


def _numbers(data):
    (sample,) = struct.unpack_from("<I", data)
    return {"sample": sample, "typecode": "h", "items": data[4:]}


def _saved(data):
    kept, failed, written = _whole("<BHI", data)
    return {"kept": bool(kept), "failed": failed, "written": written}


def _devices(data):
    sample, crossbar, first = struct.unpack_from("<IBI", data)
    return {"sample": sample, "crossbar": crossbar, "first": first, "data": data[9:]}


def _health(data):
    sample, free, dropped = _whole("<III", data)
    return {"sample": sample, "free_heap": None if free == messages.UNKNOWN_HEAP else free, "dropped": dropped}


def _taught(data):
    token, done = _whole("<HB", data)
    return {"token": token, "done": bool(done)}


def _log_piece(data):
    box, first = struct.unpack_from("<II", data)
    features, offset = struct.unpack_from("<HH", data, 8) if len(data) > 8 else (0, 0)
    return {"box": box, "first": first, "features": features, "offset": offset, "data": data[12:]}


def _whole(layout, data):
    if len(data) != struct.calcsize(layout):
        raise ValueError(f"expected {struct.calcsize(layout)} bytes, got {len(data)}")
    return struct.unpack(layout, data)


_FIELDS = {
    kinds.ABOUT: _about,
    kinds.READING: _reading,
    kinds.FEATURES: _features,
    kinds.ANSWER: _answer,
    kinds.LEARNT: _learnt,
    kinds.NUMBERS: _numbers,
    kinds.SAVED: _saved,
    kinds.FAULT: lambda data: {"text": data},
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
