"""A line of progress for each of many boards: a live table on a terminal, plain lines elsewhere."""

import contextlib
import sys
import threading

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from .printing import printable


class BoardLines:
    """The present line of each board; any thread may call it."""

    def __init__(self, names, stream):
        """Show boards with these names on a stream."""
        self._text = dict.fromkeys(names, "waits")
        self._stream = stream
        self._lock = threading.Lock()
        self._live = None
        if stream.isatty():
            console = Console(file=stream, highlight=False)
            self._live = Live(get_renderable=self._table, console=console, refresh_per_second=8)

    def __enter__(self):
        """Start to show."""
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_):
        """Leave the last lines on the screen."""
        if self._live:
            with contextlib.suppress(BrokenPipeError):
                self._live.stop()

    def _table(self):
        table = Table.grid(padding=(0, 2), expand=True)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        with self._lock:
            rows = list(self._text.items())
        for name, text in rows:
            table.add_row(Text(name), Text(text))
        return table

    def moved(self, name, text):
        """Show how far a board is: on a terminal alone."""
        with self._lock:
            self._text[name] = printable(text)

    def say(self, name, text):
        """Show what a board does now."""
        self.moved(name, text)
        if not self._live:
            with self._lock:
                print(f"{name}: {printable(text)}", file=self._stream, flush=True)


def board_lines(names, stream=None):
    """Return `BoardLines` on a stream (standard error), as a context."""
    return BoardLines(names, stream or sys.stderr)
