"""A crossbar chip at the far end of the link: the board learns, and whoever serves it plays or drives the crossbar.

The host asks and the board answers, as always (`eqprop.protocol.messages`); here an answer may be a question in turn.
What the board wants of its crossbar comes as CHIP, and the host's next message, RESULT, brings what came of it:

    asked                  payload                                                      answered
    CHIP_CONFIGURE 32      energy model u8 (1: resistive), lr_halving_samples u32,      CHIP with DONE
                           layer sizes u16...; the board's own network is forgotten
    CHIP_LEARN     33      label u16, features                                          CHIP
    CHIP_INFER     34      features                                                     CHIP
    RESULT         35      what came of the last CHIP                                   CHIP

    CHIP      96           verb u8 and what it needs                                    RESULT then holds
        SETTLE     1       features; drive them, settle the free phase                  output voltages i16...
        NUDGE      2       phase u8, currents into the outputs i32...; settle           output voltages i16...
        PROGRAM    3       rate shifts u8..., one for each crossbar                     nothing
        DONE       4       next sample u32, class u16, loss u32, output voltages i16... nothing follows

Voltages and currents are the plan's integers: the codes of the chip's converters. Each of the host's messages begins
with its turn u8, another number than the message before it had: one that comes again, with the same turn, is answered
again, and nothing is done twice. HELLO resets the turns.
"""

import struct

from .._compat import const
from ..crossbar import FREE, MINUS, PLUS, CheckedCrossbar
from ..crossbar.kernels.plain import highest, set_nudge
from ..learner import Learner
from ..network import zeros
from ..planning import Plan
from ..protocol.frames import Receiver, Sender
from ..protocol.messages import RESISTIVE, SESSION_HEADER

CHIP_CONFIGURE = const(32)
CHIP_LEARN = const(33)
CHIP_INFER = const(34)
RESULT = const(35)
CHIP = const(96)
_IN_TURN = (CHIP_CONFIGURE, CHIP_LEARN, CHIP_INFER, RESULT)

SETTLE = const(1)
NUDGE = const(2)
PROGRAM = const(3)
DONE = const(4)

_CONFIGURE = "<BI"
_CONFIGURE_BYTES = const(5)
_LABEL = "<H"
_OUTCOME = "<IHI"
OUTCOME_BYTES = const(10)


def pack_configure(layers, lr_halving_samples):
    """Return a CHIP_CONFIGURE payload without its turn."""
    return struct.pack(_CONFIGURE, RESISTIVE, lr_halving_samples) + struct.pack("<{}H".format(len(layers)), *layers)


def pack_learn(label, features):
    """Return a CHIP_LEARN payload without its turn: a label and its features as bytes."""
    return struct.pack(_LABEL, label) + features


