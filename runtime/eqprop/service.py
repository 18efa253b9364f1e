"""The board's command loop: serves one network to a host over a byte stream.

    import eqprop.service
    eqprop.service.main()

`Service` does no input or output: frames in, answers out; `main` joins it to the board's serial port. The service is
silent until a host speaks, executes nothing it receives, and checks every length before it uses it.
"""

import struct
import sys

from . import __version__, messages
from ._compat import SerialPort, free_heap, ticks_us
from .bench import measure_samples, measure_verbs, widest
from .chip import CHIP, CHIP_CONFIGURE, CHIP_INFER, CHIP_LEARN, RESULT, ChipLoop, Line
from .frames import Receiver, Sender
from .network import Network, zeros

CHUNK = 32  # bytes: a host pads what it sends with zeros to a multiple of it, so that the board can read blindly
_LIMIT = 1024  # bytes of payload
_CLOCK = (ticks_us, "us", 1000)
_CREDIT = 256  # bytes that a UART's receive buffer holds on common ports
_NEED_NETWORK = (messages.SAMPLES, messages.INFER, messages.READ, messages.WRITE, messages.RESUME, messages.BENCH)


def _class_size(layers):
    """Return the bytes of one sample's part of CLASSES."""
    return 2 + 2 * layers[-1]


