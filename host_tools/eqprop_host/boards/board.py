"""A board at the end of a serial port, real or simulated: train it, ask it, read and write its conductances.

    with open_board("sim:") as board:
        board.configure((64, 32, 10), seed=0, halve_every=0)
        for progress in board.train(x, y):
            print(progress.sample, progress.right)
        classes, outputs = board.infer(x)

`open_board` is in `eqprop_host.boards.ports`.
"""

import secrets

import numpy as np

import eqprop
from eqprop import bench
from eqprop.protocol import host_messages, messages
from eqprop.protocol.records import Code
from eqprop.service import devices
from eqprop.service.notes import HEADER

from ..errors import BoardError, ProtocolError, RestartError
from ..link.line import Line, largest_payload
from ..terminal.printing import printable
from . import answers
from .records import covers, pack
from .restarts import Restarts
from .sample_cache import SampleCache
from .sample_order import SampleOrder

_SLOW_S = 1.0  # an answer that takes longer means that the frames are too large
_FRAMES = 3  # frames of samples on their way: with more, stopping a run would take long
_WHOLE = 2  # figures of samples timed whole, before those of `eqprop.bench.VERBS`
_IDLE = 200  # answers in a row without a new sample: more than any line loses
_DEVICE_S = 2e-3  # more than the slowest board takes to build, write or sum up a device


