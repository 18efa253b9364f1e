"""Messages between host and board: types, payloads, and a board's functions to pack and unpack them.

`eqprop.protocol.host_messages` is the host's half; `docs/reference/protocol.md` has the rules of the conversation and
test vectors. Integers are little-endian. The host sends requests; the board answers in order, with the request's
sequence number, and never speaks first. The payload of every request except HELLO, and of its answer, begins with the
session u32 that HELLO gave; the table omits it.

    request                payload                                                      answer
    HELLO      1           protocol u8, session u32                                     STATE
    CONFIGURE  2           energy model u8 (1: resistive, 2: hopfield, 3: differential, 4:           STATE
                           hopfield with weights of 8 bits; 128 more if the network
                           learns numbers), run number u32, seed u32,
                           lr_halving_samples u32, epoch u32, number of layers u8, their
                           sizes u16..., alphabet i8... (none: all 256 values)
    SAMPLES    3           first number u32, then stretches: n u8 and n records, or     PROGRESS
                           128 + n u8 and n cache slots u16..., n in 1..127
    INFER      4           coded u8, then one or more samples: records (1), or          CLASSES
                           features i8... (0)
    READ       5           crossbar u8, start u32, count u16                            DEVICES
    WRITE      6           crossbar u8, start u32, conductances u16... (model 4: i8)    DONE
    RESUME     7           sample u32                                                   STATE
    BYE        8           nothing; ends the board's service                            DONE
    BENCH      9           learns samples as SAMPLES does, timed (`eqprop.bench`)       MEASURES
    STATUS    10           nothing                                                      STATE
    SAVE      11           nothing; writes a checkpoint if wear allows                  STATE
    USER_DATA_WRITE 12     offset u16, total u16, bytes; a piece of the user data       DONE
    USER_DATA_READ 13      offset u16, count u16                                        USER_DATA
    TARGETS   14           as SAMPLES, for a network that learns numbers: records of    PROGRESS
                           `eqprop.service.targets`

    STATE     65           protocol u8, session u32, payload limit u16, credit u16, free heap u32, run number
                           u32, next sample u32, CRC-32 of the conductances u32 (0: they have none, as reading them is
                           noisy; 0xFFFFFFFF: they cannot be read), seed u32, lr_halving_samples u32, next
                           sample of this network's newest checkpoint u32, checkpoints written u32, checkpoints failed
                           u16, cache slots u16, energy model u8, number of layers u8, their sizes u16..., identity in
                           UTF-8; model 0 and no layers before CONFIGURE
    PROGRESS  66           next sample u32, cache slots filled u16, and totals of this epoch: samples u32,
                           correct predictions u32, loss u32 modulo 2**30, loss u32 // 2**30
    CLASSES   67           for each sample: class u16, output voltages i16...
    DEVICES   68           conductances u16... (model 4: i8)
    DONE      69           nothing
    ERROR     70           kind u8 (REFUSED 0, GREET 1: the board has restarted, HELLO comes first; TAKEN 2: another
                           host's HELLO has ended the session), message in UTF-8
    MEASURES  71           how long each part took
    USER_DATA 72           total u16, bytes: those asked for, or fewer at the end of the user data
    WORKING   73           nothing: the answer takes a while, and comes under the same sequence number

Types 32 to 35 and 96 are of a crossbar chip (`eqprop.service.chip`). Records are those of `eqprop.protocol.records`, of
the alphabet that CONFIGURE names.
"""

import struct
import sys

from .._compat import const

PROTOCOL = const(4)
MODELS = (
    "",
    "resistive",
    "hopfield",
    "differential",
    "hopfield8",
)  # the energy models' names by number, in all formats that outlive a process; 0: no network
RESISTIVE = const(1)
NUMBERS = const(128)  # beside a model's number: the network learns numbers

HELLO = const(1)
CONFIGURE = const(2)
SAMPLES = const(3)
INFER = const(4)
READ = const(5)
WRITE = const(6)
RESUME = const(7)
BYE = const(8)
BENCH = const(9)
STATUS = const(10)
SAVE = const(11)
USER_DATA_WRITE = const(12)
USER_DATA_READ = const(13)
TARGETS = const(14)
STATE = const(65)
PROGRESS = const(66)
CLASSES = const(67)
DEVICES = const(68)
DONE = const(69)
ERROR = const(70)
MEASURES = const(71)
USER_DATA = const(72)
WORKING = const(73)

CHIP_CONFIGURE = const(32)
CHIP_LEARN = const(33)
CHIP_INFER = const(34)
RESULT = const(35)
CHIP = const(96)

REFUSED = const(0)
GREET = const(1)
TAKEN = const(2)

UNKNOWN_HEAP = const(4294967295)
NEVER_SAVED = const(4294967295)
NO_CRC = const(0)
UNREADABLE = const(4294967295)
CACHED = const(128)
SLOTS_MAX = const(65535)

CONFIGURE_LAYOUT = const("<BIIIIB")
_CONFIGURE_SIZE = const(18)
STATE_LAYOUT = const("<BIHHIIIIIIIIHHBB")
# Next sample, cache slots filled, samples, correct predictions, loss modulo 2**30, loss // 2**30
PROGRESS_LAYOUT = const("<IHIIII")
READ_LAYOUT = "<BIH"
WRITE_LAYOUT = "<BI"

SESSION_HEADER = const(4)
SAMPLES_HEADER = const(4)
STRETCH_HEADER = const(1)
SLOT_SIZE = const(2)
INFER_HEADER = const(1)
CLASS_SIZE = const(2)
WRITE_HEADER = const(5)


def unpack(layout, payload, name, start=0):
    """Unpack a payload from offset `start`. Raises ValueError naming the message if it is too short."""
    if len(payload) < start + struct.calcsize(layout):
        raise ValueError("{}: {} bytes are too few".format(name, len(payload)))
    return struct.unpack_from(layout, payload, start)


def unpack_configure(payload):
    """Return (model, run_number, seed, lr_halving_samples, epoch, layers, alphabet) of a CONFIGURE payload.

    The model is without NUMBERS. Raises ValueError for one that is too short, and for an energy model that this eqprop
    does not have.
    """
    fields = unpack(CONFIGURE_LAYOUT, payload, "CONFIGURE")
    model = fields[0] & ~NUMBERS
    if not 0 < model < len(MODELS):
        raise ValueError("model: {} is not in 1..{}".format(model, len(MODELS) - 1))
    count = fields[5]
    layers = unpack("<{}H".format(count), payload, "CONFIGURE", _CONFIGURE_SIZE)
    return (model,) + fields[1:5] + (layers, bytes(payload[_CONFIGURE_SIZE + 2 * count :]))


def identify(release, more):
    """Return what a board says of itself: eqprop's version, `release`, the interpreter's, the port, and `more`."""
    implementation = sys.implementation
    version = "{}.{}.{}".format(*implementation.version[:3])
    return " ".join(("eqprop", release, implementation.name, version, sys.platform, more)).strip()


def pack_state(state):
    """Return the STATE payload of the fields of an `eqprop.protocol.host_messages.State`, in order."""
    layers, identity = state[15:]
    sizes = struct.pack("<{}H".format(len(layers)), *layers)
    return struct.pack(STATE_LAYOUT, *(state[:15] + (len(layers),))) + sizes + identity.encode()


def pack_error(kind, words):
    """Return an ERROR payload."""
    return bytes((kind,)) + words.encode()
