"""The host's side of a board that learns on a crossbar chip which the host plays: `eqprop.chip`.

    with open_board("sim:micropython") as board:
        loop = ChipBoard(board, AnalogNetwork.on(hardware))
        loop.configure((64, 32, 10), seed=0, halve_every=0)

Every settle is a question over the link, so a sample takes four of them; for a real chip behind a real board.
"""

import struct

import numpy as np

import eqprop
from eqprop import chip, messages

from .errors import ProtocolError


class ChipBoard:
    """The verbs of `eqprop_host.board.Board`, with the network's crossbar on this side of the link.

    - crossbar: what plays the chip, by the contract of `eqprop.crossbar`
    - state: as a board's; the CRC is that of the chip's conductances
    """

    def __init__(self, board, network_type):
        """Use `board`, which has said HELLO, and make chips of the crossbars of `network_type`."""
        self.board = board
        self.identity = f"{board.identity}, its crossbar a simulated chip"
        self.crossbar = None
        self.state = None
        self._network_type = network_type

    def configure(self, layers, seed, halve_every):
        """Make a chip, and a learner for it on the board: as `Board.configure`."""
        self._network = self._network_type(layers, seed, halve_every)
        self.crossbar = self._network.crossbar
        self._about = (seed, halve_every, tuple(layers))
        self._converse(chip.CHIP_CONFIGURE, messages.pack_configure(layers, seed, halve_every))
        self._sample = 0
        return self.refresh()

    def refresh(self):
        """Return the state: `crc` and `sample` are those of this moment."""
        seed, halve_every, layers = self._about
        self.state = self.board.state._replace(
            sample=self._sample,
            crc=self.crossbar.crc(),
            seed=seed,
            halve_every=halve_every,
            layers=layers,
            identity=self.identity,
        )
        return self.state

    def train(self, x, y, stop=lambda: False):
        """Learn samples in order: as `Board.train`."""
        right = loss = 0
        for row, label in zip(x, y, strict=True):
            if stop():
                return
            payload = chip.pack_learn(int(label), row.tobytes())
            self._sample, answer, more, _ = self._converse(chip.CHIP_LEARN, payload)
            right, loss = right + (answer == label), loss + more
            self.state = self.state._replace(sample=self._sample)
            yield messages.Progress(self._sample, right, loss)

    def infer(self, x):
        """Return (classes int64 (samples,), output voltages int16 (samples, outputs)) of x, int8 (samples, inputs)."""
        outcomes = [self._converse(chip.CHIP_INFER, row.tobytes()) for row in x]
        classes = np.array([answer for _, answer, _, _ in outcomes], np.int64)
        return classes, np.array([np.frombuffer(outputs, "<i2") for *_, outputs in outcomes]).astype(np.int16)

    def conductances(self):
        """Return every crossbar's conductances: uint16 steps, flat as `eqprop.Plan.shapes` says."""
        return [np.array(self.crossbar.conductances(c)) for c in range(len(eqprop.plan(self._about[2]).shapes))]

    def _converse(self, kind, payload):
        """Ask a message, do what the board wants of its crossbar until it is done, and return the outcome."""
        answer = self.board.ask(kind, payload, chip.CHIP)
        try:
            while answer[:1] != bytes((chip.DONE,)):
                answer = self.board.ask(chip.RESULT, self._obey(answer[0], answer[1:]), chip.CHIP)
            return chip.unpack_outcome(answer[1:])
        except ValueError as error:
            raise ProtocolError(f"{self.identity}: {error}") from error

    def _obey(self, verb, payload):
        """Do a verb on the crossbar; return what came of it."""
        crossbar = self.crossbar
        outputs = len(self._about[2]) - 1
        if verb == chip.SETTLE:
            crossbar.settle(payload)
            return np.asarray(crossbar.voltages(outputs, 0)).astype("<i2").tobytes()
        if verb == chip.NUDGE:
            phase = payload[0]
            crossbar.currents[:] = struct.unpack(f"<{len(crossbar.currents)}i", payload[1:])
            crossbar.nudge(phase)
            return np.asarray(crossbar.voltages(outputs, phase)).astype("<i2").tobytes()
        if verb == chip.PROGRAM:
            for c, rate in zip(range(self._network.crossbars), payload, strict=True):
                crossbar.set_rate(c, rate)
            crossbar.program()
            return b""
        raise ProtocolError(f"{self.identity}: asks for verb {verb} of its crossbar")