class Board:
    """A board that answered HELLO.

    - state: its `eqprop.protocol.host_messages.State` when last asked, `sample` as of the last answer
    - identity: what it says it is
    - restarts: each `Restart` so far
    - emulated: None; only a comparison shows whether its crossbar is the emulator's
    - sample_bytes: bytes of records sent so far, without repetitions. sent: all bytes sent
    """

    emulated = None

    def __init__(self, link):
        """Say HELLO. Raises ProtocolError when no board answers, BoardError when it speaks another protocol."""
        self._link = link
        self.sample_bytes = 0
        self._counted = 0
        self._configuration = None
        self._code = None
        self._restored = False  # conductances that no repetition of the run would give
        self._notes = None  # to keep with the run's network
        self._furthest = 0  # samples that the run can have come to
        self._data = (None, None)
        self._cache = None  # of the data; None until there is something in it
        self.restarts = Restarts(link.status())
        self._greet()

    @property
    def line(self):
        """What has been on the line so far: a `link.Line`."""
        return Line(self._link.sent, self._link.received, self._link.repeats)

    @property
    def sent(self):
        """Bytes sent so far."""
        return self._link.sent

    def _greet(self):
        """Begin a session, at a port that may have to come back first."""
        state = self._link.greet()
        self._cache = None
        return self._take(state)

    def _take(self, state):
        """Take up what the board says of itself."""
        self.state = state
        if state.limit - messages.SESSION_HEADER != self._link.limit:
            self._link.resize(state.limit)
        self._link.credit = state.credit
        self.identity = printable(state.identity)
        return state

    def ask(self, kind, payload, expected):
        """Ask a message of another module's; return the payload of its answer, of type `expected` (`Link.ask`)."""
        return self._link.ask(kind, payload, expected)

    def _ask_state(self, kind, payload=b"", doing=""):
        """Return the `State` that a message about the network held is answered with: the longer the larger that is."""
        layers = self._configuration.layers if self._configuration else self.state.layers
        devices = sum(rows * columns for rows, columns in eqprop.plan(layers).shapes) if layers else 0
        answer = self._link.ask(kind, payload, messages.STATE, _DEVICE_S * devices, doing)
        state = self._parsed(answers.state, answer)
        if state.session != self._link.session:
            raise ProtocolError(f"port {self._link.name}: the board answers in session {state.session}")
        if self._configuration and state.layers not in ((), self._configuration.layers):
            raise ProtocolError(f"port {self._link.name}: the board holds a network of layers {state.layers}")
        return self._take(state)

    def _layers(self):
        if not self.state.layers:
            raise BoardError(f"port {self._link.name}: the board holds no network")
        return self.state.layers

    def _parsed(self, unpack, payload, *known):
        """Return unpack(payload, ...). Raises ProtocolError for one that makes no sense."""
        try:
            return unpack(payload, *known)
        except ValueError as error:
            raise ProtocolError(f"port {self._link.name}: {error}") from error

    def refresh(self):
        """Ask for the board's state and return it: `crc` and `sample` are those of this moment."""
        return self._ask_state(messages.STATUS)

    def configure(self, layers, seed, halve_every, *, run=None, epoch=0, levels=b""):
        """Build a new network on the board: its sizes, seed of the conductances, samples to each halving of the rates.

        run: what tells this training run from any other, 0..2**32 - 1, see `resume`; None for any number. epoch:
        samples of an epoch, which begins with totals of `Progress` at zero; 0 for none. levels: bytes of the int8
        values that features have (`packing.levels_of`), which are packed the tighter the fewer they are; none for
        any.
        Raises BoardError in the board's own words when it has no room for it.
        """
        run = secrets.randbits(32) if run is None else run
        self._know(host_messages.Configuration(run, seed, halve_every, epoch, tuple(layers), bytes(levels)), 0)
        return self.repeat(self._configure)

    def _know(self, configuration, furthest):
        self._counted = 0
        self._furthest = furthest
        self.restarts.begin()
        self._configuration = configuration
        self._code = Code(configuration.layers[0], configuration.layers[-1], configuration.levels)
        self._restored = False
        self._notes = None

    def _configure(self):
        self._greet()  # a board builds one network a session
        return self._build()

    def _build(self):
        """Have the board build the run's network. Raises ProtocolError where it then says it has another one."""
        text = "-".join(map(str, self._configuration.layers))
        state = self._ask_state(messages.CONFIGURE, messages.pack_configure(self._configuration), f"build {text}")
        if not self._holds_the_run() or state.sample:
            told = f"run {state.run}, seed {state.seed}, layers {state.layers}, sample {state.sample}"
            raise ProtocolError(f"port {self._link.name}: the board says it built another network: {told}")
        return state

    def resume(self, layers, seed, halve_every, *, run, furthest, epoch=0, levels=b""):
        """Go on with the network that the board holds where it is of this run; else `configure`. Arguments as there.

        furthest: samples that the run can have come to: a board that is beyond them was trained longer, by another.
        Returns the board's state: `sample` is the next to learn.
        """
        self._know(host_messages.Configuration(run, seed, halve_every, epoch, tuple(layers), bytes(levels)), furthest)
        return self.state if self._holds_the_run() else self.repeat(self._configure)

    def _holds_the_run(self):
        state, wanted = self.state, self._configuration
        held = (state.run, state.seed, state.halve_every, state.layers)
        the_run = held == (wanted.run, wanted.seed, wanted.halve_every, wanted.layers)
        # The checkpoint of a longer run that began alike may still be in the flash
        return the_run and state.sample <= self._furthest

    def recover(self, error=None):
        """Greet the board, and have it hold this run again, if need be from its first sample.

        error: the RestartError after which this is done; None where only a new session is wanted.
        Raises BoardError when what it held cannot be had again, PortError or ProtocolError when it does not come back.
        """
        while True:
            try:
                self._restart(error)
                if self._configuration and not self._holds_the_run():
                    if self._restored:
                        raise BoardError(f"port {self._link.name}: the board has lost the network that it was given")
                    self._build()
                self._keep_notes()
                return self.state
            except RestartError as another:
                error = another

    def _restart(self, error):
        """Greet the board, and note it where it had restarted, or its line had failed.

        Raises ProtocolError where that happens again and again, and the run gets no further.
        """
        reached = self.state.sample
        if error:
            self.restarts.count(error)
        self.restarts.note(error, self._link.name, reached, self._greet().sample)

    def repeat(self, work):
        """Return work(), done again from its start whenever the board restarts meanwhile."""
        while True:
            try:
                done = work()
                self.restarts.done()
                return done
            except RestartError as error:
                self._restart(error)

    # ---- training

    def train(self, x, y, until=None, order=None, stop=lambda: False):
        """Learn samples in order, from the board's next one on; yield a `Progress` as the board goes.

        x: int8 (samples, inputs). y: labels (samples,). until: number of the first sample that is not learnt; None for
        the rest of this pass over them. order: order(epoch) is the permutation of the samples that epoch 0, 1, ... has;
        None for as they stand. Once `stop()` is true no more samples are sent; those under way are learnt.

        The totals of a `Progress` are those of the epoch, see `configure`. The board keeps as many samples as it has
        room for; they are sent once a session. A board that restarts goes on where its checkpoint was, or from
        sample 0, so `sample` may go back meanwhile; what it has learnt in the end is the same.
        """
        if x is not self._data[0] or y is not self._data[1]:
            if self._cache:
                self.recover()  # a new session begins with an empty cache
            self._cache = None
            self._data = (x, y)
        if not covers(self._code.levels, x):
            raise ValueError("x: has values that are none of the levels configured")
        if until is None:
            until = (self.state.sample // len(x) + 1) * len(x)
        while self.state.sample < until and not stop():
            try:
                yield from self._send_samples(SampleOrder(x, y, order), until, stop)
            except RestartError as error:
                self.recover(error)

    def _send_samples(self, samples, until, stop):
        """Send samples until all are learnt; see `train`. Raises RestartError."""
        link = self._link
        base = following = furthest = self.state.sample
        if self._cache is None:
            self._cache = SampleCache(len(samples.x), self.state.slots)
        cached = len(self._cache)
        batch, generation, idle = 1, 0, 0
        stopped = False
        link.begin()
        while True:
            while following < until and not stopped and len(link.waiting) < _FRAMES:
                payload, end = self._frame(samples, following, min(until, following + batch))
                if not link.room(len(payload)):
                    break
                stopped = stop()
                if not stopped:
                    self._keep(samples, following, end)
                    link.send(messages.SAMPLES, payload, (generation, end))
                    following = end
                    furthest = max(furthest, end)
                    self._furthest = max(self._furthest, end)
            if not link.waiting:
                return
            asked, payload, _ = link.hear(messages.PROGRESS)
            back = not asked  # a pause: what is on its way is lost
            if asked:
                progress = self._parsed(answers.progress, payload, self.state.slots)
                sent_in, end = asked.about
                if progress.sample > furthest:
                    raise ProtocolError(f"port {link.name}: next sample is {progress.sample}, not {furthest}")
                if progress.sample > base:
                    base, cached, idle = progress.sample, progress.cached, 0
                    if base > following:  # what had been given up for lost was not
                        self._keep(samples, following, base)
                        following = base
                    self._parsed(self._cache.check, cached, base == following)
                    self.state = self.state._replace(sample=base)
                    self.restarts.reach(base)
                    yield progress
                else:
                    idle += 1
                    if idle > _IDLE:
                        raise ProtocolError(f"port {link.name}: the board answers, but learns nothing beyond {base}")
                back = sent_in == generation and progress.sample < end  # a frame before it was lost
            if back:
                generation += 1
                following = base
                self._cache.truncate(cached)
            batch = max(1, batch // 2) if link.took_s > _SLOW_S else min(2 * batch, host_messages.RUN_MAX)

    def progress(self):
        """Return the `Progress` of this moment."""
        payload = self._link.ask(messages.SAMPLES, host_messages.pack_samples(self.state.sample, ()), messages.PROGRESS)
        return self._parsed(answers.progress, payload, self.state.slots)

    def _room(self):
        """Return the bytes of a good payload of which two may be on their way, so that the line never rests."""
        return min(self._link.good, max(largest_payload(self._link.credit // 2), 0))

    def _frame(self, samples, first, end):
        """Return (payload, end) of the frame of samples `first`.. up to `end`, or as many as it should hold."""
        room = self._room() - messages.SAMPLES_HEADER
        runs = self._cache.runs(samples.indices(first, end), self._code.size, room)
        packed = [(self._records(samples, which) if slots is None else None, slots) for which, slots in runs]
        return host_messages.pack_samples(first, packed), first + sum(len(which) for which, _ in runs)

    def _records(self, samples, indices):
        return [record.tobytes() for record in pack(self._code, samples.x[indices], samples.y[indices])]

    def _keep(self, samples, first, end):
        """Note what the board will have in its cache when it has learnt samples `first`..`end` - 1."""
        sent = self._cache.keep(samples.indices(first, end))
        self.sample_bytes += self._code.size * int(np.count_nonzero(sent[max(0, self._counted - first) :]))
        self._counted = max(self._counted, end)

    # ---- everything else

    def infer(self, x):
        """Return (classes int64 (samples,), output voltages int16 (samples, outputs)) of x, int8 (samples, inputs)."""
        layers = self._layers()
        answer = 2 + 2 * layers[-1]
        coded = self._code is not None and self._code.features == layers[0] and covers(self._code.levels, x)
        rows = pack(self._code, x, np.zeros(len(x), np.int64)) if coded else np.ascontiguousarray(x).view(np.uint8)
        head = bytes((coded,))

        def question(first, most):
            room = self._room() - messages.INFER_HEADER
            count = max(1, min(room // rows.shape[1], self._link.good // answer, most))
            return messages.INFER, head + rows[first : first + count].tobytes(), count

        data = b"".join(self._link.gather(len(x), question, messages.CLASSES))
        return self._parsed(answers.classes, data, len(x), layers[-1])

    def conductances(self):
        """Return every crossbar's conductances: uint16 steps, flat as `eqprop.Plan.shapes` says."""
        shapes = eqprop.plan(self._layers()).shapes
        return [self.read(c, 0, rows * columns) for c, (rows, columns) in enumerate(shapes)]

    def read(self, crossbar, start, count):
        """Return `count` conductances of a crossbar, from device `start` on: uint16 steps."""

        def question(first, most):
            size = min(self._link.good // 2, most)
            return messages.READ, host_messages.pack_read(crossbar, start + first, size), size

        data = b"".join(self._link.gather(count, question, messages.DEVICES))
        return self._parsed(answers.devices, data, count, eqprop.plan(self._layers()), crossbar)

    def restore(self, conductances, sample):
        """Write every crossbar's conductances, as `conductances` returns them, and go on with sample `sample`.

        Only after `configure`, before any sample. Raises RestartError when the board restarts meanwhile.
        """
        self._restored = True
        self._furthest = max(self._furthest, sample)
        for c, g in enumerate(conductances):
            data = g.astype("<u2")

            def question(first, most, c=c, data=data):
                count = max(1, min((self._room() - devices.HEADER) // 2, most))
                return messages.WRITE, host_messages.pack_write(c, first, data[first : first + count].tobytes()), count

            for payload in self._link.gather(len(g), question, messages.DONE):
                self._parsed(answers.done, payload)
        state = self._ask_state(messages.RESUME, host_messages.pack_resume(sample))
        self._parsed(answers.restored, state, conductances, sample)
        return state

    def put_back(self, conductances, sample):
        """Have the board go on with its run from `sample`, with conductances that the run gave there: as `restore`.

        A session of its own begins. A board that loses them goes on where it can, as in any run.
        """

        def again():
            try:
                self._configure()
                state = self.restore(conductances, sample)
                self._keep_notes()
                return state
            finally:
                self._restored = False

        return self.repeat(again)

    def save(self):
        """Have the board write a checkpoint, if its flash allows another one; return its state: `saved` tells."""
        return self._ask_state(messages.SAVE)

    def write_notes(self, notes):
        """Keep `notes` (bytes) on the board with its network: in its checkpoints, and for any host to read.

        Bytes that mean nothing to the board, 2048 at most; fewer where its heap is small. Raises BoardError with the
        board's own bound for more, RestartError when the board restarts meanwhile; `recover` writes them again.
        """
        self._notes = bytes(notes)
        self._keep_notes()

    def _keep_notes(self):
        """Write the notes of this run, if it has any: a board that restarted may have lost them."""
        notes = self._notes
        if notes is None:
            return
        first = 0
        while first == 0 or first < len(notes):
            # One after the other: the board takes no piece before the piece that it follows
            piece = notes[first : first + self._link.good - HEADER]
            question = host_messages.pack_notes_write(first, len(notes), piece)
            self._parsed(answers.done, self._link.ask(messages.NOTES_WRITE, question, messages.DONE))
            first += len(piece) or 1

    def read_notes(self):
        """Return the notes that a host, or the board's own program, kept with the board's network: bytes."""
        notes, total = b"", None
        while total is None or len(notes) < total:
            question = host_messages.pack_notes_read(len(notes), self._link.good)
            payload = self._link.ask(messages.NOTES_READ, question, messages.NOTES)
            total, piece = self._parsed(answers.notes, payload, len(notes), total)
            notes += piece
        return notes

    def bench(self, x, y, verbs, moved=lambda: None):
        """Learn samples as `train` does, timed; return `eqprop.bench.Measures` of them all.

        verbs: time each of `eqprop.bench.VERBS`, instead of learning and inferring as a whole. moved: called after each
        sample. The board's network is not that of its run afterwards.
        """
        first = self.state.sample
        measures = self._measured(verbs, first, [])
        ticks = [0] * len(measures.ticks)
        # One at a time: no board is so slow that it would be asked again, so that each run is the same to it
        for label, row in zip(y, x, strict=True):
            before = measures
            measures = self._measured(verbs, first, [(int(label), row.tobytes())])
            first += 1
            for n, (now, then) in enumerate(zip(measures.ticks, before.ticks, strict=True)):
                ticks[n] += (now - then) % 2**32
            moved()
        self.state = self.state._replace(sample=first)
        return measures._replace(ticks=tuple(ticks[_WHOLE:] if verbs else ticks[:_WHOLE]))

    def _measured(self, verbs, first, rows):
        """Return the `Measures` when the board has learnt `rows`, of which the first is sample `first`."""
        answer = self._link.ask(messages.BENCH, bench.pack_bench(verbs, first, rows), messages.MEASURES)
        return self._parsed(answers.measures, answer, first + len(rows))

    def bye(self):
        """End the board's service."""
        self._link.ask(messages.BYE, b"", messages.DONE)
