"""The digital twin of a board whose crossbar is emulated: the same arithmetic in lockstep on the host.

The twin learns the board's samples, so its conductances equal the board's to the last bit; the line carries only a
CRC-32 now and then. If the two differ, both learn the samples in between a second time, in halves, to find the first
sample after which they differ. A board that then agrees had been disturbed once, and is right again.
"""

import contextlib
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from eqprop.crossbar import FREE, MINUS, PLUS
from eqprop.fixed import V_MAX
from eqprop_sim.emulator.compiled_network import Network

from ..boards.board import Board
from ..link.steps import learns_numbers, model_of
from ..runlog.replay import put


@dataclass(frozen=True)
class Divergence:
    """The point where a board diverged from its twin."""

    first_sample: int
    """Number of the first training sample after which they differ; -1 if the board does not hold what was written."""

    until_sample: int
    """Samples learnt when it was noticed."""

    crossbars: tuple[int, ...]
    """The differing crossbars: after `first_sample` if it repeats, otherwise when it was noticed."""

    repeats: bool
    """Whether it recurred when the board learnt the same samples a second time. If not, the board is right again."""


_NICE = 10


def _step_back():
    """Lower this thread's priority, because the board and the host's answers come first."""
    if sys.platform == "linux":  # only here a thread has a priority of its own
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


class Twin:
    """A twin of `board`, which must be configured; `learn` the board's samples, then `check` it.

    It learns in its own thread, on a core that is idle while the host waits for the board. A request for its
    conductances waits until it has learnt everything.
    """

    def __init__(self, board: Board, x, y):
        """Start with a board just configured; x, y: the rows that it learns, and their labels or targets."""
        self._network = network_of(board.state)
        self._network.warm_up()
        self._x, self._y = x, y
        self._worker = ThreadPoolExecutor(1, initializer=_step_back)
        self._jobs = []
        self.agreed()

    @property
    def network(self):
        """The emulator, with the conductances that the board should have."""
        for job in self._jobs:
            job.result()
        self._jobs = []
        return self._network

    def close(self):
        """End the thread."""
        self._worker.shutdown()

    def agreed(self):
        """Note that the board has this network."""
        self._good = self.copy()
        self._good_sample = self.network.sample
        self._since = []

    def copy(self):
        """Return a copy of the conductances: steps, flat, for each crossbar."""
        return self.snapshot().result()

    def snapshot(self):
        """Return the Future of a copy of the conductances after all samples so far, without waiting."""
        return self._worker.submit(self._copy, tuple(self._jobs))

    def _copy(self, before):
        for job in before:  # they have ended; raises the error of a failed one
            job.result()
        return [self._network.conductances(c).copy() for c in range(self._network.crossbar_count)]

    def learn(self, order):
        """Learn training samples, by the numbers of their rows."""
        self._since.append(order)
        self._jobs.append(self._worker.submit(self._learn, order))

    def _learn(self, order):
        self._network.learn_all(self._x[order], self._y[order])

    def check(self, board: Board, teach):
        """Return None if the board's conductances equal the twin's, otherwise the `Divergence`.

        The board is asked for its CRC. Only if it differs, the board learns samples a second time, by `teach(until)`,
        and ends with the twin's conductances or, if it diverges again, with its own. Raises RestartError without a
        result.
        """
        if board.refresh().crc == self.network.crc():
            self.agreed()
            return None
        return self._located(board, teach)

    def _located(self, board, teach):
        twins, until = self.copy(), board.state.sample
        try:
            return self._search(board, teach, until)
        finally:
            put(self.network, twins, until)

    def _search(self, board, teach, until):
        own = board.conductances()
        crossbars = self._differing(own)
        order = np.concatenate([*self._since, np.zeros(0, np.int64)]).astype(np.int64)
        low, high = self._good_sample, until
        if self._again(board, teach, low, low, order):
            found = Divergence(-1, until, self._differing(board.conductances()), True)
        elif not self._again(board, teach, low, high, order):
            self.agreed()  # the board is right again
            return Divergence(low, until, crossbars, False)
        else:
            while high - low > 1:
                middle = (low + high) // 2
                if self._again(board, teach, low, middle, order):
                    high = middle
                else:
                    low = middle
            self._again(board, teach, low, high, order)
            found = Divergence(low, until, self._differing(board.conductances()), True)
        board.put_back(own, until)
        return found

    def _again(self, board, teach, low, high, order):
        """Let twin and board learn samples low to high a second time; return whether they then differ."""
        put(self.network, self._good, self._good_sample)
        self._learn(order[: low - self._good_sample])
        board.put_back(self.copy(), low)
        self._learn(order[low - self._good_sample : high - self._good_sample])
        teach(high)
        return board.refresh().crc != self.network.crc()

    def _differing(self, conductances):
        mine = self.copy()
        return tuple(c for c, steps in enumerate(conductances) if not np.array_equal(steps, mine[c]))


def network_of(state):
    """Return an emulator of the network that a board's `State` describes, with its initial conductances."""
    network = Network(state.layers, state.seed, state.lr_halving_samples, model_of(state))
    if learns_numbers(state):
        network.regress()
    return network


def probe(network, x, y):
    """Return measurements of the circuit with some samples, as columns of `metrics`; conductances do not change.

    x: int8 (samples, inputs), y: their classes or targets. Residuals are fractions of a layer's full scale, 0 at
    equilibrium; a phase that a sweep says nothing of has none.
    """
    crossbar = network.crossbar
    nodes = getattr(network.plan, "nodes", network.layers[1:])
    rail = getattr(network.plan, "rail", V_MAX)
    residuals = [None, None, None]

    def sweep(phase):
        """Note the largest voltage change in a phase by one more sweep."""
        voltages = crossbar.circuit.phases[phase]
        before = [v.astype(np.int64) for v in voltages]
        if crossbar.sweep(phase):
            change = max(int(np.abs(v - b).max()) for v, b in zip(voltages, before, strict=True)) / rail
            residuals[phase] = max(residuals[phase] or 0.0, change)

    saturated = [np.zeros(n, bool) for n in nodes]
    alive = [np.zeros(n, bool) for n in nodes[:-1]]
    set_nudge = network.regression.set_nudge if network.regression else crossbar.set_nudge
    for features, right in zip(x, y.tolist(), strict=True):
        crossbar.settle(features)
        free = [v[: nodes[c]].copy() for c, v in enumerate(crossbar.circuit.phases[FREE])]
        for c, voltages in enumerate(free):
            saturated[c] |= np.abs(voltages) >= rail
            if c < len(alive):
                alive[c] |= voltages != 0
        set_nudge(right)
        for phase in (PLUS, MINUS):
            crossbar.nudge(phase)
            sweep(phase)
        crossbar.settle(features)
        sweep(FREE)
    names = ("residual_free", "residual_plus", "residual_minus")
    return {
        **{name: residual for name, residual in zip(names, residuals, strict=True) if residual is not None},
        "saturated_nodes": sum(int(found.sum()) for found in saturated),
        "dead_nodes": sum(int((~found).sum()) for found in alive),
    }
