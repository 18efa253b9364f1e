"""What a host and a board say to each other: message types and payloads, one source for both sides.

Integers are little-endian; `features` are int8, 127 is full scale. The host asks and the board answers with the same
sequence number; the board never speaks first.

    asked                  payload                                                      answered
    HELLO      1           protocol u8                                                  STATE
    CONFIGURE  2           seed u32, halve_every u32, layer sizes u16...                STATE
    SAMPLES    3           first number u32, then for each: label u16, features         PROGRESS
    INFER      4           features of one or more samples                              CLASSES
    READ       5           crossbar u8, start u32, count u16                            DEVICES
    WRITE      6           crossbar u8, start u32, conductances u16...                  DONE
    RESUME     7           sample u32                                                   STATE
    BYE        8           nothing; the board's service ends                            DONE
    BENCH      9           samples u16, layer sizes u16...; forgets the network         MEASURES

    STATE     65           protocol u8, payload limit u16, credit u16, free heap u32, next sample u32, CRC-32 of the
                           conductances u32, seed u32, halve_every u32, number of layers u8, their sizes u16...,
                           identity in UTF-8; no layers before the first CONFIGURE
    PROGRESS  66           next sample u32, right answers u32, loss u32: totals since CONFIGURE, modulo 2**30
    CLASSES   67           for each sample: class u16, output voltages i16...
    DEVICES   68           conductances u16...
    DONE      69           nothing
    ERROR     70           message in UTF-8
    MEASURES  71           means of ticks u32 each: to learn a sample, to infer one, for each law of `eqprop.bench`;
                           heap bytes u32, widest hidden layer that fits u16 (0: no limit), unit and tier in UTF-8

Training samples are numbered from 0. The board learns sample n when it has learnt 0..n-1 and ignores it when it has
learnt it already, so a host may send again what it is unsure of. Credit is how many bytes of frames the board can
hold back while it learns: a host keeps no more unanswered, except that one frame is always allowed.
"""

import struct
from collections import namedtuple

from ._compat import const

PROTOCOL = const(1)

HELLO = const(1)
CONFIGURE = const(2)
SAMPLES = const(3)
INFER = const(4)
READ = const(5)
WRITE = const(6)
RESUME = const(7)
BYE = const(8)
BENCH = const(9)
STATE = const(65)
PROGRESS = const(66)
CLASSES = const(67)
DEVICES = const(68)
DONE = const(69)
ERROR = const(70)
MEASURES = const(71)

UNKNOWN_HEAP = 0xFFFFFFFF
TOTAL_MASK = 0x3FFFFFFF

_CONFIGURE = "<II"
_STATE = "<BHHIIIIIB"
_SAMPLES = "<I"
_LABEL = "<H"
_DEVICES = "<BI"
_READ = "<BIH"
_RESUME = "<I"
_PROGRESS = "<III"
_BENCH = "<H"
_MEASURES = "<IIIIIIIIH"

SAMPLES_HEADER = const(4)
SAMPLE_HEADER = const(2)
DEVICES_HEADER = const(5)

State = namedtuple(
    "State",
    ("protocol", "limit", "credit", "free_heap", "sample", "crc", "seed", "halve_every", "layers", "identity"),
)
Progress = namedtuple("Progress", ("sample", "right", "loss"))
Measures = namedtuple("Measures", ("learn", "infer", "laws", "heap_bytes", "widest", "unit", "tier"))


def _unpack(layout, payload, name):
    """Unpack the head of a payload. Raises ValueError naming the message when it is too short."""
    if len(payload) < struct.calcsize(layout):
        raise ValueError("{}: {} bytes are too few".format(name, len(payload)))
    return struct.unpack_from(layout, payload, 0)


def _sizes(payload, start, count, name):
    """Return `count` layer sizes from offset `start`."""
    if len(payload) < start + 2 * count:
        raise ValueError("{}: {} bytes are too few".format(name, len(payload)))
    return struct.unpack_from("<{}H".format(count), payload, start)


def pack_hello():
    """Return a HELLO payload of this protocol version."""
    return bytes((PROTOCOL,))


def unpack_hello(payload):
    """Return the host's protocol version."""
    return _unpack("<B", payload, "HELLO")[0]


def pack_configure(layers, seed, halve_every):
    """Return a CONFIGURE payload: layer sizes, the seed of the conductances, samples to each halving of the rates."""
    return struct.pack(_CONFIGURE, seed, halve_every) + struct.pack("<{}H".format(len(layers)), *layers)


