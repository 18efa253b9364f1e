"""Lets a board learn on a crossbar chip at the host's end of the line. A simulated chip may take its place.

As in `eqprop.protocol.messages`, the host asks and the board answers. Here a board's answer, CHIP, may in turn ask the
host for something: it names a verb of the crossbar. The host's next message, RESULT, brings the verb's result.

    request                payload                                                      answer
    CHIP_CONFIGURE 32      energy model u8 (1: resistive; 129: it learns numbers),      CHIP with DONE
                           lr_halving_samples u32, layer sizes u16...; the board drops
                           its own network
    CHIP_LEARN     33      label u16, or a target i16 for each output; features i8...   CHIP
    CHIP_INFER     34      features i8...                                               CHIP
    RESULT         35      the result of the last CHIP's verb                           CHIP

    CHIP      96           verb u8 and its arguments                                    RESULT holds
        SETTLE     1       features i8...: drive them, settle the free phase            output voltages i16...
        NUDGE      2       phase u8, a current i32 into each output: settle             output voltages i16...
        PROGRAM    3       a rate shift u8 for each crossbar                            nothing
        DONE       4       next sample u32, class u16, loss u32, output voltages i16... (not answered)

Voltages and currents are the plan's integers: the codes of the chip's converters. Each message of the host begins with
its turn u8, which differs from the turn of the message before. If a message comes again with the same turn, the board
repeats its answer and does nothing twice. HELLO of a new session resets the turns.

`ChipLoop` waits for nothing. A sample is a generator: it yields a CHIP payload for each verb, and RESULT resumes it.
docs/reference/protocol.md has the rules.
"""

import struct

from .._compat import const
from ..crossbar import FREE, MINUS, PLUS
from ..crossbar.external import ExternalCrossbar
from ..crossbar.kernels.plain import highest
from ..learner import Learner
from ..planning import Plan
from ..protocol.messages import CHIP_CONFIGURE, CHIP_LEARN, NUMBERS, RESISTIVE, RESULT

SETTLE = const(1)
NUDGE = const(2)
PROGRAM = const(3)
DONE = const(4)

CONFIGURE_LAYOUT = "<BI"
_CONFIGURE_BYTES = const(5)
LABEL_LAYOUT = "<H"
OUTCOME_LAYOUT = "<IHI"
OUTCOME_BYTES = const(10)
_PREDICTION = const(1)  # in a learner's tally


class RemoteCrossbar(ExternalCrossbar):
    """The verbs of `eqprop.crossbar` that a learner needs, on a chip at the host's end.

    The chip's own verbs are generators: each yields one CHIP payload and is sent the payload of its RESULT.
    """

    def __init__(self, plan, allocate):
        """Take the sizes of `plan`; `allocate(typecode, items)` makes a zeroed array."""
        super().__init__(plan)
        self._phases = tuple(allocate("h", self.classes) for _ in (FREE, PLUS, MINUS))

    def settle(self, x):
        """As `PlainCrossbar.settle`, as a generator that returns the prediction."""
        self.check(x)
        self._take(FREE, (yield bytes((SETTLE,)) + bytes(x)))
        return highest(self._phases[FREE], self.classes)

    def nudge(self, phase):
        """As `PlainCrossbar.nudge`, as a generator."""
        self.check_phase(phase)
        currents = struct.pack("<{}i".format(len(self.currents)), *self.currents)
        self._take(phase, (yield bytes((NUDGE, phase)) + currents))

    def program(self):
        """Let the chip change its conductances by its voltages in PLUS and MINUS, at these rate_shifts; a generator."""
        yield bytes((PROGRAM,)) + self.rate_shifts

    def voltages(self, layer, phase):
        """Return the output voltages of that phase: int16; the chip does not send those of hidden layers."""
        if layer != len(self.plan.layers) - 1:
            raise ValueError("layer: expected the output layer {}, got {}".format(len(self.plan.layers) - 1, layer))
        return self._phases[phase]

    def _take(self, phase, result):
        v = self._phases[phase]
        if len(result) != 2 * len(v):
            raise ValueError("RESULT: expected {} bytes for {} outputs, got {}".format(2 * len(v), len(v), len(result)))
        codes = struct.unpack("<{}h".format(len(v)), result)
        for k in range(len(v)):
            v[k] = codes[k]


class RemoteLearner(Learner):
    """A learner on a `RemoteCrossbar`, one verb at a time."""

    def learn_steps(self, x, label):
        """Learn one sample as `Learner.learn` does, to the same bits: yield CHIP payloads, and be sent the RESULTs."""
        crossbar = self._crossbar
        prediction = yield from crossbar.settle(x)
        loss = crossbar.set_nudge(label)
        if loss:
            yield from crossbar.nudge(PLUS)
            yield from crossbar.nudge(MINUS)
            yield from crossbar.program()
        self.count(prediction, loss)


