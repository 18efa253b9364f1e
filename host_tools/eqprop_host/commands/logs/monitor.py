"""Follow a run from a second terminal, by its log, or a board's own program as it runs, by its port."""

import sys
import time
from pathlib import Path

from rich.console import Console
from rich.live import Live

from ...errors import LogError
from ...files import is_claimed
from ...runlog import open_runs
from ...runlog.follow import Follower
from ...runlog.schema import COMPLETE
from ...terminal.printing import printable
from ...terminal.progress import View, link_text
from ...training import scores
from ...training.scores import class_labels
from .. import options as common
from ..field.listening import add_listening, watch_program


def add_options(parser):
    """Add the options of `eqprop monitor`."""
    parser.add_argument("log", type=Path, nargs="?", help="the run's log, of any format")
    common.add_run(parser)
    add_listening(parser)
    text = "with --port: write what the program tells to this log, .arrow or .jsonl"
    parser.add_argument("--log", dest="kept", metavar="PATH", type=Path, help=text)
    parser.add_argument("--once", action="store_true", help="show the run as it is now, and exit")


def run(options):
    """Show the run until it ends; show the runs of a dataset one after another, as they are."""
    if (options.log is None) == (options.port is None):
        raise LogError("monitor: name either a run's log, or a board's port with --port")
    if options.port:
        watch_program(options, options.kept)
    elif options.log.suffix == ".parquet":
        for log in open_runs(options.log, options.run_id):
            print(f"run {log.run_id}", flush=True)
            _show(options, Follower(options.log, log.run_id))
    else:
        _show(options, Follower(options.log, options.run_id))


def _show(options, follower):
    screen = _Screen(follower.log)
    if sys.stdout.isatty():
        with Live(screen.view, console=Console(highlight=False, markup=False), refresh_per_second=4) as live:
            _follow(options, follower, screen, live.console.print)
    else:
        _follow(options, follower, screen, lambda text: print(text, flush=True))


def _follow(options, follower, screen, say):
    """Process new rows; print a line for each epoch and event, and finally how the run ended."""
    while True:
        alive = follower.log.path.is_file() and is_claimed(options.log)  # checked before the last rows are read
        rows = follower.poll()
        for row in rows:
            if text := screen.take(row):
                say(printable(text))
        if screen.end is not None:
            for line in screen.table():
                say(line)
            say(f"the run ended: {printable(screen.end)}")
            return
        if options.once or (not alive and not rows):
            for line in screen.table():
                say(line)
            say(f"sample {screen.view.done}: the run continues" if alive else _UNSAID.format(screen.view.done))
            return
        if not rows:
            time.sleep(_INTERVAL_S)


_INTERVAL_S = 0.5
_UNSAID = "the run ended at sample {} without an end record: it was killed, or the power failed"


class _Screen:
    """The view of a log, updated row by row."""

    def __init__(self, log):
        about = log.configuration
        total = about.get("epochs", 0) * about.get("training_samples", 0)
        self._shapes = log.plan.shapes
        self.view = View(min(total, about.get("limit") or total))
        self.end = None
        self._last = None
        self._map = {}
        self._log = log
        outputs = log.plan.layers[-1]
        self._labels = class_labels(log.class_names, min(about.get("classes", outputs), outputs))
        self._counts = None

    def take(self, row):
        """Process a row; return a line to print, or None for most rows."""
        view, table = self.view, row["record"]
        view.done = max(view.done, row["sample"])
        if table == "steps":
            self._measure(row)
        elif table == "conductances" and row["source"] in COMPLETE:
            c = row["crossbar"]
            if c >= len(self._shapes) or row["conductance_steps"].size != self._shapes[c][0] * self._shapes[c][1]:
                raise LogError(f"row {row['sequence']}: its conductances do not fit crossbar {c}")
            self._map[c] = row["conductance_steps"].reshape(self._shapes[c])
            if len(self._map) == len(self._shapes):
                view.conductances = [self._map[c] for c in range(len(self._shapes))]
        elif table == "metrics":
            view.error_percent, view.loss = row.get("train_error_percent"), row["loss"]
            view.rate = row["samples_per_second"]
            tested = row.get("test_error_percent")
            if tested is not None:
                view.test_errors.append(tested)
            if "confusion" in row:
                self._counts = self._log.confusion(row)
            if "link_retries" in row:
                view.link = link_text(row["link_sent_bytes"], row["link_received_bytes"], row["link_retries"])
            return _epoch_line(row)
        elif table == "event":
            return f"sample {row['sample']}: {row['event']} {row['detail']}"
        elif table == "end":
            self.end = row["reason"]
        return None

    def table(self):
        """Return the lines of the confusion table at the end of the last epoch."""
        return [] if self._counts is None else scores.table(self._counts, self._labels)

    def _measure(self, row):
        """Compute the rate from two records of steps."""
        if self._last:
            seconds = (row["utc"] - self._last["utc"]).total_seconds()
            if seconds > 0:
                self.view.rate = (row["sample"] - self._last["sample"]) / seconds
        self._last = row


def _epoch_line(row):
    """Return the line that tells a row of `metrics`."""
    parts = [f"{row['sample']} samples"]
    for name, text in (
        ("train_error_percent", "training error {:.2f} %"),
        ("test_error_percent", "test error {:.2f} %"),
        ("test_rmse", "test RMSE {:.4g}"),
        ("test_r2", "R² {:.3f}"),
        ("samples_per_second", "{:,.0f} samples/s"),
    ):
        if name in row:
            parts.append(text.format(row[name]))
    return (f"epoch {row['epoch']}: " if row["epoch"] else "") + ", ".join(parts)
