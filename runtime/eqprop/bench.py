"""Measures how long this processor takes to learn and to infer, and for each of a crossbar's verbs while it learns.

The host's request and the answer, in addition to the messages of `eqprop.protocol.messages`:

    BENCH      9           verbs u8, first number u32, then samples: label u16, features i8...; learns them like
                           SAMPLES, timed
    MEASURES  71           next sample u32, heap bytes of the network u32, widest hidden layer that would fit u16 (0:
                           no limit), nanoseconds per tick u32, tier, a space, the name of a tick and a zero in UTF-8,
                           then ticks u32 each, modulo 2**32, summed since CONFIGURE: for learning and for inference
                           (requests with verbs 0), then for each of VERBS (requests with verbs 1)
"""

import struct
from collections import namedtuple

from ._compat import const, free_heap, ticks_diff
from .learner import Learner
from .network import parts
from .protocol.messages import unpack

VERBS = ("settle", "set_nudge", "nudge", "program")  # settle: the free phase; a training sample nudges twice
_SAMPLE = const(2)  # in a learner's tally
_WIDEST = const(8191)
_TICKS_MASK = const(0xFFFFFFFF)

_BENCH = "<BI"
_LABEL = "<H"
_MEASURES = "<IIHI"
_HEADER_BYTES = const(5)
_LABEL_BYTES = const(2)
_ROOM = const(8192)  # free heap bytes for a sample and its timing

Measures = namedtuple("Measures", ("sample", "heap_bytes", "widest", "tick_ns", "tier", "unit", "ticks"))


class Stopwatch:
    """Measures the ticks between two calls, without its own time."""

    def __init__(self, ticks):
        """Use `ticks()`, a counter like MicroPython's `time.ticks_us`."""
        self._ticks = ticks
        self._own = 0
        self._last = ticks()
        self()
        self._own = min(self(), self(), self())

    def __call__(self) -> int:
        """Return the ticks since the last call."""
        passed = ticks_diff(self._ticks(), self._last) - self._own
        self._last = self._ticks()
        return passed


class _Timed:
    """A crossbar for a learner that sums the ticks of each verb."""

    def __init__(self, crossbar, passed):
        self._crossbar = crossbar
        self._passed = passed
        self.totals = [0] * len(VERBS)
        self.set_rate_shift = crossbar.set_rate_shift

    def settle(self, x):
        self._passed()
        answer = self._crossbar.settle(x)
        self.totals[0] += self._passed()
        return answer

    def set_nudge(self, label):
        self._passed()
        loss = self._crossbar.set_nudge(label)
        self.totals[1] += self._passed()
        return loss

    def nudge(self, phase):
        self._passed()
        self._crossbar.nudge(phase)
        self.totals[2] += self._passed()

    def program(self):
        self._passed()
        self._crossbar.program()
        self.totals[3] += self._passed()


def measure_samples(network, rows, ticks):
    """Learn `rows`, pairs of features and label; return the total ticks of learning, and of inference after each.

    If the heap is short, garbage is collected before a sample, outside the measurement.
    """
    passed = Stopwatch(ticks)
    learn = infer = 0
    for x, label in rows:
        free_heap(_ROOM)
        passed()
        network.learn(x, label)
        learn += passed()
        network.infer(x)
        infer += passed()
    return learn, infer


def measure_verbs(network, rows, ticks):
    """Learn `rows` as `measure_samples` does; return the total ticks of each of VERBS."""
    timed = _Timed(network.crossbar, Stopwatch(ticks))
    learner = Learner(timed, network.plan, network.lr_halving_samples)
    learner.resume_at(network.sample)
    try:
        for x, label in rows:
            free_heap(_ROOM)
            learner.learn(x, label)
    finally:
        network.learner.resume_at(learner.tally[_SAMPLE])
    return tuple(timed.totals)


def widest(layers, free, model=None):
    """Return the most hidden nodes that fit in `free` bytes of heap, given inputs and outputs; 0 if free is None."""
    if free is None:
        return 0
    planned = parts(model)[0]
    low, high = 0, _WIDEST
    while low < high:
        middle = (low + high + 1) // 2
        try:
            needed = planned((layers[0], middle, layers[-1])).bytes
        except ValueError:  # too wide for the model's numbers
            needed = free + 1
        if needed <= free:
            low = middle
        else:
            high = middle - 1
    return low


class Benchmark:
    """The sums of all BENCH requests to a network since it was configured."""

    def __init__(self, network, clock):
        """Measure `network` by `clock`, as given to `Service`."""
        self._network = network
        self._x = bytearray(network.layers[0])
        self._counter, self._unit, self._tick_ns = clock
        self._ticks = [0] * (2 + len(VERBS))  # for learning, for inference, then for each verb
        free = free_heap()
        self._widest = widest(network.layers, None if free is None else free + network.plan.bytes, network.model)

    def answer(self, payload):
        """Learn the samples of a BENCH payload that are new to the network; return the payload of MEASURES."""
        network = self._network
        inputs = network.layers[0]
        verbs, first = unpack_bench(payload, inputs)
        learnt = network.sample - first  # learnt of these samples; negative if one before them is missing
        start = _HEADER_BYTES + learnt * (_LABEL_BYTES + inputs) if learnt >= 0 else len(payload)
        measure, at = (measure_verbs, 2) if verbs else (measure_samples, 0)
        for each in measure(network, rows(payload, start, self._x), self._counter):
            self._ticks[at] += each
            at += 1
        ticks = [total & _TICKS_MASK for total in self._ticks]
        tier = network.crossbar.tier
        measures = (network.sample, network.plan.bytes, self._widest, self._tick_ns, tier, self._unit, ticks)
        return pack_measures(Measures(*measures))


def pack_bench(verbs, first, samples):
    """Return a BENCH payload: learn `samples`, (label, features as bytes) each, timed; verbs: time each verb.

    first: number of the first sample.
    """
    payload = bytearray(struct.pack(_BENCH, verbs, first))
    for label, features in samples:
        payload += struct.pack(_LABEL, label)
        payload += features
    return payload


def unpack_bench(payload, inputs):
    """Return (whether to time each verb, number of the first sample); the `rows` start after the header."""
    verbs, first = unpack(_BENCH, payload, "BENCH")
    size = len(payload) - _HEADER_BYTES
    if size % (_LABEL_BYTES + inputs):
        raise ValueError("BENCH: {} bytes are not whole samples of {} features".format(size, inputs))
    return bool(verbs), first


def rows(payload, start, x):
    """Yield (features, label) of each sample from offset `start` on; the features are always in `x`, as in training."""
    while start < len(payload):
        features = start + _LABEL_BYTES
        label = payload[start] | payload[start + 1] << 8
        start = features + len(x)
        x[:] = payload[features:start]
        yield x, label


def pack_measures(measures):
    """Return the MEASURES payload of a `Measures`."""
    head = struct.pack(_MEASURES, *measures[:4])
    words = "{} {}\0".format(measures.tier, measures.unit).encode()
    return head + words + struct.pack("<{}I".format(len(measures.ticks)), *measures.ticks)


def unpack_measures(payload):
    """Return the `Measures` in a MEASURES payload."""
    fields = unpack(_MEASURES, payload, "MEASURES")
    text, zero, ticks = bytes(payload[struct.calcsize(_MEASURES) :]).partition(b"\0")
    words = text.decode().split()
    if len(words) != 2 or not zero or len(ticks) % 4:
        raise ValueError("MEASURES: {} bytes, expected tier, unit and ticks".format(len(payload)))
    return Measures(*(fields + (words[0], words[1], struct.unpack("<{}I".format(len(ticks) // 4), ticks))))
