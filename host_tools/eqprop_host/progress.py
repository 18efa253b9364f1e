"""How a run shows its progress on stderr: a live bar on a terminal, plain lines elsewhere."""

import contextlib
import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextlib.contextmanager
def show_progress(total, stream=None):
    """Yield a reporter for `total` training samples: `update(done, error_percent, rate)` and `line(text)`.

    error_percent: of the samples of this epoch so far. rate: training samples a second.
    """
    stream = stream or sys.stderr
    if stream.isatty():
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]:,.0f} samples/s  error {task.fields[error]:.1f} %"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(file=stream, highlight=False)) as bar:
            yield _Bar(bar, total)
    else:
        yield _Lines(stream)


@contextlib.contextmanager
def show_nothing(_total):
    """Yield a reporter as `show_progress` does, for work that others watch."""
    yield _Silence()


class _Silence:
    def update(self, done, error_percent, rate):
        """Show nothing."""

    def line(self, text):
        """Show nothing."""


class _Bar:
    def __init__(self, bar, total):
        self._bar = bar
        self._task = bar.add_task("training", total=total, rate=0.0, error=100.0)

    def update(self, done, error_percent, rate):
        self._bar.update(self._task, completed=done, error=error_percent, rate=rate)

    def line(self, text):
        self._bar.console.print(text)


class _Lines:
    def __init__(self, stream):
        self._stream = stream

    def update(self, done, error_percent, rate):
        """Show nothing between the lines."""

    def line(self, text):
        print(text, file=self._stream, flush=True)
