"""A board at the end of a serial port, real or simulated: train it, query it, read and write its conductances.

    with open_board("sim:") as board:
        board.configure((64, 32, 10), seed=0, lr_halving_samples=0)
        for progress in board.train(x, y):
            print(progress.sample, progress.correct)
        classes, outputs = board.infer(x)

`open_board` is in `eqprop_host.boards.ports`. `session` greets the board and recovers it, `stream` sends it samples,
and `asking` sends it all other queries.
"""

import secrets

from eqprop.network import DEFAULT
from eqprop.protocol import host_messages, messages
from eqprop.protocol.messages import MODELS, NUMBERS

from ..link import answers
from ..link.line import Line
from . import asking
from .session import Session
from .stream import SampleStream


class Board:
    """A board that answered HELLO: an `interface.AnyBoard` with the additional methods of a board at a port."""

    emulated = None
    """None: only a comparison shows whether a board's crossbar is the emulator's."""

    def __init__(self, link):
        """Send HELLO. Raises ProtocolError if no board answers, BoardError if it speaks another protocol."""
        self._session = Session(link)
        self._stream = SampleStream(self._session)

    @property
    def state(self):
        """The board's `eqprop.protocol.host_messages.State` from the last query; `sample` is from the last answer."""
        return self._session.state

    @property
    def identity(self):
        """The board's description of itself."""
        return self._session.identity

    @property
    def restarts(self):
        """Each `Restart` so far."""
        return self._session.restarts

    @property
    def line(self):
        """The traffic on the line so far: a `link.Line`."""
        link = self._session.link
        return Line(link.sent, link.received, link.retries)

    @property
    def sent(self):
        """Bytes sent so far."""
        return self._session.link.sent

    @property
    def sample_bytes(self):
        """Bytes of records sent so far, without repetitions."""
        return self._stream.sample_bytes

    # ---- the run

    def configure(
        self,
        layers,
        seed,
        lr_halving_samples,
        *,
        run_number=None,
        epoch=0,
        alphabet=b"",
        model=DEFAULT,
        regression=False,
    ):
        """Build a new network on the board: as `interface.AnyBoard.configure` does; run_number: None for any number.

        Raises BoardError with the board's own message if the network does not fit.
        """
        run_number = secrets.randbits(32) if run_number is None else run_number
        about = _configuration(layers, seed, lr_halving_samples, run_number, epoch, alphabet, model, regression)
        return self._session.configure(about)

    def resume(
        self,
        layers,
        seed,
        lr_halving_samples,
        *,
        run_number,
        furthest,
        epoch=0,
        alphabet=b"",
        model=DEFAULT,
        regression=False,
    ):
        """Resume with the board's network if it belongs to this run; otherwise `configure`, with the same arguments.

        furthest: the most samples that the run can have learnt; a board beyond them was trained by another host.
        Returns the board's state: `sample` is the next to learn.
        """
        about = _configuration(layers, seed, lr_halving_samples, run_number, epoch, alphabet, model, regression)
        return self._session.resume(about, furthest)

    def refresh(self):
        """Ask for the board's state and return it: `crc` and `sample` are those of this moment."""
        return self._session.ask_state(messages.STATUS)

    def recover(self, error=None):
        """Greet the board and restore this run on it, if necessary from the first sample.

        error: the RestartError that this call follows, or None to start a new session only. Raises BoardError if the
        board's network cannot be restored, PortError or ProtocolError if the board does not come back.
        """
        return self._session.recover(error)

    def repeat(self, work):
        """Return work(), repeated from its start whenever the board restarts meanwhile."""
        return self._session.repeat(work)

    def train(self, x, y, until=None, order=None, stop=lambda: False):
        """Learn samples in order, from the board's next one on; yield a `Progress` now and then.

        As `interface.AnyBoard.train`. The board caches as many samples as fit; each is sent once per session. Once
        `stop()` is true, no more samples are sent; those under way are learnt. A board that restarts resumes at its
        checkpoint or at sample 0, so `sample` may decrease meanwhile; the final result is the same.
        """
        return self._stream.train(x, y, until, order, stop)

    def progress(self):
        """Return the `Progress` of this moment."""
        return asking.progress(self._session)

    def save(self):
        """Make the board write a checkpoint if wear allows it; return its state, in which `saved` tells."""
        return self._session.ask_state(messages.SAVE)

    # ---- questions

    def ask(self, kind, payload, expected):
        """Send another module's request; return the payload of its answer, of type `expected` (`Link.ask`)."""
        return self._session.ask(kind, payload, expected)

    def infer(self, x):
        """Return (classes int64 (samples,), output voltages int16 (samples, outputs)) of x, int8 (samples, inputs)."""
        return asking.infer(self._session, x)

    def conductances(self):
        """Return every crossbar's conductances in steps, flat as `shapes` of `eqprop.plan` says."""
        shapes = self._session.plan().shapes
        return [self.read(c, 0, rows * columns) for c, (rows, columns) in enumerate(shapes)]

    def read(self, crossbar, start, count):
        """Return `count` conductances of a crossbar, from device `start` on, in steps."""
        return asking.read(self._session, crossbar, start, count)

    def restore(self, conductances, sample):
        """Write every crossbar's conductances, as `conductances` returns them, and resume at sample `sample`.

        Call it after `configure`, before any sample. Raises RestartError if the board restarts meanwhile.
        """

        def write():
            for c, steps in enumerate(conductances):
                asking.write(self._session, c, steps)

        state = self._session.restore(write, sample)
        self._session.parsed(answers.restored, state, self._session.plan(), conductances, sample)
        return state

    def put_back(self, conductances, sample):
        """Resume the board's run at `sample`, with the conductances that the run had there: as `restore` does.

        A new session starts. A board that loses the conductances resumes where it can, as in any run.
        """
        return self._session.put_back(lambda: self.restore(conductances, sample))

    def write_user_data(self, user_data):
        """Store `user_data` (bytes) on the board with its network: in its checkpoints, and for any host to read.

        The bytes, 2048 at most and fewer if the heap is small, mean nothing to the board. Raises BoardError with the
        board's own limit for more, RestartError if the board restarts meanwhile; `recover` rewrites them.
        """
        self._session.write_user_data(user_data)

    def read_user_data(self):
        """Return the user data (bytes) that a host or the board's own program saved with the board's network."""
        return asking.read_user_data(self._session)

    def bench(self, x, y, verbs, moved=lambda: None):
        """Learn samples as `train` does, timed; return `eqprop.bench.Measures` of them all.

        verbs: time each of `eqprop.bench.VERBS`, instead of learning and inference as a whole. moved: called after each
        sample. The board's network is not that of its run afterwards.
        """
        return asking.measure(self._session, x, y, verbs, moved)

    def bye(self):
        """End the board's service."""
        self._session.ask(messages.BYE, b"", messages.DONE)


def _configuration(layers, seed, lr_halving_samples, run_number, epoch, alphabet, model, regression):
    number = MODELS.index(model) | (NUMBERS if regression else 0)
    return host_messages.Configuration(
        number, run_number, seed, lr_halving_samples, epoch, tuple(layers), bytes(alphabet)
    )
