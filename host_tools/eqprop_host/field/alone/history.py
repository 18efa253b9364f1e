"""Follows what a board learnt alone, from its black box into a run log: the digital twin of a board without a host.

The log gets the conductances that the history begins with, and each sample learnt as a step. It begins with those of
the seed, if the box still has the first start of a network that had learnt nothing; otherwise with those that the board
tells while the box is read. A power cut takes the board back to its last checkpoint: what it learnt after it is left
out. Where samples are missing, the history ends, and begins again with the next conductances that the board tells.
"""

import time

import numpy as np

import eqprop
from eqprop.protocol import telemetry as kinds
from eqprop.telemetry.blackbox import START, STATE

from .. import records
from ..journal import Parts

_LEAST_S = 10.0  # for conductances to come
_DEVICES_A_SECOND = 100  # a budget of 800 bytes a second is 228
_ENDS = "no-twin"


class History:
    """The steps of a log about a board that is alone."""

    def __init__(self, about, log):
        """Resume the history of `log`, a `RunLog`, of the program that `about`, a `records.About`, describes."""
        self._about = about
        self._log = log
        before = log.resumed
        self._count = len(before.samples[1]) if before else 0
        self._at = None  # samples learnt, as far as the steps lead
        self._told = False  # whether the board told the conductances there: records of samples before may follow
        self._furthest = max([before.steps, *before.logged]) if before else -1
        if before:
            ends = (event["sequence"] for event in before.events if event["event"] == _ENDS)
            ended = max(ends, default=-1)
            for header in (header for header in before.headers if header["sequence"] > ended):
                if header["record"] == "steps" or header["record"] == "conductances" and self.lost:
                    self._at = header["sample"]
                    self._told = header["record"] == "conductances"
        self._written = self._at

    @property
    def lost(self):
        """Whether the conductances that the next records begin with are not known."""
        return self._at is None

    def follow(self, kept):
        """Log the samples in records, `Kept` each; return the numbers of those whose CRC the steps lead to."""
        steps, marks = [], {}
        for record in kept:
            if record.kind == START and self._furthest < 0:
                self._begin(record)
            if self.lost or self._is_older(record):
                continue
            wrong = ""
            if record.kind == START:
                if record.sample > self._at:
                    wrong = "a power cut took the records of samples that its checkpoint has"
                elif record.sample < self._written:
                    wrong = f"a power cut took it back to sample {record.sample}, before those logged"
                else:
                    steps = steps[: record.sample - self._written]
                    marks = {number: sample for number, sample in marks.items() if sample <= record.sample}
                    self._at = record.sample
            elif record.kind == STATE and record.sample != self._at:
                wrong = "it learnt samples that it did not tell"
            elif record.kind == kinds.LEARNT:
                if record.sample == self._at + 1 and record.x is not None:
                    steps.append(record)
                    self._at += 1
                else:
                    wrong = "records are missing" if record.x is not None else "it did not tell the features"
            if wrong:
                self._write(steps)
                self._log.event(_ENDS, self._at, reason=f"{wrong}: its steps after sample {self._at} are not known")
                self._at, steps = None, []
            elif record.kind in (START, STATE):
                marks[record.number] = record.sample
        self._write(steps)
        return set(marks)

    def _is_older(self, record):
        """Return whether a record waited in the board's memory while it told the conductances that begin the steps."""
        older = record.sample <= self._at if record.kind == kinds.LEARNT else record.sample < self._at
        if self._told and record.kind in (STATE, kinds.LEARNT) and older:
            return True
        self._told = self._told and record.kind not in (START, kinds.LEARNT)
        return False

    def _begin(self, record):
        """Log the conductances of the seed, if the network starts with them."""
        about = self._about
        network = eqprop.Network(about.layers, about.seed, about.lr_halving_samples, model=about.model)
        if record.sample == 0 and network.crc() == record.crc:
            whole = [(c, 0, np.array(network.conductances(c))) for c in range(network.crossbar_count)]
            self._log.conductances(0, whole, "twin")
            self._at = self._written = self._furthest = 0

    def _write(self, steps):
        """Log samples learnt, and that they were learnt in their order."""
        if steps:
            features = np.array([np.frombuffer(each.x, np.int8) for each in steps])
            self._log.samples(features, np.array([each.label for each in steps]), self._count)
            self._log.steps(self._written, np.arange(self._count, self._count + len(steps)))
            self._count += len(steps)
            self._written += len(steps)
            self._furthest = max(self._furthest, self._written)

    def take_conductances(self, listener, tell, now=time.monotonic):
        """Log the conductances that the board tells, as soon as all of them are of one sample; tell if none come."""
        plan = self._about.plan
        parts = Parts(plan)
        until = now() + _LEAST_S + sum(rows * columns for rows, columns in plan.shapes) / _DEVICES_A_SECOND
        while now() < until:
            for each in listener.poll():
                whole = parts.add(each) if isinstance(each, records.Devices) else None
                if whole and each.sample > self._furthest:
                    self._log.conductances(each.sample, whole, "board")
                    self._at = self._written = self._furthest = each.sample
                    self._told = True
                    return
        tell("the board's conductances changed while it told them: what it learns from now on cannot be replayed yet")