def unpack_configure(payload):
    """Return (layers, seed, halve_every)."""
    seed, halve_every = _unpack(_CONFIGURE, payload, "CONFIGURE")
    return _sizes(payload, 8, (len(payload) - 8) // 2, "CONFIGURE"), seed, halve_every


def pack_state(state):
    """Return the STATE payload of a `State`."""
    layers = state.layers
    fields = state[:8] + (len(layers),)
    return struct.pack(_STATE, *fields) + struct.pack("<{}H".format(len(layers)), *layers) + state.identity.encode()


def unpack_state(payload):
    """Return the `State` in a STATE payload."""
    fields = _unpack(_STATE, payload, "STATE")
    start = struct.calcsize(_STATE)
    layers = _sizes(payload, start, fields[8], "STATE")
    identity = bytes(payload[start + 2 * fields[8] :]).decode()
    return State(*(fields[:8] + (layers, identity)))


def pack_samples(first, rows):
    """Return a SAMPLES payload: the first one's number, and (label, features as bytes) of each."""
    payload = bytearray(struct.pack(_SAMPLES, first))
    for label, features in rows:
        payload += struct.pack(_LABEL, label)
        payload += features
    return payload


def unpack_samples(payload, inputs):
    """Return (first number, how many samples) of a SAMPLES payload for `inputs` features; see `sample_label`."""
    first = _unpack(_SAMPLES, payload, "SAMPLES")[0]
    size = len(payload) - SAMPLES_HEADER
    if size % (SAMPLE_HEADER + inputs):
        raise ValueError("SAMPLES: {} bytes are no whole samples of {} features".format(size, inputs))
    return first, size // (SAMPLE_HEADER + inputs)


def sample_label(payload, at):
    """Return the label of the sample whose record begins at offset `at`; its features follow it."""
    return payload[at] | payload[at + 1] << 8


def pack_progress(progress):
    """Return the PROGRESS payload of a `Progress`."""
    return struct.pack(_PROGRESS, *progress)


def unpack_progress(payload):
    """Return the `Progress` in a PROGRESS payload."""
    return Progress(*_unpack(_PROGRESS, payload, "PROGRESS"))


def pack_read(crossbar, start, count):
    """Return a READ payload: `count` devices of a crossbar, from device `start`."""
    return struct.pack(_READ, crossbar, start, count)


def unpack_read(payload):
    """Return (crossbar, start, count)."""
    return _unpack(_READ, payload, "READ")


def pack_write(crossbar, start, data):
    """Return a WRITE payload: conductances as little-endian uint16 bytes, from device `start` on."""
    return struct.pack(_DEVICES, crossbar, start) + data


def unpack_write(payload):
    """Return (crossbar, start, data)."""
    crossbar, start = _unpack(_DEVICES, payload, "WRITE")
    return crossbar, start, payload[DEVICES_HEADER:]


def pack_resume(sample):
    """Return a RESUME payload: go on with training sample `sample` on the conductances written."""
    return struct.pack(_RESUME, sample)


def unpack_resume(payload):
    """Return the sample number."""
    return _unpack(_RESUME, payload, "RESUME")[0]


def pack_bench(samples, layers):
    """Return a BENCH payload: measure a network of these sizes over so many samples."""
    return struct.pack(_BENCH, samples) + struct.pack("<{}H".format(len(layers)), *layers)


def unpack_bench(payload):
    """Return (samples, layers)."""
    samples = _unpack(_BENCH, payload, "BENCH")[0]
    return samples, _sizes(payload, 2, (len(payload) - 2) // 2, "BENCH")


def pack_measures(measures):
    """Return the MEASURES payload of a `Measures`."""
    numbers = (measures.learn, measures.infer) + tuple(measures.laws) + (measures.heap_bytes, measures.widest)
    return struct.pack(_MEASURES, *numbers) + "{} {}".format(measures.unit, measures.tier).encode()


def unpack_measures(payload):
    """Return the `Measures` in a MEASURES payload."""
    learn, infer, *laws, heap_bytes, widest = _unpack(_MEASURES, payload, "MEASURES")
    words = bytes(payload[struct.calcsize(_MEASURES) :]).decode().split()
    if len(words) != 2:
        raise ValueError("MEASURES: no unit and tier")
    return Measures(learn, infer, tuple(laws), heap_bytes, widest, words[0], words[1])
