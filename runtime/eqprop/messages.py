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
    BENCH      9           verbs u8, then samples as in SAMPLES: learns them, timed     MEASURES

    STATE     65           protocol u8, payload limit u16, credit u16, free heap u32, next sample u32, CRC-32 of the
                           conductances u32, seed u32, halve_every u32, number of layers u8, their sizes u16...,
                           identity in UTF-8; no layers before the first CONFIGURE
    PROGRESS  66           next sample u32, right answers u32, loss u32: totals since CONFIGURE, modulo 2**30
    CLASSES   67           for each sample: class u16, output voltages i16...
    DEVICES   68           conductances u16...
    DONE      69           nothing
    ERROR     70           message in UTF-8
    MEASURES  71           heap bytes of the network u32, widest hidden layer that would fit u16 (0: no limit),
                           nanoseconds of a tick u32, tier, a space, what a tick is and a zero in UTF-8, then ticks in
                           all u32 each: to learn the samples and to infer each, or if verbs is 1 of each of
                           `eqprop.bench.VERBS`

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
_BENCH = "<B"
_MEASURES = "<IHI"

SAMPLES_HEADER = const(4)
SAMPLE_HEADER = const(2)
BENCH_HEADER = const(1)
DEVICES_HEADER = const(5)

State = namedtuple(
    "State",
    ("protocol", "limit", "credit", "free_heap", "sample", "crc", "seed", "halve_every", "layers", "identity"),
)
Progress = namedtuple("Progress", ("sample", "right", "loss"))
Measures = namedtuple("Measures", ("heap_bytes", "widest", "tick_ns", "tier", "unit", "ticks"))


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
    return struct.pack(_SAMPLES, first) + pack_rows(rows)


def pack_rows(rows):
    """Return samples, (label, features as bytes) each, as SAMPLES and BENCH hold them."""
    payload = bytearray()
    for label, features in rows:
        payload += struct.pack(_LABEL, label)
        payload += features
    return payload


def unpack_samples(payload, inputs):
    """Return (first number, how many samples) of a SAMPLES payload for `inputs` features; see `rows`."""
    first = _unpack(_SAMPLES, payload, "SAMPLES")[0]
    return first, _count_rows(payload, SAMPLES_HEADER, inputs, "SAMPLES")


def _count_rows(payload, start, inputs, name):
    size = len(payload) - start
    if size % (SAMPLE_HEADER + inputs):
        raise ValueError("{}: {} bytes are no whole samples of {} features".format(name, size, inputs))
    return size // (SAMPLE_HEADER + inputs)


def rows(payload, start, inputs):
    """Yield (features, label) of each sample from offset `start` on; the features are views of the payload."""
    while start < len(payload):
        features = start + SAMPLE_HEADER
        yield payload[features : features + inputs], payload[start] | payload[start + 1] << 8
        start = features + inputs


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


def pack_bench(verbs, samples):
    """Return a BENCH payload: learn `samples`, (label, features as bytes) each, and time it; verbs: each verb."""
    return struct.pack(_BENCH, verbs) + pack_rows(samples)


def unpack_bench(payload, inputs):
    """Return whether each verb is to be timed; the samples' `rows` start at BENCH_HEADER."""
    verbs = _unpack(_BENCH, payload, "BENCH")[0]
    _count_rows(payload, BENCH_HEADER, inputs, "BENCH")
    return bool(verbs)


def pack_measures(measures):
    """Return the MEASURES payload of a `Measures`."""
    head = struct.pack(_MEASURES, measures.heap_bytes, measures.widest, measures.tick_ns)
    words = "{} {}\0".format(measures.tier, measures.unit).encode()
    return head + words + struct.pack("<{}I".format(len(measures.ticks)), *measures.ticks)


def unpack_measures(payload):
    """Return the `Measures` in a MEASURES payload."""
    fields = _unpack(_MEASURES, payload, "MEASURES")
    text, zero, ticks = bytes(payload[struct.calcsize(_MEASURES) :]).partition(b"\0")
    words = text.decode().split()
    if len(words) != 2 or not zero or len(ticks) % 4:
        raise ValueError("MEASURES: {} bytes are no tier, unit and ticks".format(len(payload)))
    return Measures(*(fields + (words[0], words[1], struct.unpack("<{}I".format(len(ticks) // 4), ticks))))