def unpack_outcome(payload):
    """Return (next sample, class, loss, output voltages as bytes) of a DONE."""
    if len(payload) < OUTCOME_BYTES:
        raise ValueError("DONE: {} bytes are too few".format(len(payload)))
    sample, prediction, loss = struct.unpack_from(_OUTCOME, payload, 0)
    return sample, prediction, loss, bytes(payload[OUTCOME_BYTES:])


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
        self._rate_shifts = bytearray(plan.rate_shifts)

    def settle(self, x):
        """As `PlainCrossbar.settle`."""
        self.check(x)
        self._read(FREE, self._ask(SETTLE, bytes(x)))
        return highest(self._phases[FREE], self.classes)

    def set_nudge(self, label):
        """As `PlainCrossbar.set_nudge`."""
        self.check_label(label)
        plan = self.plan
        return set_nudge(self._phases[FREE], plan.targets, label, plan.beta, plan.scales[-1] - 2, self.currents)

    def nudge(self, phase):
        """As `PlainCrossbar.nudge`."""
        self.check_phase(phase)
        currents = struct.pack("<{}i".format(len(self.currents)), *self.currents)
        self._read(phase, self._ask(NUDGE, bytes((phase,)) + currents))

    def set_rate_shift(self, c, rate_shift):
        """As `EmulatedCrossbar.set_rate_shift`; the chip hears of it when it programs."""
        self.check_rate_shift(rate_shift)
        self._rate_shifts[c] = rate_shift

    def program(self):
        """Let the chip change its conductances by what it saw in PLUS and MINUS."""
        self._ask(PROGRAM, bytes(self._rate_shifts))

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

    def __init__(self, allocate, line):
        """Learn nothing yet. line: the `Line` to who plays the crossbar, None for none."""
        self.line = line
        self._turn = None
        self._allocate = allocate
        self._crossbar = None
        self._learner = None
        self._last = None  # what the last message came to, None where it failed
        self._does = {CHIP_CONFIGURE: self._configure, CHIP_LEARN: self._learn, CHIP_INFER: self._infer}

    def greet(self):
        """Forget the turns: a host resets them."""
        self._turn = None

    def serve(self, service, kind, payload):
        """Answer a message of a `Service`, whose answer has the sequence number of the last one on the line."""
        line = self.line
        if line is None:
            return self.answer(kind, payload)
        line.sequence, line.token = service.sequence, service.token
        try:
            return self.answer(kind, payload)
        finally:
            service.sequence = line.sequence

    def answer(self, kind, payload):
        """Return the CHIP payload that ends a message of the host's; one that comes again changes nothing."""
        if not len(payload):
            raise ValueError("chip: message {} without a turn".format(kind))
        if payload[0] != self._turn:
            if kind not in self._does:
                raise ValueError("chip: a RESULT that nobody asked for")
            self._turn, self._last = payload[0], None
            self._last = self._does[kind](payload[1:])
        elif self._last is None:
            raise ValueError("chip: turn {} has failed".format(payload[0]))
        return self._last

    def _configure(self, payload):
        """Begin with sample 0; the chip keeps the conductances."""
        if self.line is None:
            raise ValueError("chip: no line to the crossbar")
        size = len(payload) - _CONFIGURE_BYTES
        if size < 0 or size % 2:
            raise ValueError("CHIP_CONFIGURE: {} bytes are no layers".format(len(payload)))
        model, lr_halving_samples = struct.unpack_from(_CONFIGURE, payload, 0)
        if model != RESISTIVE:
            raise ValueError("model: expected 1 (resistive), got {}".format(model))
        plan = Plan(struct.unpack_from("<{}H".format(size // 2), payload, _CONFIGURE_BYTES))
        self._crossbar = RemoteCrossbar(plan, self._ask, self._allocate)
        self._learner = Learner(self._crossbar, plan, lr_halving_samples)
        return self._done(0)

    def _learn(self, payload):
        features = self._features(payload, 2)
        self._learner.learn(features, struct.unpack_from(_LABEL, payload, 0)[0])
        return self._done(self._learner.prediction)

    def _infer(self, payload):
        return self._done(self._crossbar.settle(self._features(payload, 0)))

    def _features(self, payload, start):
        if self._learner is None:
            raise ValueError("no network: CHIP_CONFIGURE comes first")
        if len(payload) < start:
            raise ValueError("CHIP_LEARN: {} bytes are too few".format(len(payload)))
        return bytes(payload[start:])

    def _ask(self, verb, payload):
        self._turn, result = self.line.exchange(bytes((verb,)) + payload, self._turn)
        return result

    def _done(self, prediction):
        learner = self._learner
        outputs = self._crossbar.voltages(len(self._crossbar.plan.layers) - 1, FREE)
        outcome = struct.pack(_OUTCOME, learner.sample, prediction, learner.loss)
        return bytes((DONE,)) + outcome + struct.pack("<{}h".format(len(outputs)), *outputs)


class Line:
    """Exchanges CHIP for RESULT over a byte stream, in the midst of answering a message."""

    def __init__(self, read, write, chunk, receiver, sender):
        """Use blocking `read(buffer)` and `write(data)` and frames of their own; chunk: bytes to read at a time."""
        self._read, self._write = read, write
        self._chunk = bytearray(chunk)
        self._receiver, self._sender = receiver, sender
        self.sequence = -1
        self.token = b""

    def exchange(self, payload, turn):
        """Answer the message under way, of that turn, with CHIP `payload`; return the turn and payload of RESULT."""
        self._write(self._sender.encode(CHIP, self.sequence, payload, self.token))
        result = None
        while result is None:
            if not self._read(self._chunk):
                raise OSError("chip: the host hung up")
            # To the end of the chunk: a receiver is not to be left in the midst of one
            for kind, sequence, data in self._receiver.feed(self._chunk):
                ours = data[:SESSION_HEADER] == self.token
                data = data[SESSION_HEADER:]
                if ours and kind in _IN_TURN and len(data) and data[0] == turn:  # the host did not hear it
                    self.sequence = sequence
                    self._write(self._sender.encode(CHIP, sequence, payload, self.token))
                elif ours and len(data) and kind == RESULT:
                    self.sequence = sequence
                    result = data[0], bytes(data[1:])
                else:  # such as HELLO of another host: left without an answer, it comes again
                    raise ValueError("chip: message {} instead of a RESULT".format(kind))
        return result


def open_loop(port, chunk, limit):
    """Return the `ChipLoop` of a service. port: its (read, write), None for none; limit: bytes of its payloads."""
    line = None
    if port:
        read, write = port
        line = Line(read, write, chunk, Receiver(limit), Sender(limit))
    return ChipLoop(zeros, line)
