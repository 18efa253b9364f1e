"""The host's side of a board that learns on a crossbar chip, which the host simulates: see `eqprop.service.chip`.

    with open_board("sim:micropython") as board:
        loop = ChipBoard(board, AnalogNetwork.on(hardware))
        loop.configure((64, 32, 10), seed=0, lr_halving_samples=0)

Every verb is a request over the link, so a sample takes five of them. This prepares for a real chip. If an error or an
interrupt ends a sample halfway, the board refuses other samples until `configure` starts over.
"""

import struct
from array import array

import numpy as np

from eqprop.protocol import host_messages, messages
from eqprop.service import chip
from eqprop_sim.in_process import totalled
from eqprop_sim.sample_order import SampleOrder

from ..errors import BoardError, ProtocolError

_MODEL = "resistive"


class ChipBoard:
    """An `interface.AnyBoard` with the network's crossbar on this side of the link.

    - crossbar: the simulated chip, with the contract of `eqprop.crossbar`
    - state: as a board's; the CRC is that of the chip's conductances
    - sample_bytes: bytes of samples sent so far
    - emulated: False, as the crossbar is a chip's; restarts: none, as no run goes on after one
    """

    emulated = False
    restarts = ()

    def __init__(self, board, network_type):
        """Use `board`, which has answered HELLO, with chips from the crossbars of `network_type`."""
        self.board = board
        self.identity = f"{board.identity}, its crossbar a simulated chip"
        self.crossbar = None
        self.state = None
        self.sample_bytes = 0
        self._network_type = network_type
        self._turn = 0

    @property
    def sent(self):
        """Bytes sent so far."""
        return self.board.sent

    @property
    def line(self):
        """The traffic on the line so far: a `link.Line`."""
        return self.board.line

    def configure(
        self,
        layers,
        seed,
        lr_halving_samples,
        *,
        run_number=0,
        epoch=0,
        alphabet=b"",
        model=_MODEL,
        regression=False,
    ):
        """Make a chip, and a learner for it on the board: as `Board.configure` does, ignoring `alphabet`.

        Raises ValueError for another energy model than resistive, which chips are.
        """
        if model != _MODEL:
            raise ValueError(f"model: a chip is {_MODEL}, got {model!r}")
        self._network = self._network_type(layers, seed, lr_halving_samples, model)
        self.crossbar = self._network.crossbar
        self._about = {
            "run_number": run_number,
            "seed": seed,
            "lr_halving_samples": lr_halving_samples,
            "model": messages.MODELS.index(self._network.model) | (messages.NUMBERS if regression else 0),
            "layers": tuple(layers),
        }
        self._epoch = epoch
        self._converse(messages.CHIP_CONFIGURE, pack_configure(layers, lr_halving_samples, regression))
        self._progress = host_messages.Progress(0, 0, 0, 0, 0)
        return self.refresh()

    def recover(self, error=None):
        """After a RestartError, raise BoardError, because only the board knew its learner's state."""
        raise BoardError(f"{self.identity}: it has restarted, and lost its learner's state")

    def refresh(self):
        """Return the state: `crc` and `sample` are those of this moment."""
        self.state = self.board.state._replace(
            sample=self._progress.sample,
            crc=self._network.crc(),
            identity=self.identity,
            **self._about,
        )
        return self.state

    def train(self, x, y, until=None, order=None, stop=lambda: False):
        """Learn samples in order: as `Board.train`."""
        order = order or SampleOrder(len(x))
        first = self._progress.sample
        until = order.pass_end(first) if until is None else until
        for index in order.parts(first, until, 1, self._epoch):
            if stop():
                return
            (wanted,) = y[index]
            numbers = y.ndim > 1
            payload = (pack_target if numbers else pack_learn)(wanted, x[index].tobytes())
            sample, prediction, loss, _ = self._converse(messages.CHIP_LEARN, payload)
            self.sample_bytes += len(payload)
            correct = not numbers and prediction == wanted
            self._progress = totalled(self._progress, self._epoch, 1, correct, loss)
            if sample != self._progress.sample:
                raise ProtocolError(f"{self.identity}: next sample is {sample}, not {self._progress.sample}")
            self.state = self.state._replace(sample=sample)
            yield self._progress

    def progress(self):
        """Return the `Progress` of this moment."""
        return self._progress

    def save(self):
        """Return the state, because the board saves nothing of a chip."""
        return self.refresh()

    def write_user_data(self, user_data):
        """Store nothing: the chip ends with this process."""

    def infer(self, x):
        """Return (classes int64 (samples,), output voltages int16 (samples, outputs)) of x, int8 (samples, inputs)."""
        outcomes = [self._converse(messages.CHIP_INFER, row.tobytes()) for row in x]
        classes = np.array([prediction for _, prediction, _, _ in outcomes], np.int64)
        return classes, np.array([np.frombuffer(outputs, "<i2") for *_, outputs in outcomes]).astype(np.int16)

    def conductances(self):
        """Return every crossbar's conductances: uint16 steps, flat as `shapes` of `eqprop.plan` says."""
        network = self._network
        return [np.array(network.conductances(c)).astype(np.uint16) for c in range(network.crossbar_count)]

    def _converse(self, kind, payload):
        """Send a request, execute the board's verbs on the crossbar until it is done, and return the outcome."""
        answer = self._ask(kind, payload)
        try:
            while answer[:1] != bytes((chip.DONE,)):
                answer = self._ask(messages.RESULT, self._obey(answer[0], answer[1:]))
            return unpack_outcome(answer[1:])
        except ValueError as error:
            raise ProtocolError(f"{self.identity}: {error}") from error

    def _ask(self, kind, payload):
        self._turn = (self._turn + 1) % 256
        return self.board.ask(kind, bytes((self._turn,)) + payload, messages.CHIP)

    def _obey(self, verb, payload):
        """Execute a verb on the crossbar; return its result."""
        crossbar = self.crossbar
        outputs = len(self._about["layers"]) - 1
        if verb == chip.SETTLE:
            crossbar.settle(payload)
            return np.asarray(crossbar.voltages(outputs, 0)).astype("<i2").tobytes()
        if verb == chip.NUDGE:
            phase = payload[0]
            crossbar.currents[:] = array("i", struct.unpack(f"<{len(crossbar.currents)}i", payload[1:]))
            crossbar.nudge(phase)
            return np.asarray(crossbar.voltages(outputs, phase)).astype("<i2").tobytes()
        if verb == chip.PROGRAM:
            for c, rate_shift in zip(range(self._network.crossbar_count), payload, strict=True):
                crossbar.set_rate_shift(c, rate_shift)
            crossbar.program()
            return b""
        raise ProtocolError(f"{self.identity}: asks for verb {verb} of its crossbar")