class Service:
    """Answers a host's messages.

    - network: the one being trained, None before the first CONFIGURE
    - done: True once the host has said BYE
    """

    def __init__(self, build=Network, limit=_LIMIT, credit=_CREDIT, identity="", clock=_CLOCK):
        """Serve networks made by `build(layers, seed, halve_every)`.

        limit: bytes of a payload, raised when one sample needs more. credit: see `eqprop.messages`.
        identity: what the board says it is, beside the version and the interpreter. clock: what a benchmark goes by,
        a counter as MicroPython's `time.ticks_us`, what it counts, and the nanoseconds of one.
        """
        self.network = None
        self.done = False
        self._build = build
        self._credit = credit
        self._clock = clock
        implementation = sys.implementation
        version = ".".join(str(n) for n in implementation.version[:3])
        words = ("eqprop", __version__, implementation.name, version, sys.platform, identity)
        self._identity = " ".join(word for word in words if word)
        self._chip = ChipLoop(zeros)
        self._line = None
        self._right = 0
        self._loss = 0
        self._reserve(limit)
        self._handlers = {
            messages.HELLO: self._hello,
            messages.CONFIGURE: self._configure,
            messages.SAMPLES: self._samples,
            messages.INFER: self._infer,
            messages.READ: self._read,
            messages.WRITE: self._write,
            messages.RESUME: self._resume,
            messages.BYE: self._bye,
            messages.BENCH: self._bench,
            CHIP_CONFIGURE: self._chip_configure,
            CHIP_LEARN: lambda payload: (CHIP, self._chip.learn(payload)),
            CHIP_INFER: lambda payload: (CHIP, self._chip.infer(payload)),
            RESULT: lambda payload: (CHIP, self._chip.again()),
        }

    def _reserve(self, limit):
        """Make the buffers for payloads of up to `limit` bytes; the host, waiting for an answer, has sent no more."""
        self._receiver, self._sender = Receiver(limit), Sender(limit)
        self._limit = limit

    def receive(self, data):
        """Yield the answers, as bytes to send, to what `data` (bytes from the host) completes.

        An answer is valid until the next one is asked for.
        """
        for kind, sequence, payload in self._receiver.feed(data):
            if self._line:
                self._line.sequence = sequence
            try:
                kind, payload = self._answer(kind, payload)
                answer = self._sender.encode(kind, self._latest(sequence), payload)
            except Exception as error:  # whatever a message may cause, the board's loop goes on
                answer = self._sender.encode(messages.ERROR, self._latest(sequence), str(error).encode()[: self._limit])
            yield answer

    def _answer(self, kind, payload):
        handler = self._handlers.get(kind)
        if not handler:
            raise ValueError("message type {} is unknown".format(kind))
        if self.network is None and kind in _NEED_NETWORK:
            raise ValueError("no network: CONFIGURE comes first")
        return handler(payload)

    def _state(self):
        network = self.network
        free = free_heap()
        state = messages.State(
            messages.PROTOCOL,
            self._limit,
            self._credit,
            messages.UNKNOWN_HEAP if free is None else free,
            network.sample if network else 0,
            network.crc() if network else 0,
            network.seed if network else 0,
            network.halve_every if network else 0,
            network.layers if network else (),
            self._identity,
        )
        return messages.STATE, messages.pack_state(state)

    def _hello(self, payload):
        protocol = messages.unpack_hello(payload)
        if protocol != messages.PROTOCOL:
            raise ValueError("protocol {}: this board speaks {}".format(protocol, messages.PROTOCOL))
        return self._state()

    def _forget(self):
        """Let the network go, so that the next one finds the heap free."""
        self.network = None
        self._right = 0
        self._loss = 0

    def _configure(self, payload):
        """Build the network anew."""
        layers, seed, halve_every = messages.unpack_configure(payload)
        self._forget()
        network = self._build(layers, seed, halve_every)
        sample = max(messages.SAMPLES_HEADER + messages.SAMPLE_HEADER + layers[0], _class_size(layers))
        if sample > self._limit:
            self._reserve(sample)
        self.network = network
        return self._state()

    def _latest(self, sequence):
        """Return the number of the message to answer: `sequence`, or of the last RESULT that answering it took."""
        return self._line.sequence if self._line else sequence

    def join(self, read, write):
        """Let a crossbar chip at the other end be asked over this line: blocking read(buffer), write(data)."""
        self._line = Line(read, write, CHUNK, Receiver(self._limit), Sender(self._limit))
        self._chip.exchange = self._line.exchange

    def _chip_configure(self, payload):
        self._forget()
        return CHIP, self._chip.configure(*messages.unpack_configure(payload))

    def _samples(self, payload):
        network = self.network
        inputs = network.layers[0]
        number = messages.unpack_samples(payload, inputs)[0]
        for features, label in messages.rows(payload, messages.SAMPLES_HEADER, inputs):
            if number == network.sample:
                network.learn(features, label)
                self._right = (self._right + (network.answer == label)) & messages.TOTAL_MASK
                self._loss = (self._loss + network.loss) & messages.TOTAL_MASK
            number += 1
        return messages.PROGRESS, messages.pack_progress((network.sample, self._right, self._loss))

    def _infer(self, payload):
        network = self.network
        inputs = network.layers[0]
        if len(payload) % inputs:
            raise ValueError("INFER: {} bytes are no whole samples of {} features".format(len(payload), inputs))
        if len(payload) // inputs * _class_size(network.layers) > self._limit:
            raise ValueError("INFER: the answers to {} samples are too long".format(len(payload) // inputs))
        answer = bytearray()
        for at in range(0, len(payload), inputs):
            answer += struct.pack("<H", network.infer(payload[at : at + inputs]))
            answer += bytes(network.outputs)
        return messages.CLASSES, answer

    def _devices(self, crossbar):
        if crossbar >= self.network.crossbars:
            raise ValueError("crossbar: {} is not in 0..{}".format(crossbar, self.network.crossbars - 1))
        return self.network.conductances(crossbar)

    def _read(self, payload):
        crossbar, start, count = messages.unpack_read(payload)
        g = self._devices(crossbar)
        if start + count > len(g) or 2 * count > self._limit:
            raise ValueError("READ: {} devices at {} of {}".format(count, start, len(g)))
        return messages.DEVICES, bytes(g[start : start + count])

    def _write(self, payload):
        crossbar, start, data = messages.unpack_write(payload)
        self._devices(crossbar)
        self.network.restore(crossbar, start, data)
        return messages.DONE, b""

    def _resume(self, payload):
        self.network.settle_restored(messages.unpack_resume(payload))
        return self._state()

    def _bench(self, payload):
        network = self.network
        inputs = network.layers[0]
        counter, unit, tick_ns = self._clock
        measure = measure_verbs if messages.unpack_bench(payload, inputs) else measure_samples
        ticks = measure(network, messages.rows(payload, messages.BENCH_HEADER, inputs), counter)
        free = free_heap()
        room = widest(network.layers, None if free is None else free + network.plan.bytes)
        measures = messages.Measures(network.plan.bytes, room, tick_ns, network.crossbar.tier, unit, ticks)
        return messages.MEASURES, messages.pack_measures(measures)

    def _bye(self, _):
        self.done = True
        return messages.DONE, b""


def main(build=Network, **options):
    """Serve the host at the other end of this interpreter's serial port until it says BYE or hangs up.

    Arguments as for `Service`. Ctrl-C is a byte like any other meanwhile.
    """
    service = Service(build, **options)
    chunk = bytearray(CHUNK)
    with SerialPort() as (read, write):
        service.join(read, write)
        while not service.done and read(chunk):
            for answer in service.receive(chunk):
                write(answer)
