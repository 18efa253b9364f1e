"""What any board can do: behind a serial line, with its crossbar on a chip, or emulated in this process."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np

from eqprop.protocol.host_messages import Progress, State
from eqprop_sim.sample_order import SampleOrder

from ..link.line import Line
from .restarts import Restart


class AnyBoard(Protocol):
    """A board that trains one network at a time; `Board`, `ChipBoard` and `EmulatedBoard` are the three of them.

    In what follows, inputs is the first of the network's layers, outputs the last. Features are int8, 127 is full
    scale; labels are integers 0..outputs - 1. Where a board is at the end of a line, every method that asks it raises

    - RestartError when the board has restarted or its line has failed: `recover`, then ask again
    - BoardError when the board refuses, with its own words
    - ProtocolError when it falls silent or answers nonsense, PortError when its port is gone for good
    """

    @property
    def state(self) -> State:
        """The board's state when last asked; `sample`, the number of the next training sample, is always up to date."""

    @property
    def identity(self) -> str:
        """What the board says it is: one line."""

    @property
    def emulated(self) -> bool | None:
        """Whether its crossbar is the bit-exact emulator; None where only a comparison of conductances can tell."""

    @property
    def restarts(self) -> Sequence[Restart]:
        """Each restart so far, the oldest first."""

    @property
    def line(self) -> Line | None:
        """What has been on its line so far; None where no line leads to it."""

    @property
    def sent(self) -> int:
        """Bytes sent to the board so far."""

    @property
    def sample_bytes(self) -> int:
        """Those of them that are training samples, repetitions left out."""

    def configure(
        self,
        layers: Sequence[int],
        seed: int,
        lr_halving_samples: int,
        *,
        run_number: int = ...,
        epoch: int = 0,
        alphabet: bytes = b"",
    ) -> State:
        """Build a new network, in place of any other, and return the state.

        layers: sizes, inputs first. seed: of the initial conductances, 0..2**32 - 1. lr_halving_samples: training
        samples after which the learning rate halves; 0 for never. run_number: tells this training run from any other,
        0..2**32 - 1. epoch: training samples after which the totals of `Progress` begin at zero again; 0 for never.
        alphabet: the int8 values that features have, as `records.alphabet_of` returns them: the fewer, the tighter
        samples are packed; none for any.
        Raises ValueError for layers that no network can have, BoardError when there is no room for them.
        """

    def train(
        self,
        x: np.ndarray,
        y: np.ndarray,
        until: int | None = None,
        order: SampleOrder | None = None,
        stop: Callable[[], bool] = ...,
    ) -> Iterator[Progress]:
        """Learn training samples `state.sample`..`until` - 1 in order; yield the `Progress` now and then.

        x: int8 (samples, inputs). y: labels (samples,). until: number of the first sample that is not learnt; None for
        the rest of this pass over the data. order: which row is sample number n; None for as they stand. stop: asked
        before samples are sent; once it returns True no more are. Restarts are dealt with here. Raises ValueError for
        features outside the alphabet configured, or that do not fit the network.
        """

    def progress(self) -> Progress:
        """Return the `Progress` of this moment: samples learnt, and the totals of the epoch."""

    def infer(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (classes int64 (samples,), output voltages int16 (samples, outputs)) of x, int8 (samples, inputs)."""

    def conductances(self) -> list[np.ndarray]:
        """Return every crossbar's conductances: uint16 steps, flat, rows x columns of `eqprop.Plan.shapes` each."""

    def write_user_data(self, user_data: bytes) -> None:
        """Keep up to 2048 bytes with the network, for whoever reads it from the board; a chip keeps none.

        Raises BoardError with the board's own bound for more than it has room for.
        """

    def save(self) -> State:
        """Have the board keep its network, where it can and its flash allows it; return the state: `saved` tells."""

    def refresh(self) -> State:
        """Return the state as it is now: `crc` is the CRC-32 of all conductances, as little-endian uint16."""

    def recover(self, error: Exception | None = None) -> State:
        """Have the board hold this run's network again after a RestartError; return the state.

        `sample` may be lower than before. Raises BoardError when the network cannot be had again.
        """
