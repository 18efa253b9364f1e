"""The live view of a running program: on a terminal a picture, elsewhere lines."""

import contextlib
import sys
from collections import deque

import numpy as np
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from ..terminal.printing import printable
from ..terminal.progress import conductance_map
from ..training.scores import class_labels
from . import records
from .listener import Restarted
from .tally import Tally

_BARS = 20
_ANSWERS = 6


class Watch:
    """What a program told so far, in words.

    - tally: the `Tally` of what it learnt
    """

    def __init__(self, listener, class_names=()):
        """Watch the program of a `Listener`; class_names: those of its classes."""
        self._listener = listener
        self.tally = Tally()
        self._names = class_names
        self._answers = deque(maxlen=_ANSWERS)
        self._faults = deque(maxlen=3)
        self._saved = None
        self._sample = 0
        self._maps = None

    def label(self, number):
        """Return the name of a class, safe for a terminal."""
        return class_labels(self._names, max(number + 1, len(self._names)))[number]

    def margin_percent(self, record):
        """Return the margin of a `records.Labelled`, as `eqprop.Network.margin_percent`."""
        right, wrong = self._listener.about.plan.targets
        return min(100, 100 * record.lead // (right - wrong))

    def take(self, each):
        """Process what `Listener.poll` returned; return a line about it, or None for what is only in the picture."""
        if isinstance(each, str):
            return printable(each)
        self._sample = max(self._sample, getattr(each, "sample", 0))
        if isinstance(each, records.Answer):
            line = f"{self.label(each.label)}, margin {self.margin_percent(each)} %"
            if each.confidence_percent is not None:
                line += f", right in {each.confidence_percent} %"
            self._answers.append((each, line))
            self.tally.answer(each)
            return f"answer: {line}"
        if isinstance(each, records.Learnt):
            about = self._listener.about
            before = self.tally.add(each, bool(about and about.has_memory))
            was = "" if before is None else ", right" if before == each.label else f", was {self.label(before)}"
            return f"learnt: {self.label(each.label)}{was}, loss {each.loss:,}; sample {each.sample}"
        if isinstance(each, records.Saved):
            self._saved = each
            return "saved" if each.kept else "not saved"
        if isinstance(each, records.Fault):
            self._faults.append(printable(each.text))
            return f"fault: {printable(each.text)}"
        if isinstance(each, Restarted):
            self._maps = None
            return "the program has started afresh"
        if isinstance(each, records.Numbers):
            return f"predicted: {' '.join(map(str, each.values))}"
        if isinstance(each, records.Devices):
            self._draw(each)
        return None

    def _draw(self, record):
        about = self._listener.about
        if about is None or not about.model:
            return
        plan = about.plan
        steps = record.steps(plan)
        if self._maps is None:
            self._maps = [np.zeros(rows * columns, steps.dtype) for rows, columns in plan.shapes]
        if record.crossbar < len(plan.shapes):
            part = self._maps[record.crossbar][record.first : record.first + steps.size]
            part[:] = steps[: part.size]

    def summary(self):
        """Return the lines of how the program does."""
        listener, about = self._listener, self._listener.about
        lines = [printable(about.identity) if about else "waiting for the program"]
        if self.tally.learnt:
            lines.append(
                f"{self.tally.learnt} samples learnt, {self.tally.error_percent:.1f} % were answered wrongly before, "
                f"{self.tally.recent_error_percent:.1f} % of the last 100"
            )
        health = listener.health
        words = [f"sample {self._sample}"]
        if health:
            words.append(
                f"{health.free_heap:,} bytes of heap free" if health.free_heap is not None else "heap unlimited"
            )
            words.append(f"{health.dropped} records dropped by the board")
        if self._saved:
            words.append(f"{self._saved.written} checkpoints written, {self._saved.failed} failed")
        if listener.missing or listener.torn:
            words.append(f"{listener.missing} records missing, {listener.torn} torn")
        return [*lines, ", ".join(words)]

    def __rich__(self):
        """Return the view for a terminal."""
        text = Text("\n".join(self.summary()) + "\n")
        for record, line in self._answers:
            filled = round(_BARS * self.margin_percent(record) / 100)
            text.append(f"{'━' * filled:<{_BARS}} {line}\n")
        for fault in self._faults:
            text.append(f"fault: {fault}\n", style="red")
        maps = []
        if self._maps:
            shapes = self._listener.about.plan.shapes
            maps = [conductance_map(steps.reshape(shape)) for steps, shape in zip(self._maps, shapes, strict=True)]
        return Group(text, *maps)


@contextlib.contextmanager
def shown(watch):
    """Yield a function that shows what `Watch.take` returns, given with what it was about."""
    if not sys.stdout.isatty():
        yield lambda each, line: line is not None and print(line, flush=True)
        return
    with Live(watch, console=Console(highlight=False, markup=False), refresh_per_second=8) as live:

        def show(each, line):
            if line is not None and not isinstance(each, records.Answer):
                live.console.print(line)

        yield show