class ChipLoop:
    """Answers the messages 32 to 35 of a `Service`: a learner on a `RemoteCrossbar`, without I/O."""

    def __init__(self, allocate, room):
        """Have no network yet. allocate: as for `RemoteCrossbar`; room: the most bytes of a CHIP payload."""
        self._allocate = allocate
        self._room = room
        self._turn = None
        self._last = None  # the answer to the last turn, None if it failed
        self._sample = None  # the generator that waits for a RESULT, None if none does
        self._crossbar = None
        self._learner = None

    def greet(self):
        """Reset the turns and drop the sample under way, for a new session."""
        self._turn = self._sample = None

    def answer(self, kind, payload):
        """Return the CHIP payload that answers a message. Raises ValueError for one that is refused."""
        if not len(payload):
            raise ValueError("chip: message {} without a turn".format(kind))
        turn = payload[0]
        if turn != self._turn:
            sample = self._accept(kind)
            # A refused message leaves its turn free. From here on, one that fails has used its turn
            self._turn, self._last, self._sample = turn, None, None
            self._last = self._do(kind, payload[1:], sample)
        elif self._last is None:
            raise ValueError("chip: turn {} has failed".format(turn))
        return self._last

    def _accept(self, kind):
        """Return the sample under way, or None. Raises ValueError for a message that may not come now."""
        sample = self._sample
        if kind != CHIP_CONFIGURE:
            if not self._learner:
                raise ValueError("no network: CHIP_CONFIGURE comes first")
            if kind == RESULT and not sample:
                raise ValueError("chip: expected CHIP_LEARN or CHIP_INFER, got RESULT")
            if kind != RESULT and sample:
                raise ValueError("chip: expected RESULT, got message {}".format(kind))
        return sample

    def _do(self, kind, payload, sample):
        """Do what a message says, up to the next verb; return the CHIP payload."""
        if kind == CHIP_CONFIGURE:
            return self._configure(payload)
        result = None
        if kind == RESULT:
            result = payload
        else:
            sample = self._learn(payload) if kind == CHIP_LEARN else self._infer(payload)
        try:
            asked = sample.send(result)
        except StopIteration as end:
            return end.value
        self._sample = sample
        return asked

    def _configure(self, payload):
        """Make a learner that begins with sample 0; the chip keeps its conductances."""
        self._crossbar = self._learner = None
        size = len(payload) - _CONFIGURE_BYTES
        if size < 0 or size % 2:
            raise ValueError("CHIP_CONFIGURE: expected 5 bytes and layer sizes u16, got {} bytes".format(len(payload)))
        model, lr_halving_samples = struct.unpack_from(CONFIGURE_LAYOUT, payload, 0)
        if model & ~NUMBERS != RESISTIVE:
            raise ValueError("model: expected 1 (resistive), got {}".format(model & ~NUMBERS))
        plan = Plan(struct.unpack_from("<{}H".format(size // 2), payload, _CONFIGURE_BYTES))
        features, classes = plan.layers[0], plan.layers[-1]
        longest = max(1 + features, 2 + 4 * classes, 1 + OUTCOME_BYTES + 2 * classes)  # SETTLE, NUDGE, DONE
        if longest > self._room:
            raise ValueError("layers: CHIP takes {} bytes, this board's limit is {}".format(longest, self._room))
        self._crossbar = crossbar = RemoteCrossbar(plan, self._allocate)
        learner = RemoteLearner(crossbar, plan, lr_halving_samples)
        self._layout = LABEL_LAYOUT
        if model & NUMBERS:
            from ..extras.regression import Regression  # imported here, for boards that learn classes, or lack it

            crossbar.set_nudge = Regression(crossbar, learner).set_nudge  # type: ignore[method-assign]
            self._layout = "<{}h".format(classes)
        self._learner = learner
        return self._done(0)

    def _learn(self, payload):
        right = struct.calcsize(self._layout)
        if len(payload) < right:
            raise ValueError("CHIP_LEARN: expected {} bytes and features, got {} bytes".format(right, len(payload)))
        wanted = struct.unpack_from(self._layout, payload, 0)
        if self._layout == LABEL_LAYOUT:
            (wanted,) = wanted
        yield from self._learner.learn_steps(bytes(payload[right:]), wanted)
        return self._done(self._learner.tally[_PREDICTION])

    def _infer(self, payload):
        return self._done((yield from self._crossbar.settle(bytes(payload))))

    def _done(self, prediction):
        loss, _, sample, _ = self._learner.tally
        outputs = self._crossbar.voltages(len(self._crossbar.plan.layers) - 1, FREE)
        outcome = struct.pack(OUTCOME_LAYOUT, sample, prediction, loss)
        return bytes((DONE,)) + outcome + struct.pack("<{}h".format(len(outputs)), *outputs)
