"""The host's half of a conversation with a board, without I/O: bytes in, bytes out, one question at a time.

All messages are packed and read by `eqprop.protocol`. A question without an answer is asked again; the board learns
each numbered sample once and in order whatever is lost. A board that has restarted is greeted, and continues at the
sample that it reports: at its checkpoint, or at sample 0.
"""

from eqprop.protocol import host_messages, messages
from eqprop.protocol.configuring import pack_configure
from eqprop.protocol.frames import Receiver, Sender
from eqprop.protocol.records import Code
from eqprop.service import CHUNK

_LIMIT = 1024
_PATIENCE_MS = 400
_PATIENCE_MAX_MS = 4000
_TRIES = 5
_MOST = 64  # samples of a question: a board answers within a fraction of a second


class Conversation:
    """A board's session and its run.

    - outgoing: bytes to send; the owner takes and clears them
    - state: the board's last `State`, or None. progress: its last `Progress`, or None
    - sample: number of the training sample that the board learns next
    - restarts: how often the board has lost its session
    - trouble: one line for the user that says why the conversation stands still, or ""
    - batch: the most samples of a question
    """

    def __init__(self, ticks_ms, ticks_diff, draw):
        """Prepare, without a run. ticks_ms, ticks_diff: like MicroPython's `time`; draw: returns 0..2**30 - 1."""
        self._ticks_ms = ticks_ms
        self._ticks_diff = ticks_diff
        self._draw = draw
        self._sequence = draw() & 255
        self.outgoing = bytearray()
        self.restarts = 0
        self.batch = _MOST
        self.configuration = None
        self._code = None
        self._patience = _PATIENCE_MS
        self._tries = 0
        self._queue = []
        self._queued = False  # whether the question asked is the queue's first
        self._sequences = []  # the question's sequence number each time that it was asked
        self.hang_up()

    def hang_up(self):
        """Forget the session, as the line was closed or opened. The run goes on in the next session."""
        self.state = None
        self.progress = None
        self.sample = 0
        self.trouble = ""
        self._asked = None
        self._token = b""
        self._greeted = False
        self.outgoing[:] = b""
        self._resize(_LIMIT)

    def _resize(self, limit):
        self._receiver = Receiver(limit)
        self._sender = Sender(limit)
        self._room = limit - messages.SESSION_HEADER

    def begin(self, configuration):
        """Start a run: the board builds the network of this `Configuration`, whose run number must be new."""
        self.configuration = configuration
        self._code = Code(configuration.layers[0], configuration.layers[-1])
        self._queue = []
        self.hang_up()

    def ask(self, kind, payload, expected, done):
        """Ask a question before any further samples; `done` is called with the payload of the answer."""
        self._queue.append((kind, payload, expected, done))

    def asking(self):
        """Return whether a question of `ask` waits for its answer."""
        return bool(self._queue)

    def busy(self, count):
        """Return whether there is something left to ask of a run of `count` samples so far."""
        return bool(self._asked or self._queue or not self.ready() or self.sample < count)

    def ready(self):
        """Return whether the board has greeted us and holds the run's network."""
        return self._greeted and self._holds_the_run()

    def _holds_the_run(self):
        state, wanted = self.state, self.configuration
        return (state.run_number, state.layers) == (wanted.run_number, wanted.layers)

    # ---- questions

    def turn(self, lesson):
        """Put the next question into `outgoing`, or the last one once more if its answer is overdue."""
        if not self.configuration:
            return
        if self._asked:
            if self._ticks_diff(self._ticks_ms(), self._since) < self._patience:
                return
            self._patience = min(2 * self._patience, _PATIENCE_MAX_MS)
            self._tries += 1
            if self._tries >= _TRIES:
                self.trouble = "the board is silent: check that it is plugged in and runs eqprop"
            if self._greeted:
                self._put(*self._asked)
            else:
                self._hello()
        elif self.trouble:
            return
        elif not self._greeted:
            self._begin_patience()
            self._hello()
        elif not self._holds_the_run():
            self._ask(messages.CONFIGURE, pack_configure(self.configuration), messages.STATE, self._built)
        elif self._queue:
            self._ask(*self._queue[0])
            self._queued = True
        elif self.sample < lesson.count:
            self._ask(messages.SAMPLES, self._samples(lesson), messages.PROGRESS, self._learnt)

    def _hello(self):
        # A new session each time; only the last one counts
        self._sequences = []
        session = self._draw()
        self._token = session.to_bytes(messages.SESSION_HEADER, "little")
        self._put(messages.HELLO, host_messages.pack_hello(session), messages.STATE, self._hello_answered)

    def _begin_patience(self):
        self._patience = _PATIENCE_MS
        self._tries = 0

    def _ask(self, *question):
        self._begin_patience()
        self._queued = False
        self._sequences = []
        self._put(*question)

    def _put(self, kind, payload, expected, done):
        self._asked = (kind, payload, expected, done)
        self._sequence = (self._sequence + 1) & 255
        self._sequences.append(self._sequence)
        head = b"" if kind == messages.HELLO else self._token
        frame = self._sender.encode(kind, self._sequence, payload, head)
        self.outgoing.extend(frame)
        self.outgoing.extend(bytes(-len(frame) % CHUNK))
        self._since = self._ticks_ms()

    def _samples(self, lesson):
        """Return the payload of the next samples that fit a question."""
        most = (self._room - messages.SAMPLES_HEADER - messages.STRETCH_HEADER) // self._code.size
        first = self.sample
        places = lesson.history[first : first + min(most, self.batch, host_messages.STRETCH_MAX)]
        records = [record(self._code, lesson.x(place), lesson.label(place)) for place in places]
        return host_messages.pack_samples(first, [(records, None)])

    # ---- answers

    def receive(self, data):
        """Take bytes from the board."""
        for kind, sequence, payload in self._receiver.feed(data):
            if not self._asked or sequence not in self._sequences:
                continue
            asked, _, expected, done = self._asked
            if asked != messages.HELLO:
                if bytes(payload[: messages.SESSION_HEADER]) != self._token:
                    continue
                payload = payload[messages.SESSION_HEADER :]
            if kind == messages.WORKING:
                self._since = self._ticks_ms()
                self._patience = _PATIENCE_MAX_MS
                continue
            self._asked = None
            if kind == messages.ERROR:
                self._refused(payload)
            elif kind != expected:
                self.trouble = "the board answers message {} with {}".format(asked, kind)
            else:
                if self._queued and asked != messages.HELLO:
                    self._queue.pop(0)
                    self._queued = False
                self.trouble = ""
                done(bytes(payload))

    def _refused(self, payload):
        kind, words = host_messages.unpack_error(payload)
        if kind == messages.GREET:
            self.restarts += 1
            self._greeted = False
        elif kind == messages.TAKEN:
            self.trouble = "another program has taken the board: close it, then connect again"
        else:
            self.trouble = "the board refuses: {}".format(words)

    def take_state(self, payload):
        """Take a STATE: the board's own account of itself."""
        try:
            self.state = state = host_messages.unpack_state(payload)
        except ValueError as error:
            self.trouble = "the board: {}".format(error)
            return
        if state.limit - messages.SESSION_HEADER != self._room:
            self._resize(state.limit)
        self.sample = state.sample if self._holds_the_run() else 0

    def _hello_answered(self, payload):
        self._greeted = True
        self.take_state(payload)

    def _built(self, payload):
        self.take_state(payload)
        if not self.trouble and not self._holds_the_run():
            self.trouble = "the board built another network than it was asked for"

    def _learnt(self, payload):
        self.progress = host_messages.unpack_progress(payload)
        self.sample = self.progress.sample


def record(code, x, label):
    """Return the record of a sample; code: a `Code` of all 256 values, whose groups are then the bytes themselves."""
    bits = int.from_bytes(x, "little") << code.table[0] | label
    return bits.to_bytes(code.size, "little")