def pack_configure(layers, lr_halving_samples, numbers=False):
    """Return a CHIP_CONFIGURE payload without its turn; numbers: whether the network learns numbers."""
    model = messages.RESISTIVE | (messages.NUMBERS if numbers else 0)
    sizes = struct.pack(f"<{len(layers)}H", *layers)
    return struct.pack(chip.CONFIGURE_LAYOUT, model, lr_halving_samples) + sizes


def pack_learn(label, features):
    """Return a CHIP_LEARN payload without its turn: a label and its features as bytes."""
    return struct.pack(chip.LABEL_LAYOUT, label) + features


def pack_target(target, features):
    """Return a CHIP_LEARN payload without its turn: a target, int16 for each output, and its features as bytes."""
    return struct.pack(f"<{len(target)}h", *target) + features


def unpack_outcome(payload):
    """Return (next sample, class, loss, output voltages as bytes) of a DONE. Raises ValueError for a shorter one."""
    if len(payload) < chip.OUTCOME_BYTES:
        raise ValueError(f"DONE: expected {chip.OUTCOME_BYTES} bytes or more, got {len(payload)}")
    sample, prediction, loss = struct.unpack_from(chip.OUTCOME_LAYOUT, payload, 0)
    return sample, prediction, loss, bytes(payload[chip.OUTCOME_BYTES :])
