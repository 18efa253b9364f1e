"""Writes the log of a training run: every step of an emulated crossbar, otherwise conductances as the line allows."""

import contextlib
import time
from collections import deque

import numpy as np

from eqprop.protocol import messages
from eqprop_sim.sample_order import SampleOrder

from ..boards.interface import AnyBoard
from ..errors import LogError
from ..link.steps import plan_of
from ..runlog.replay import conductances_at, put
from ..runlog.schema import AVERAGE
from .twin import Twin, network_of, probe

_STRIDE = 1024  # steps between two looks, or those of a second; each look delays the host's answers
_STEPS = 2048  # steps in a record, or those of a second
_SNAPSHOT_STEPS = 2048  # limits the distance of a step from the logged conductances before it
_PROBED = 16  # test samples
_PART = 64  # the fewest devices to read in one request


class Recorder:
    """Watches a training run and writes its log.

    If a board is the emulator in this process, or its first conductances equal the emulator's, it can be recomputed:
    the log holds its steps, and `runlog.replay` gives the conductances after any of them. The board's own conductances
    are compared by CRC at each interval. A difference is logged as an event; after a repeated one, the board has no
    twin. The conductances of a board without a twin are read at each interval, all or in part, as far as the budget
    allows; those of a chip that this process simulates cost nothing.

    - measured: training samples learnt at the last logged metrics, -1 before
    """

    def __init__(self, log, data, budget_percent, sink=None, clock=time.monotonic):
        """Write to `log`, a `runlog.RunLog`, new or reopened. data: the `datasets.Prepared` to learn.

        budget_percent: the part of the line's bytes for reading conductances, below 100. sink: a
        `runlog.tensorboard.TensorBoard` that gets the same, or None.
        """
        self._log = log
        self._data = data
        self._budget = budget_percent / (100 - budget_percent)
        self._sink = sink
        self._clock = clock
        self._flushed = clock()
        self._pending = []
        self._snapshots = deque()  # (sample, Future of the conductances) that are not logged yet
        self._credit = 0.0
        self._line_bytes = 0
        self._next_device = 0
        self._restarts = 0
        self._twin = self._mirror = None
        before = log.resumed
        self._steps_logged = self._flushed_steps = before.steps if before else 0
        self._snapshot_taken = max(before.logged, default=-1) if before else -1
        self._averaged = before.averaged if before else None
        self.measured = before.metrics[-1]["sample"] if before and before.metrics else -1

    def begin(self, board: AnyBoard, x, y, order: SampleOrder, teach):
        """Log that the board starts or, in a reopened log, resumes, without a request to the board.

        x, y, order: the rows that the board learns, their labels or targets, and their `SampleOrder`. teach:
        teach(until) lets the board learn up to sample `until`.
        """
        self._board, self._x, self._y, self._order, self._teach = board, x, y, order, teach
        state = board.state
        sample = self._sample = self._seen = state.sample
        self._saved, self._failed = state.saved, state.failed
        resumed = self._log.resumed
        self._log.event("resume" if resumed else "connect", sample, board=board.identity, layers=list(state.layers))
        if board.emulated:
            self._mirror = network_of(state)
        elif board.emulated is None and not (resumed and gave_up(resumed)):
            self._begin_twin(board)
        if self._twin or self._mirror:
            if not resumed or len(resumed.samples[1]) < len(self._data.train_y):
                self._log.samples(self._data.train_x, self._data.train_y)
            if self._twin and self._snapshot_taken < 0:
                self._log_conductances(self._twin.network.sample, self._twin.copy(), "twin")
            if sample > self._steps_logged:
                self._step(self._steps_logged, sample)

    def _begin_twin(self, board):
        """Give the board a twin if their conductances are equal."""
        twin = Twin(board, self._x, self._y)
        if self._snapshot_taken >= 0:
            reached = min(self._steps_logged, board.state.sample)
            put(twin.network, conductances_at(self._log.resumed, reached), reached)
            twin.agreed()
        compared = board.state.sample == twin.network.sample != self._averaged  # it may not have got its average
        if compared and board.state.crc != twin.network.crc():
            text = "its first conductances are not the emulator's: conductances are read, as far as the budget allows"
            self._log.event("no-twin", reason=text)
            twin.close()
        else:
            self._twin = twin

    def conductances(self):
        """Return each crossbar's present conductances, steps, flat; read them from a board without a twin."""
        self._catch_up()
        return self._twin.copy() if self._twin else self._board.conductances()

    def average(self, sample, conductances):
        """Log the average that the board gets in place of its last conductances, once."""
        if self._twin:
            put(self._twin.network, conductances, sample)
            self._twin.agreed()
        if self._averaged != sample:
            pieces = [(c, 0, steps) for c, steps in enumerate(conductances)]
            self._log.conductances(sample, pieces, AVERAGE)
            self._averaged = sample

    def reached(self, sample):
        """Note that the board has learnt all training samples before number `sample`.

        A restarted board may have gone back; samples that it learns a second time are the same and not logged.
        """
        self._note_restarts()
        self._seen = sample
        if sample - self._sample >= _STRIDE or self._clock() - self._flushed >= 1:
            self._catch_up()

    def _note_restarts(self):
        """Log the failures of the board or its line since the last call."""
        for restart in self._board.restarts[self._restarts :]:
            name = "reset" if restart.reset else "fault"
            self._log.event(name, restart.sample, reached=restart.reached, reason=restart.reason)
            self._restarts += 1

    def _note_checkpoints(self):
        """Log the news about checkpoints in the board's last state."""
        state = self._board.state
        if state.saved not in (self._saved, messages.NEVER_SAVED):
            self._log.event("checkpoint", state.sample, saved=state.saved, written=state.written)
        if state.failed > self._failed:
            text = "checkpoints could not be written"
            self._log.event("fault", state.sample, reason=text, count=state.failed - self._failed)
        self._saved, self._failed = state.saved, state.failed

    def _catch_up(self):
        """Process all steps that the board has learnt."""
        if self._seen > self._sample:
            self._step(self._sample, self._seen)
            self._sample = self._seen

    def _step(self, first, last):
        """Process steps first..last - 1."""
        if not (self._twin or self._mirror):
            return
        self._log_snapshots(wait=False)
        order = self._order.indices(first, last)
        if self._twin:
            self._twin.learn(order)
        new = order[max(0, self._steps_logged - first) :]
        if len(new):
            self._pending.append(new)
            self._steps_logged = last
        if self._steps_logged - self._flushed_steps >= _STEPS or self._clock() - self._flushed >= 1:
            self._flush()
        # If the board is behind the log, so is its twin
        if self._twin and len(new) and self._steps_logged - self._snapshot_taken >= _SNAPSHOT_STEPS:
            self._flush()
            self._snapshots.append((self._steps_logged, self._twin.snapshot()))
            self._snapshot_taken = self._steps_logged

    def _flush(self):
        """Log the pending steps."""
        if self._pending:
            order = np.concatenate(self._pending)
            self._pending = []
            self._log.steps(self._steps_logged - len(order), order)
        self._flushed_steps = self._steps_logged
        self._flushed = self._clock()

    def _log_snapshots(self, wait):
        """Log the twin's snapshots, or those that are ready, so that the board need not wait for its twin."""
        while self._snapshots and (wait or self._snapshots[0][1].done()):
            sample, conductances = self._snapshots.popleft()
            self._log_conductances(sample, conductances.result(), "twin")

    def interval(self, board, complete):
        """Log conductances for the interval that the user set, unless the board is behind the log or has its average.

        complete: read a board without a twin completely, at any cost. May be called a second time after a
        RestartError.
        """
        self._note_restarts()
        self._seen = board.state.sample
        self._catch_up()
        if board.state.sample < self._sample or board.state.sample == self._averaged:
            return
        self._flush()
        self._log_snapshots(wait=True)
        if self._twin:
            if divergence := self._twin.check(board, self._teach):
                self._diverged(divergence)
        else:
            board.refresh()
        self._note_checkpoints()
        self._snapshot(board, complete)

    def _diverged(self, divergence):
        self._log.event(
            "divergence",
            first_sample=divergence.first_sample,
            until_sample=divergence.until_sample,
            crossbars=divergence.crossbars,
            repeats=divergence.repeats,
        )
        if divergence.repeats:
            self._end_twin()

    def _snapshot(self, board, complete):
        """Log the present conductances: the twin's, or the board's as far as the budget allows."""
        sample = board.state.sample
        if board.state.crc == messages.UNREADABLE:
            return
        far = board.emulated is None
        if far:
            self._credit += self._budget * self._line_since(board)
        if sample <= self._snapshot_taken:
            return
        if self._twin:
            self._log_conductances(sample, self._twin.copy(), "twin")
        elif complete or not far or self._credit >= 2 * sum(rows * columns for rows, columns in self._shapes(board)):
            self._log_conductances(sample, board.conductances(), "board")
            if far:
                cost = self._line_since(board)
                self._credit -= 0 if complete else cost
        else:
            self._read_part(board, sample)

    def _line_since(self, board):
        """Return the bytes on the line since the last call."""
        before = self._line_bytes
        self._line_bytes = board.line.sent_bytes + board.line.received_bytes
        return self._line_bytes - before

    def _log_conductances(self, sample, conductances, source):
        self._log.conductances(sample, [(c, 0, steps) for c, steps in enumerate(conductances)], source)
        self._snapshot_taken = max(sample, self._snapshot_taken)
        if self._sink:
            self._sink.conductances(sample, conductances)

    def _read_part(self, board, sample):
        """Read as many devices as the budget allows, starting where the last part ended."""
        devices = [rows * columns for rows, columns in self._shapes(board)]
        at = self._next_device
        crossbar = 0
        while at >= devices[crossbar]:
            at -= devices[crossbar]
            crossbar += 1
        size = devices[crossbar]
        count = min(int(self._credit // 2), size - at)
        if count < min(_PART, size - at):
            return
        self._log.conductances(sample, [(crossbar, at, board.read(crossbar, at, count))], "part")
        self._credit -= self._line_since(board)
        self._next_device = (self._next_device + count) % sum(devices)

    def _shapes(self, board):
        return plan_of(board.state).shapes

    def metrics(self, board, **row):
        """Log metrics (`runlog.schema`) with the circuit's and the line's measurements."""
        network = self._twin.network if self._twin else self._mirror
        if network:
            if self._mirror:
                put(network, board.conductances(), board.state.sample)
            row |= probe(network, self._data.test_x[:_PROBED], self._data.test_y[:_PROBED])
        if line := board.line:
            row |= {
                "link_sent_bytes": line.sent_bytes,
                "link_received_bytes": line.received_bytes,
                "link_retries": line.retries,
            }
        self._log.metrics(**row)
        if self._sink:
            self._sink.metrics(row)
        self.measured = row["sample"]

    def finish(self, reason):
        """Log the remaining steps, and the end."""
        self._note_restarts()
        self._catch_up()
        self._flush()
        self._log_snapshots(wait=True)
        self._note_checkpoints()
        self._log.close(reason)
        self.close()

    def close(self):
        """End the twin; after an error, first log the pending steps."""
        try:
            with contextlib.suppress(LogError):  # the first error matters more; a closed log accepts no steps
                self._flush()
                self._log_snapshots(wait=True)
        finally:
            self._end_twin()

    def _end_twin(self):
        if self._twin:
            self._twin.close()
        self._twin = None


def gave_up(log):
    """Return whether the board of a log, a `runlog.reader.Log`, turned out not to be the emulator."""
    found = {event["event"]: event["detail"] for event in log.events}
    return "no-twin" in found or found.get("divergence", {}).get("repeats", False)
