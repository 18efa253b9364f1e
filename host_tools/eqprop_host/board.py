"""A board at the end of a serial port, real or simulated: train it, ask it, read and write its conductances.

    with open_board("sim:") as board:
        board.configure((64, 32, 10), seed=0, halve_every=0)
        for progress in board.train(x, y):
            print(progress.sample, progress.right)
        classes, outputs = board.infer(x)

`open_board` is in `eqprop_host.ports`.
"""

import numpy as np

import eqprop
from eqprop import messages

from .errors import ProtocolError

_BENCH_S = 600.0  # a slow board may take as long to measure itself


class Board:
    """A board that answered HELLO.

    - state: its `eqprop.messages.State` when last asked
    - identity: what it says it is
    """

    def __init__(self, link):
        """Say HELLO. Raises ProtocolError when nobody answers, BoardError when it speaks another protocol."""
        self._link = link
        self._take_state(link.ask(messages.HELLO, messages.pack_hello(), messages.STATE))
        self._right = 0
        self._loss = 0

    def _take_state(self, payload):
        try:
            self.state = state = messages.unpack_state(payload)
        except ValueError as error:
            raise ProtocolError(f"port {self._link.name}: {error}") from error
        if state.limit != self._link.limit:
            self._link.resize(state.limit)
        self._link.credit = state.credit
        self.identity = state.identity
        return state

    def ask(self, kind, payload, expected):
        """Ask a message of another module's; return the payload of its answer, of type `expected` (`Link.ask`)."""
        return self._link.ask(kind, payload, expected)

    def refresh(self):
        """Ask for the board's state and return it: `crc` and `sample` are those of this moment."""
        return self._take_state(self._link.ask(messages.HELLO, messages.pack_hello(), messages.STATE))

    def configure(self, layers, seed, halve_every):
        """Build a new network on the board: its sizes, seed of the conductances, samples to each halving of the rates.

        Raises BoardError in the board's own words when it has no room for it.
        """
        payload = messages.pack_configure(layers, seed, halve_every)
        state = self._take_state(self._link.ask(messages.CONFIGURE, payload, messages.STATE))
        self._right = 0
        self._loss = 0
        return state

    def train(self, x, y, stop=lambda: False):
        """Learn samples in order; yield a `Progress` as the board goes, its totals counted from the first of these.

        x: int8 (samples, inputs), or the like in `datasets.Rows`. y: labels (samples,). Once `stop()` is true no more
        samples are sent; those under way are learnt.
        """
        first = self.state.sample
        size = (self._link.limit - messages.SAMPLES_HEADER) // (messages.SAMPLE_HEADER + x.shape[1])
        right = loss = 0
        sent = first

        def questions():
            nonlocal sent
            for start in range(0, len(x), size):
                if stop():
                    return
                part = slice(start, start + size)
                sent = first + start + len(x[part])
                yield messages.SAMPLES, messages.pack_samples(first + start, _rows(x[part], y[part]))

        for answer in self._link.stream(questions(), messages.PROGRESS):
            progress = messages.unpack_progress(answer)
            # The board's totals come round; from one answer to the next they cannot go all the way
            right += (progress.right - self._right) & messages.TOTAL_MASK
            loss += (progress.loss - self._loss) & messages.TOTAL_MASK
            self._right, self._loss = progress.right, progress.loss
            self.state = self.state._replace(sample=progress.sample)
            yield messages.Progress(progress.sample, right, loss)
        if self.state.sample != sent:
            raise ProtocolError(f"port {self._link.name}: next sample is {self.state.sample}, not {sent}")

    def infer(self, x):
        """Return (classes int64 (samples,), output voltages int16 (samples, outputs)) of x, int8 (samples, inputs)."""
        outputs = self.state.layers[-1]
        answer = 2 + 2 * outputs
        size = min(self._link.limit // x.shape[1], self._link.limit // answer)
        questions = ((messages.INFER, x[at : at + size].tobytes()) for at in range(0, len(x), size))
        data = b"".join(self._link.stream(questions, messages.CLASSES))
        if len(data) != answer * len(x):
            raise ProtocolError(f"port {self._link.name}: {len(data)} bytes for {len(x)} samples")
        table = np.frombuffer(data, "<i2").reshape(len(x), 1 + outputs)
        return table[:, 0].astype(np.int64), table[:, 1:].astype(np.int16)

    def conductances(self):
        """Return every crossbar's conductances: uint16 steps, flat as `eqprop.Plan.shapes` says."""
        crossbars = []
        size = self._link.limit // 2
        for c, (rows, columns) in enumerate(eqprop.plan(self.state.layers).shapes):
            total = rows * columns
            questions = (
                (messages.READ, messages.pack_read(c, at, min(size, total - at))) for at in range(0, total, size)
            )
            data = b"".join(self._link.stream(questions, messages.DEVICES))
            if len(data) != 2 * total:
                raise ProtocolError(f"port {self._link.name}: {len(data)} bytes for crossbar {c} of {total} devices")
            crossbars.append(np.frombuffer(data, "<u2").astype(np.uint16))
        return crossbars

    def restore(self, conductances, sample):
        """Write every crossbar's conductances, as `conductances` returns them, and go on with sample `sample`."""
        size = (self._link.limit - messages.DEVICES_HEADER) // 2
        for c, g in enumerate(conductances):
            data = g.astype("<u2")
            questions = (
                (messages.WRITE, messages.pack_write(c, at, data[at : at + size].tobytes()))
                for at in range(0, len(g), size)
            )
            for _ in self._link.stream(questions, messages.DONE):
                pass
        return self._take_state(self._link.ask(messages.RESUME, messages.pack_resume(sample), messages.STATE))

    def bench(self, x, y, verbs):
        """Learn samples as `train` does, timed; return `eqprop.messages.Measures` of them all.

        verbs: time each of `eqprop.bench.VERBS`, instead of learning and inferring as a whole.
        """
        size = (self._link.limit - messages.BENCH_HEADER) // (messages.SAMPLE_HEADER + x.shape[1])
        questions = (
            (messages.BENCH, messages.pack_bench(verbs, _rows(x[at : at + size], y[at : at + size])))
            for at in range(0, len(x), size)
        )
        try:
            with self._link.patient(_BENCH_S):
                parts = [messages.unpack_measures(part) for part in self._link.stream(questions, messages.MEASURES)]
        except ValueError as error:
            raise ProtocolError(f"port {self._link.name}: {error}") from error
        return parts[-1]._replace(
            ticks=tuple(sum(ticks) for ticks in zip(*(part.ticks for part in parts), strict=True))
        )

    def bye(self):
        """End the board's service."""
        self._link.ask(messages.BYE, b"", messages.DONE)


def _rows(x, y):
    """Return samples as messages hold them: (label, features as bytes) each."""
    return [(int(label), row.tobytes()) for label, row in zip(y, x, strict=True)]
