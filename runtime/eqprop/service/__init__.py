"""The board's command loop: serves one network to a host over a byte stream.

    import eqprop.service
    eqprop.service.main()

`Service` does no I/O: bytes in, answers out. `serve` joins it to any stream. `main` serves the board's serial port,
with checkpoints in the board's filesystem. The service is silent until a host sends a message. It executes nothing that
it receives, accepts no file name, and checks every length before it uses it. Its largest buffers are those of a frame,
the network and the cache; the cache takes at most `cache_bytes`, and on a board never the last 16 KB of the heap.
"""

import sys
from binascii import crc32

from .. import __version__
from .._compat import const, free_heap, kbd_intr, ticks_us
from ..checkpoint import Checkpoints
from ..crossbar import Rot
from ..network import Network
from ..protocol import messages
from ..protocol.frames import Receiver, Sender
from ..protocol.records import Code, unpack
from . import states
from .sampling import Samples

CHUNK = const(32)  # bytes: a host pads with zeros to a multiple of it, so that the board can read whole chunks
_LIMIT = const(1024)  # bytes of payload
LEAST = const(192)  # the smallest limit of a payload, in bytes
_CLOCK = (ticks_us, "us", 1000)
_CREDIT = const(256)  # size of a UART's receive buffer on common ports, in bytes
# The rp2 port's standard input is USB: bytes beyond its buffers' 768 wait at the host, and none is lost
_CREDIT_USB = const(1024)
_CACHE = const(16777216)  # bytes


