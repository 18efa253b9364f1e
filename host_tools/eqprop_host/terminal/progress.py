"""Progress of a run on stderr: a live view on a terminal, plain lines elsewhere."""

import contextlib
import sys
from dataclasses import dataclass, field

import numpy as np
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

_BARS = "▁▂▃▄▅▆▇█"
_COLOURS = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
_MAP_WIDTH, _MAP_HEIGHT = 64, 16  # cells; a character shows two, one above the other
_CURVE = 40


@dataclass
class View:
    """A run's progress, as shown."""

    total: int
    """The run's total of training samples."""

    done: int = 0
    rate: float = 0.0
    """Training samples per second."""

    error_percent: float | None = None
    """The error of this epoch's training samples so far."""

    loss: float | None = None
    test_errors: list[float] = field(default_factory=list)
    """Test errors in percent, one after each epoch."""

    link: str = ""
    """The state of the line to the board, in words."""

    conductances: list[np.ndarray] = field(default_factory=list)
    """The last known conductances of each crossbar: uint16 steps (rows, columns)."""

    def __rich__(self):
        """Return the view for a terminal."""
        bar = Table.grid(padding=(0, 1))
        left = f"{_clock((self.total - self.done) / self.rate)} left" if self.rate and self.done < self.total else ""
        bar.add_row(
            "training",
            ProgressBar(total=max(1, self.total), completed=self.done, width=40),
            f"{self.done}/{self.total}",
            f"{self.rate:,.0f} samples/s",
            left,
        )
        figures = []
        if self.error_percent is not None:
            figures.append(f"error {self.error_percent:.1f} %")
        if self.loss is not None:
            figures.append(f"loss {self.loss:,.0f}")
        if self.test_errors:
            figures.append(f"test error {self.test_errors[-1]:.2f} %  {_curve(self.test_errors)}")
        if self.link:
            figures.append(self.link)
        return Group(bar, Text("  ".join(figures)), *map(conductance_map, self.conductances))


def _clock(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _curve(values):
    """Return the last values as a row of bars from 0."""
    most = max(values) or 1
    return "".join(_BARS[min(7, int(8 * value / most))] for value in values[-_CURVE:])


def conductance_map(steps):
    """Return a crossbar as a block of colours: each cell is the square root of its devices' mean conductance."""
    table = np.sqrt(steps.astype(np.float64))
    for axis, most in ((0, _MAP_HEIGHT), (1, _MAP_WIDTH)):
        parts = np.array_split(np.arange(table.shape[axis]), min(table.shape[axis], most))
        table = np.stack([table.take(part, axis).mean(axis) for part in parts], axis)
    table = (table - table.min()) / max(1.0, np.ptp(table))
    text = Text()
    for row in range(0, len(table), 2):
        for column in range(table.shape[1]):
            upper = _colour(table[row, column])
            lower = f" on {_colour(table[row + 1, column])}" if row + 1 < len(table) else ""
            text.append("▀", style=upper + lower)
        text.append("\n")
    return text


def _colour(value):
    at = min(int(value * (len(_COLOURS) - 1)), len(_COLOURS) - 2)
    part = value * (len(_COLOURS) - 1) - at
    mixed = (round(a + part * (b - a)) for a, b in zip(_COLOURS[at], _COLOURS[at + 1], strict=True))
    return "rgb({},{},{})".format(*mixed)


def link_text(sent_bytes, received_bytes, retries):
    """Return the state of a line in words."""
    health = "link sound" if not retries else f"link: {retries} retries"
    return f"{health}, {(sent_bytes + received_bytes) / 1000:,.0f} kB"


@contextlib.contextmanager
def show_progress(stream=None):
    """Yield a function to call with each `training.loop.RunProgress`, which shows it on a stream (standard error).

    On a terminal a live view is shown from its first call until the context ends; elsewhere a line for each epoch.
    """
    stream = stream or sys.stderr
    shown = _Shown(stream) if stream.isatty() else _Lines(stream)
    try:
        yield shown
    finally:
        shown.close()


def _epoch_line(progress):
    test = progress.test_error_percent
    error = progress.train_error_percent
    learnt = "" if error is None else f"training error {error:.2f} %, "
    tested = f"{progress.fit}, " if progress.fit else "" if test is None else f"test error {test:.2f} %, "
    return (
        f"epoch {progress.epoch}/{progress.epochs}: {progress.sample} samples, "
        f"{learnt}{tested}{progress.samples_per_second:,.0f} samples/s"
    )


class _Shown:
    """A live view on a terminal."""

    def __init__(self, stream):
        self._stream = stream
        self._live = self._view = None

    def __call__(self, progress):
        if self._live is None:
            self._view = View(progress.total)
            self._live = Live(self._view, console=Console(file=self._stream, highlight=False), refresh_per_second=8)
            self._live.start()
        view = self._view
        view.done, view.error_percent = progress.sample, progress.train_error_percent
        view.rate, view.loss = progress.samples_per_second, progress.loss
        if progress.epoch_ends:
            if progress.test_error_percent is not None:
                view.test_errors.append(progress.test_error_percent)
            view.conductances = progress.conductances() if progress.conductances else []
            if line := progress.line:
                view.link = link_text(line.sent_bytes, line.received_bytes, line.retries)
            self._live.console.print(_epoch_line(progress))

    def close(self):
        if self._live:
            self._live.stop()


class _Lines:
    """A line for each epoch."""

    def __init__(self, stream):
        self._stream = stream

    def __call__(self, progress):
        if progress.epoch_ends:
            print(_epoch_line(progress), file=self._stream, flush=True)

    def close(self):
        """Leave the stream as it is."""
