"""The host's half of `eqprop.protocol.messages`: payloads that only a host packs and unpacks. Boards do not load it."""

import struct
from collections import namedtuple

from .._compat import const
from .messages import CACHED, PROGRESS_LAYOUT, PROTOCOL, READ_LAYOUT, REFUSED, STATE_LAYOUT, TAKEN, WRITE_LAYOUT, unpack

_LOSS_BITS = const(30)
_HELLO = "<BI"
_NUMBER = "<I"
_NOTES = "<HH"
STRETCH_MAX = const(127)
SAMPLE_MAX = const(1073741823)  # of a training sample's number, as `eqprop.Network.resume_at` has it

State = namedtuple(
    "State",
    (
        "protocol",
        "session",
        "limit",
        "credit",
        "free_heap",
        "run_number",
        "sample",
        "crc",
        "seed",
        "lr_halving_samples",
        "saved",
        "written",
        "failed",
        "slots",
        "model",
        "layers",
        "identity",
    ),
)
Configuration = namedtuple(
    "Configuration", ("model", "run_number", "seed", "lr_halving_samples", "epoch", "layers", "alphabet")
)
Progress = namedtuple("Progress", ("sample", "cached", "counted", "correct", "loss"))


def pack_hello(session):
    """Return a HELLO payload of this protocol version; session: any number that the host has not used recently."""
    return struct.pack(_HELLO, PROTOCOL, session)


def unpack_state(payload):
    """Return the `State` in a STATE payload. Raises ValueError naming both versions for another protocol."""
    protocol = unpack("<B", payload, "STATE")[0]
    if protocol != PROTOCOL:
        raise ValueError("it speaks protocol {}, this eqprop {}".format(protocol, PROTOCOL))
    fields = unpack(STATE_LAYOUT, payload, "STATE")
    start = struct.calcsize(STATE_LAYOUT)
    layers = unpack("<{}H".format(fields[15]), payload, "STATE", start)
    identity = bytes(payload[start + 2 * fields[15] :]).decode()
    return State(*(fields[:15] + (layers, identity)))


def pack_samples(first, stretches):
    """Return a SAMPLES payload; stretches: each (records, None) or (None, cache slots)."""
    payload = bytearray(struct.pack(_NUMBER, first))
    for records, slots in stretches:
        if records:
            payload.append(len(records))
            for record in records:
                payload += record
        else:
            payload.append(CACHED | len(slots))
            payload += struct.pack("<{}H".format(len(slots)), *slots)
    return payload


def unpack_progress(payload):
    """Return the `Progress` in a PROGRESS payload."""
    sample, cached, counted, correct, low, high = unpack(PROGRESS_LAYOUT, payload, "PROGRESS")
    return Progress(sample, cached, counted, correct, high << _LOSS_BITS | low)


def unpack_error(payload):
    """Return (kind, text) of an ERROR payload; for another protocol's payload, only the text."""
    if not len(payload):
        return REFUSED, ""
    if payload[0] > TAKEN:
        return REFUSED, _words(payload)
    return payload[0], _words(payload[1:])


def _words(payload):
    try:
        return bytes(payload).decode()
    except UnicodeError:
        return repr(bytes(payload))


def pack_read(crossbar, start, count):
    """Return a READ payload: `count` devices of a crossbar, from device `start`."""
    return struct.pack(READ_LAYOUT, crossbar, start, count)


def pack_write(crossbar, start, data):
    """Return a WRITE payload: conductances as little-endian uint16 bytes, from device `start` on."""
    return struct.pack(WRITE_LAYOUT, crossbar, start) + data


def pack_resume(sample):
    """Return a RESUME payload: resume at training sample `sample` with the conductances written."""
    return struct.pack(_NUMBER, sample)


def pack_user_data_write(offset, total, piece):
    """Return a USER_DATA_WRITE payload: a piece of the user data, `total` bytes in all."""
    return struct.pack(_NOTES, offset, total) + piece


def pack_user_data_read(offset, count):
    """Return a USER_DATA_READ payload: up to `count` bytes of the user data, from `offset`."""
    return struct.pack(_NOTES, offset, count)


def unpack_user_data(payload):
    """Return (total size of the user data, the requested bytes)."""
    total = unpack("<H", payload, "USER_DATA")[0]
    return total, bytes(payload[2:])
