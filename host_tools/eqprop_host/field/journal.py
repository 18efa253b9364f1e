"""Keeps what a running program tells in a run log, which `eqprop report`, `log` and `monitor` read."""

import contextlib
import time

import numpy as np

import eqprop

from ..datasets import FULL_SCALE, Scaling
from ..runlog import RunLog
from ..training.config import layers_text
from . import records
from .listener import Restarted
from .tally import Tally

_TOGETHER = 64  # events in a piece of the log
_FLUSH_S = 1.0
_METRICS_EVERY = 25  # samples learnt


def describe(about, port, class_names=()):
    """Return the configuration of a log about a program, that `about`, a `records.About`, describes."""
    configuration = {"board": about.identity, "port": port, "version": eqprop.__version__}
    if about.model:
        configuration |= {
            "layers": layers_text(about.layers),
            "model": about.model,
            "seed": about.seed,
            "lr_halving_samples": about.lr_halving_samples,
            "classes": about.layers[-1],
            "class_names": list(class_names),
            # A program scales its readings itself, so its features are the inputs
            "scaling": Scaling(about.layers[0], (0.0,), (float(FULL_SCALE),)).to_dict(),
            "data": "",
        }
    return configuration


def replays(about):
    """Return whether what a program learns depends on nothing but the samples that it tells."""
    return bool(about.model) and not (about.has_memory or about.learns_numbers)


class Parts:
    """Puts the parts of a network's conductances together, which a program tells while it learns."""

    def __init__(self, plan):
        """Wait for parts of the crossbars of a plan, None for a program without a network."""
        self._plan = plan
        self._sample = None
        self._held = {}

    def add(self, record):
        """Return whole conductances, (crossbar, 0, steps) each, once every part is of one sample; None before.

        record: a `records.Devices`.
        """
        if record.sample != self._sample:
            self._sample, self._held = record.sample, {}
        self._held[record.crossbar, record.first] = record.steps(self._plan)
        whole = []
        for c, (rows, columns) in enumerate(self._plan.shapes):
            found, at = [], 0
            while (c, at) in self._held and at < rows * columns:
                found.append(self._held[c, at])
                at += found[-1].size
            if at != rows * columns:
                return None
            whole.append((c, 0, np.concatenate(found)))
        return whole


class Journal:
    """A run log of a program.

    Answers, samples learnt, saves, faults and starts are events with the board's clock. Features that were learnt are
    samples and steps, so that the conductances in between can be computed, as long as none is missing and the network
    rehearses no memory of its own. Conductances are logged part by part, and whole once all parts are of one sample.
    """

    def __init__(self, path, about, port, class_names=(), clock=time.time):
        """Begin the log at `path` of the program that `about`, a `records.About`, describes. Raises as `RunLog`."""
        self._plan = about.plan if about.model else None
        self._clock = clock
        self.log = RunLog(path, describe(about, port, class_names), clock)
        self.log.event("connect", 0, about.us, board=about.identity, layers=list(about.layers))
        self._replays = replays(about)
        self._has_memory = about.has_memory
        self._events = []
        self._flushed = clock()
        self._steps = None  # samples learnt up to the last logged step
        self._samples = 0
        self._parts = Parts(self._plan)
        self._whole = None  # the sample of the last whole conductances
        self._window = Tally()
        self._began = None

    def add(self, record):
        """Keep a record. Raises LogError if it cannot be written."""
        taken = _EVENTS.get(type(record))
        if taken:
            name, detail = taken
            self._events.append((name, getattr(record, "sample", None), record.us, detail(self, record)))
        if isinstance(record, records.Answer):
            self._window.answer(record)
        elif isinstance(record, records.Learnt):
            self._learn(record)
        elif isinstance(record, records.Devices):
            self._devices(record)
        if len(self._events) >= _TOGETHER or self._clock() - self._flushed >= _FLUSH_S:
            self.flush()

    def flush(self):
        """Write what waits."""
        events, self._events = self._events, []
        self._flushed = self._clock()
        if events:
            self.log.events(events)

    def close(self, reason="closed"):
        """End the log; does nothing if it is closed."""
        with contextlib.ExitStack() as last:
            last.callback(self.log.close, reason)
            self.flush()
            if self._window.learnt:
                self._metrics()

    def margin_percent(self, record):
        """Return the margin of a `records.Labelled`, as `eqprop.Network.margin_percent`."""
        right, wrong = self._plan.targets
        return min(100, 100 * record.lead // (right - wrong))

    def _learn(self, record):
        """Log a sample learnt as a step, if all before it are logged."""
        if self._began is None:
            self._began = record.us, record.sample
        self._window.add(record, self._has_memory)
        told = record.features is not None and record.features.size == self._plan.layers[0]
        if self._replays and told and self._steps in (None, record.sample - 1):
            self.log.samples(record.features[None, :], np.array([record.label]), self._samples)
            self.log.steps(record.sample - 1, np.array([self._samples]))
            self._samples += 1
            self._steps = record.sample
        if self._window.learnt == _METRICS_EVERY:
            self.flush()
            self._metrics()

    def _metrics(self):
        window, self._window = self._window, Tally()
        (us, sample), last = self._began, window.last
        seconds = max(1e-6, (last.us - us) / 1e6)
        self.log.metrics(
            sample=last.sample,
            board_ticks_us=last.us,
            epoch=0,
            train_error_percent=window.error_percent,
            loss=window.loss,
            samples_per_second=(last.sample - sample) / seconds,
        )

    def _devices(self, record):
        """Log a part of the conductances; all of them once every part is of one sample."""
        if record.crossbar >= (len(self._plan.shapes) if self._plan else 0):
            return
        steps = record.steps(self._plan)
        self.log.conductances(record.sample, [(record.crossbar, record.first, steps)], "part")
        whole = self._parts.add(record)
        if whole and record.sample != self._whole:
            self._whole = record.sample
            self.log.conductances(record.sample, whole, "board")

    def _named(self, record):
        detail = {"label": record.label, "margin_percent": self.margin_percent(record), "highest": record.highest}
        if isinstance(record, records.Learnt):
            return {**detail, "loss": record.loss}
        return {**detail, "confidence_percent": record.confidence_percent}


_EVENTS = {
    records.Answer: ("answer", Journal._named),
    records.Learnt: ("learnt", Journal._named),
    records.Numbers: ("numbers", lambda _, record: {"values": record.values.tolist()}),
    records.Reading: ("reading", lambda _, record: {"values": record.values.tolist()}),
    records.Saved: (
        "checkpoint",
        lambda _, record: {"kept": record.kept, "written": record.written, "failed": record.failed},
    ),
    records.Fault: ("fault", lambda _, record: {"reason": record.text}),
    records.Health: ("health", lambda _, record: {"free_heap": record.free_heap, "dropped": record.dropped}),
    Restarted: ("reset", lambda _, record: {}),
}
