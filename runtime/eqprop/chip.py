"""A crossbar chip at the far end of the link: the board learns, and whoever serves it plays or drives the crossbar.

The host asks and the board answers, as always (`eqprop.messages`); here an answer may be a question in turn. What the
board wants of its crossbar comes as CHIP, and the host's next message, RESULT, brings what came of it:

    asked                  payload                                                      answered
    CHIP_CONFIGURE 32      as CONFIGURE; the network's crossbar is the host's           CHIP with DONE
    CHIP_LEARN     33      label u16, features                                          CHIP
    CHIP_INFER     34      features                                                     CHIP
    RESULT         35      what came of the last CHIP                                   CHIP

    CHIP      96           verb u8 and what it needs                                    RESULT then holds
        SETTLE     1       features; drive them, settle the free phase                  output voltages i16...
        NUDGE      2       phase u8, currents into the outputs i32...; settle           output voltages i16...
        PROGRAM    3       rates u8..., one for each crossbar                           nothing
        DONE       4       next sample u32, class u16, loss u32, output voltages i16... nothing follows

Voltages and currents are the plan's integers: the codes of the chip's converters. A message that comes again is
answered again, and nothing is done twice.
"""

import struct

from ._compat import const
from .circuit import FREE, MINUS, PLUS
from .crossbar import CheckedCrossbar
from .kernels.plain import highest, pull
from .learning import Learner
from .planning import Plan

CHIP_CONFIGURE = const(32)
CHIP_LEARN = const(33)
CHIP_INFER = const(34)
RESULT = const(35)
CHIP = const(96)

SETTLE = const(1)
NUDGE = const(2)
PROGRAM = const(3)
DONE = const(4)

_LABEL = "<H"
_OUTCOME = "<IHI"
OUTCOME_BYTES = const(10)


def pack_learn(label, features):
    """Return a CHIP_LEARN payload: a label and its features as bytes."""
    return struct.pack(_LABEL, label) + features


def unpack_outcome(payload):
    """Return (next sample, class, loss, output voltages as bytes) of a DONE."""
    if len(payload) < OUTCOME_BYTES:
        raise ValueError("DONE: {} bytes are too few".format(len(payload)))
    sample, answer, loss = struct.unpack_from(_OUTCOME, payload, 0)
    return sample, answer, loss, bytes(payload[OUTCOME_BYTES:])


class RemoteCrossbar(CheckedCrossbar):
    """The verbs of `eqprop.crossbar` that a learner needs, those that the chip does each a question to the host."""

    def __init__(self, plan, ask, allocate):
        """Let `ask(verb, payload)` return what came of a verb; `allocate(typecode, items)` makes a zeroed array."""
        self.plan = plan
        self._ask = ask
        self.features = plan.layers[0]
        self.classes = plan.layers[-1]
        self.currents = allocate("i", self.classes)
        self._phases = tuple(allocate("h", self.classes) for _ in (FREE, PLUS, MINUS))
        self._rates = bytearray(plan.rates)

    def settle(self, x):
        """As `EmulatedCrossbar.settle`."""
        self.check(x)
        self._read(FREE, self._ask(SETTLE, bytes(x)))
        return highest(self._phases[FREE], self.classes)

    def pull(self, label):
        """As `EmulatedCrossbar.pull`."""
        self.check_label(label)
        plan = self.plan
        return pull(self._phases[FREE], plan.targets, label, plan.beta, plan.scales[-1] - 2, self.currents)

    def nudge(self, phase):
        """As `EmulatedCrossbar.nudge`."""
        self.check_phase(phase)
        currents = struct.pack("<{}i".format(len(self.currents)), *self.currents)
        self._read(phase, self._ask(NUDGE, bytes((phase,)) + currents))

    def set_rate(self, c, rate):
        """As `EmulatedCrossbar.set_rate`; the chip hears of it when it programs."""
        self.check_rate(rate)
        self._rates[c] = rate

    def program(self):
        """Let the chip change its conductances by what it saw in PLUS and MINUS."""
        self._ask(PROGRAM, bytes(self._rates))

    def voltages(self, layer, phase):
        """Return the output voltages of that phase: int16; the hidden layers' stay on the chip."""
        if layer != len(self.plan.layers) - 1:
            raise ValueError("layer: {} is not the output layer {}".format(layer, len(self.plan.layers) - 1))
        return self._phases[phase]

    def _read(self, phase, payload):
        v = self._phases[phase]
        if len(payload) != 2 * len(v):
            raise ValueError("RESULT: {} bytes for {} outputs".format(len(payload), len(v)))
        codes = struct.unpack("<{}h".format(len(v)), payload)
        for k in range(len(v)):
            v[k] = codes[k]