class Service(Samples):
    """Answers a host's messages.

    - network: the network in training, None before the first CONFIGURE
    - done: True once the host has sent BYE
    - feed: called after each sample unless None; for a watchdog
    - announce: called with a frame to send at once, before work that takes a while, unless None
    - collect: as of its `eqprop.protocol.frames.Receiver`: for bytes that end no message, faster than `receive`
    - sequence, token: the sequence number of the message to answer, and its session as in a payload
    """

    def __init__(
        self,
        build=Network,
        limit=_LIMIT,
        credit=_CREDIT_USB if sys.platform == "rp2" else _CREDIT,
        identity="",
        clock=_CLOCK,
        checkpoints=None,
        cache_bytes=_CACHE,
        unpack=unpack,
    ):
        """Serve networks made by `build`, starting with the newest checkpoint's.

        build(layers, seed, lr_halving_samples, model): `Network`, or `lambda *given: Network(*given, crossbar=yours)`
        for a crossbar of your own. seed is None if that must keep its conductances, as it cannot be read back.
        limit: bytes of a payload, 192 or more, raised if one sample needs more. credit: bytes that the port buffers.
        identity: the board's description, in addition to the version and the interpreter. clock: for benchmarks: a
        counter like MicroPython's `time.ticks_us`, the name of its unit, and the unit in nanoseconds. checkpoints:
        `Checkpoints`, or None for none. cache_bytes: the most that the cache of samples may take. unpack: like
        `eqprop.protocol.records.unpack`.
        """
        self.network = None
        self.done = False
        self.feed = None
        self.announce = None
        self._build = build
        self._credit = credit
        self._clock = clock
        self._checkpoints = checkpoints
        self._cache_bytes = cache_bytes
        self._unpack = unpack
        self._identity = messages.identify(__version__, identity)
        self._session = None
        self.token = b""
        self._state = states.SILENT
        self.sequence = 0
        self._chip = None
        self._reserve(max(limit, LEAST))
        self._forget()
        # By type: CONFIGURE is the first, SAVE the last; `on_request` has the others
        first = (self._configure, self._samples, self._infer, None, None, self._resume)
        self._handlers = first + (None, None, self._status, self._save)
        self._take_up()

    def _reserve(self, limit):
        """Make the buffers for payloads of up to `limit` bytes; meanwhile the host waits and sends nothing."""
        self._receiver, self._sender = Receiver(limit), Sender(limit)
        self.collect = self._receiver.collect
        self._limit = limit
        self._room = limit - messages.SESSION_HEADER

    def _working(self, token):
        """Tell the host that the answer takes a while."""
        if self.announce:
            self.announce(self._sender.encode(messages.WORKING, self.sequence, b"", token))

    def _take_up(self):
        """Resume from the newest checkpoint."""
        loaded = self._checkpoints.load(self._construct) if self._checkpoints else None
        if not loaded:
            self._forget()
            return
        self._total(*loaded[1])

    def receive(self, data):
        """Yield the answers, as bytes to send, to the messages that `data` (bytes from the host) completes.

        An answer is valid until the next iteration.
        """
        for kind, sequence, payload in self._receiver.feed(data):
            self.sequence = sequence
            token = b""
            if kind != messages.HELLO:
                token = bytes(payload[: messages.SESSION_HEADER])
                payload = payload[messages.SESSION_HEADER :]
            try:
                kind, payload = self._answer(kind, token, payload)
                answer = self._sender.encode(kind, self.sequence, payload, token)
            except Rot as error:
                # The network is replaced by the newest checkpoint; the host greets the board as after a reset
                self._working(self.token)
                self._take_up()
                self._session = None
                self._state = states.SILENT
                sample = self.network.sample if self.network else 0
                words = messages.pack_error(messages.GREET, "{}: the board resumes at sample {}".format(error, sample))
                answer = self._sender.encode(messages.ERROR, sequence, words, token)
            except Exception as error:  # the board's loop must survive any message
                words = messages.pack_error(messages.REFUSED, str(error))
                answer = self._sender.encode(messages.ERROR, self.sequence, words[: self._room], token)
            yield answer

    def _answer(self, kind, token, payload):
        """Handle a message by the rules in `states`; return the type and payload of its answer."""
        row = states.TYPES.find(chr(kind))
        if row < 0:
            raise ValueError("message type {} is unknown".format(kind))
        if kind == messages.HELLO:
            return self._hello(payload)
        rule = states.BOARD[6 * row + self._state]
        if rule == "g":
            return messages.ERROR, messages.pack_error(messages.GREET, "HELLO comes first")
        if token != self.token:
            return messages.ERROR, messages.pack_error(messages.TAKEN, "another host has taken the board")
        if rule in states.REFUSALS:
            raise ValueError(states.REFUSALS[rule])
        try:
            handler = self._handlers[kind - messages.CONFIGURE] if kind <= messages.SAVE else None
            if handler:
                answer = handler(payload)
            elif kind == messages.BYE:
                self.done = True
                answer = messages.DONE, b""
            else:
                from .on_request import answer_rare  # imported here, so that most boards do not load it

                answer = answer_rare(self, kind, payload)
        except Exception:
            if rule == "L" and self.network.sample:
                self._state = states.RUNNING
            raise
        if rule == "L":
            self._state = states.RUNNING
        elif rule in states.STATES:
            self._state = states.STATES.index(rule)
        return answer

    def _status(self, _=None):
        network = self.network
        if network and self._state != states.WRITTEN:  # whose totals are not valid
            network.inspect()
            self._inspect()
        checkpoints = self._checkpoints
        free = free_heap()
        saved = checkpoints.saved if checkpoints else None
        about = (0,) * 5
        if network:
            crc = network.crc()
            if crc is None:
                crc = messages.NO_CRC if network.crossbar.readable else messages.UNREADABLE
            about = (self._run_number, network.sample, crc, network.seed, network.lr_halving_samples)
        head = (messages.PROTOCOL, self._session, self._limit, self._credit)
        tail = (
            messages.NEVER_SAVED if saved is None else saved,
            checkpoints.written if checkpoints else 0,
            checkpoints.failed if checkpoints else 0,
            self._slots,
            self._configuration[0] if network else 0,
            network.layers if network else (),
            self._identity,
        )
        state = head + (messages.UNKNOWN_HEAP if free is None else free,) + about + tail
        return messages.STATE, messages.pack_state(state)

    def _hello(self, payload):
        (protocol,) = messages.unpack("<B", payload, "HELLO")  # another protocol's HELLO has another length
        if protocol != messages.PROTOCOL:
            raise ValueError("protocol {}: this board speaks {}".format(protocol, messages.PROTOCOL))
        _, session = messages.unpack("<BI", payload, "HELLO")
        if session != self._session:  # a repeated HELLO starts nothing
            self._session = session
            self.token = bytes(payload[1 : 1 + messages.SESSION_HEADER])
            if self._state == states.WRITTEN:  # a half-written network is useless
                self._working(b"")
                self._take_up()
            self._state = states.HELD if self.network else states.EMPTY
            self._cached = self._cache_crc = 0
            self._user_data = None
            if self._chip:
                self._chip.greet()
        return self._status()

    def _forget(self):
        """Drop the network, so that the next one finds the heap free."""
        self.network = None
        self._configuration = b""
        self._run_number = self._epoch = 0
        self._code = None
        self._x = None
        self._cache = None
        self._slots = 0
        self._cached = self._cache_crc = 0
        self._totals = [0, 0, 0, 0]  # samples, correct predictions, loss modulo 2**30, loss // 2**30
        self._tally = 0  # exclusive or of all totals
        self._benchmark = None
        self._user_data = None

    def _configure(self, payload):
        """Build a new network, once per session, because a repeated frame must not undo learning."""
        if self._state >= states.NEW:
            if bytes(payload) == self._configuration:
                return self._status()
            raise ValueError("CONFIGURE: once a session, HELLO begins the next")
        self._working(self.token)
        self._chip = None
        try:
            self._construct(bytes(payload))
        finally:
            self._state = states.HELD if self.network else states.EMPTY
        self._state = states.NEW
        if self._checkpoints:
            self._checkpoints.begin(0)
        return self._status()

    def _construct(self, payload, keep=False):
        """Build the network that a CONFIGURE payload describes, and return it; keep: with the conductances it has."""
        model, run_number, seed, lr_halving_samples, epoch, layers, alphabet = messages.unpack_configure(payload)
        self._forget()
        network = self._build(layers, None if keep else seed, lr_halving_samples, messages.MODELS[model])
        network.seed = seed
        self._code = code = Code(layers[0], layers[-1], alphabet)
        if payload[0] & messages.NUMBERS:
            from .on_request import answer_rare  # as in `_answer`

            answer_rare(self, messages.CONFIGURE, network)
        sample = max(
            messages.SAMPLES_HEADER + messages.STRETCH_HEADER + code.size,
            messages.INFER_HEADER + layers[0],
            2 * layers[-1] + messages.CLASS_SIZE,
        )
        sample += messages.SESSION_HEADER
        if sample > self._limit:
            self._reserve(sample)
        self._x = network.allocate("b", layers[0])
        self._allocate_cache(min(epoch, messages.SLOTS_MAX))
        self._configuration = payload
        self._run_number, self._epoch = run_number, epoch
        self._sealed = crc32(payload, crc32(code.table))
        self.network = network
        return network

    def _resume(self, payload):
        (sample,) = messages.unpack("<I", payload, "RESUME")
        if self._state in (states.NEW, states.WRITTEN):  # a repeated RESUME is answered and changes nothing
            self.network.resume_at(sample)
            if self._checkpoints:
                self._checkpoints.begin(sample)
        return self._status()

    def _save(self, _):
        if self._checkpoints:
            self._inspect()
            self._checkpoints.save(self.network, self._configuration, self._totals)
        return self._status()


