"""The interface of all boards: at a serial line, with the crossbar on a chip, or emulated in this process."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np

from eqprop.protocol.host_messages import Progress, State
from eqprop_sim.sample_order import SampleOrder

from ..link.line import Line
from .restarts import Restart

AT_ONCE = 500
"""Samples in one question: what a restart of the board has it answer a second time."""


class AnyBoard(Protocol):
    """A board that trains one network at a time; implemented by `Board`, `ChipBoard` and `EmulatedBoard`.

    Below, inputs is the first of the network's layers, outputs the last. Features are int8, 127 is full scale; labels
    are integers 0..outputs - 1, targets int16 (samples, outputs), in their
    place if the network learns numbers. If a board is at the end of a line, every method that queries it raises

    - RestartError if the board has restarted or its line has failed: call `recover`, then repeat the call
    - BoardError if the board refuses, with its own message
    - ProtocolError if it is silent or sends invalid answers, PortError if its port does not come back
    """

    @property
    def state(self) -> State:
        """The board's state from the last query; `sample`, the next training sample, is always up to date."""

    @property
    def identity(self) -> str:
        """The board's description of itself: one line."""

    @property
    def emulated(self) -> bool | None:
        """Whether its crossbar is the bit-exact emulator; None if only a comparison of conductances can tell."""

    @property
    def restarts(self) -> Sequence[Restart]:
        """Each restart so far, the oldest first."""

    @property
    def line(self) -> Line | None:
        """The traffic on its line so far; None without a line."""

    @property
    def sent(self) -> int:
        """Bytes sent to the board so far."""

    @property
    def sample_bytes(self) -> int:
        """The part of them that is training samples, without repetitions."""

    def configure(
        self,
        layers: Sequence[int],
        seed: int,
        lr_halving_samples: int,
        *,
        run_number: int = ...,
        epoch: int = 0,
        alphabet: bytes = b"",
        model: str = ...,
        regression: bool = False,
    ) -> State:
        """Build a new network, in place of any other, and return the state.

        layers: sizes, inputs first. seed: for the initial conductances, 0..2**32 - 1. lr_halving_samples: training
        samples after which the learning rate halves; 0 for never. run_number: identifies this training run,
        0..2**32 - 1. epoch: training samples after which the totals of `Progress` restart at zero; 0 for never.
        alphabet: the int8 values that features have, as `records.alphabet_of` returns them: fewer values pack samples
        tighter; empty for all values. model: the energy model, by its name in `eqprop.protocol.messages.MODELS`.
        regression: whether the network learns numbers, not classes.
        Raises ValueError for impossible layers, BoardError if they do not fit on the board.
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

        x: int8 (samples, inputs). y: labels (samples,), or targets. until: the first sample that is not learnt; None
        for the rest of this pass over the data. order: gives the row of sample number n; None for the rows in order.
        stop: called before samples are sent; once it returns True, no more are sent. Restarts are handled here. Raises
        ValueError for features outside the configured alphabet, or that do not fit the network, and for labels in place
        of targets or the reverse.
        """

    def progress(self) -> Progress:
        """Return the `Progress` of this moment: samples learnt, and the totals of the epoch."""

    def infer(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (classes int64 (samples,), output voltages int16 (samples, outputs)) of x, int8 (samples, inputs)."""

    def conductances(self) -> list[np.ndarray]:
        """Return every crossbar's conductances in steps, flat, rows x columns of `shapes` of `eqprop.plan` each.

        uint16; int16 if the model has signed ones.
        """

    def write_user_data(self, user_data: bytes) -> None:
        """Store up to 2048 bytes with the network, for any host that reads it; a chip stores none.

        Raises BoardError with the board's own limit if they do not fit.
        """

    def save(self) -> State:
        """Make the board save its network if it can and wear allows it; return the state, in which `saved` tells."""

    def refresh(self) -> State:
        """Return the state as it is now: `crc` is the CRC-32 of all conductances, as little-endian 16-bit numbers."""

    def recover(self, error: Exception | None = None) -> State:
        """Restore this run's network on the board after a RestartError; return the state.

        `sample` may be lower than before. Raises BoardError if the network cannot be restored.
        """