class ChipLoop:
    """The board's side: a learner on a `RemoteCrossbar`, asked by the host as `Service` is."""

    def __init__(self, allocate):
        """Learn nothing yet. `exchange`, set by who joins it to a line, takes a CHIP payload and returns a RESULT's."""
        self.exchange = None
        self._allocate = allocate
        self._crossbar = None
        self._learner = None
        self._last = b""

    def configure(self, layers, seed, halve_every):
        """Begin anew. The conductances are the chip's affair, and so is `seed`."""
        if self.exchange is None:
            raise ValueError("chip: no line to the crossbar")
        plan = Plan(layers)
        self._crossbar = RemoteCrossbar(plan, self._ask, self._allocate)
        self._learner = Learner(self._crossbar, plan, halve_every)
        return self._done(0)

    def learn(self, payload):
        """Learn a sample; return the CHIP payload that ends it."""
        features = self._features(payload, 2)
        self._learner.learn(features, struct.unpack_from(_LABEL, payload, 0)[0])
        return self._done(self._learner.answer)

    def infer(self, payload):
        """Infer a sample; return the CHIP payload that ends it."""
        return self._done(self._crossbar.settle(self._features(payload, 0)))

    def again(self):
        """Return the last CHIP payload: a RESULT outside of a sample can only have been sent again."""
        return self._last

    def _features(self, payload, start):
        if self._learner is None:
            raise ValueError("no network: CHIP_CONFIGURE comes first")
        if len(payload) < start:
            raise ValueError("CHIP_LEARN: {} bytes are too few".format(len(payload)))
        return bytes(payload[start:])

    def _ask(self, verb, payload):
        return self.exchange(bytes((verb,)) + payload)

    def _done(self, answer):
        learner = self._learner
        outputs = self._crossbar.voltages(len(self._crossbar.plan.layers) - 1, FREE)
        outcome = struct.pack(_OUTCOME, learner.sample, answer, learner.loss)
        self._last = bytes((DONE,)) + outcome + struct.pack("<{}h".format(len(outputs)), *outputs)
        return self._last


class Line:
    """Exchanges CHIP for RESULT over a byte stream, in the midst of answering a message."""

    def __init__(self, read, write, chunk, receiver, sender):
        """Use blocking `read(buffer)` and `write(data)` and frames of their own; chunk: bytes to read at a time."""
        self._read, self._write = read, write
        self._chunk = bytearray(chunk)
        self._receiver, self._sender = receiver, sender
        self.sequence = -1

    def exchange(self, payload):
        """Answer the message under way with CHIP `payload`, and return the RESULT that follows."""
        frame = bytes(self._sender.encode(CHIP, self.sequence, payload))
        self._write(frame)
        result = None
        while result is None:
            if not self._read(self._chunk):
                raise OSError("chip: the host hung up")
            # To the end of the chunk: a receiver is not to be left in the midst of one
            for kind, sequence, data in self._receiver.feed(self._chunk):
                if sequence == self.sequence:
                    self._write(frame)  # the host did not hear it
                elif kind == RESULT:
                    self.sequence = sequence
                    result = bytes(data)
                else:
                    raise ValueError("chip: message {} instead of a RESULT".format(kind))
        return result