def serve(read, write, service):
    """Serve the host at the other end of a stream until it says BYE or hangs up.

    read(buffer) blocks until at least one byte is there and returns the number of bytes read, 0 at the end. write(data)
    sends all of `data` at once.
    """
    service.announce = write
    chunk = bytearray(CHUNK)
    while not service.done:
        collect = service.collect
        count = read(chunk)
        while count and collect(chunk, count):
            count = read(chunk)
        if not count:
            return
        for answer in service.receive(chunk if count == CHUNK else chunk[:count]):
            write(answer)


def main(build=Network, checkpoints=None, watchdog_ms=0, **options):
    """Serve the host at the other end of this interpreter's serial port until it says BYE or hangs up.

    checkpoints: None for `Checkpoints()`, in the current folder. watchdog_ms: the watchdog (`machine.WDT`) resets the
    board after the service has hung for this long; it must exceed the time of a checkpoint and of CONFIGURE; 0 for
    no watchdog. Other arguments as for `Service`. Meanwhile Ctrl-C is an ordinary byte. Raises ValueError for a
    watchdog on a board without one.
    """
    service = Service(build, checkpoints=checkpoints or Checkpoints(), **options)
    read = sys.stdin.buffer.readinto  # type: ignore[union-attr]  # blocks until the buffer is full
    output = sys.stdout.buffer
    kbd_intr(-1)
    try:
        if watchdog_ms:
            from ..watchdog import Watchdog  # imported here, so that boards without one do not load it

            watchdog = Watchdog(watchdog_ms, read)
            read, service.feed = watchdog.read, watchdog.feed
        serve(read, getattr(output, "raw", output).write, service)  # CPython buffers its output, MicroPython does not
    finally:
        kbd_intr(3)
