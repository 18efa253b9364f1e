"""What the commands share that listen to a board's own program: their options, and watching it."""

import contextlib
import time

from ...field.listener import listening
from ...field.watching import Watch, shown
from ...terminal.interrupts import on_ctrl_c
from .. import options as common


def add_listening(parser, required=False):
    """Add `--port`, `--classes` and `--seconds`."""
    text = "the port of a board whose program calls eqprop.Telemetry: a serial port, any pyserial URL, tcp://HOST or ble://NAME"
    parser.add_argument("--port", metavar="URL", required=required, help=text)
    text = "names of the classes, in the order of their labels, such as wave,circle"
    parser.add_argument("--classes", metavar="NAMES", type=common.names, default=(), help=text)
    text = "end after so many seconds (default: at Ctrl-C)"
    parser.add_argument("--seconds", metavar="S", type=common.positive, help=text)


def watch_program(options, kept):
    """Show what a program tells until Ctrl-C, or for `--seconds`; keep it in the log `kept` unless that is None."""
    with listening(options.port, common.tell) as listener, on_ctrl_c() as interrupt:
        until = time.monotonic() + (options.seconds or float("inf"))
        watch = Watch(listener, options.classes)
        about = listener.wait_for_about()
        with contextlib.ExitStack() as ends, shown(watch) as show:
            journal = None
            if kept:
                from ...field.journal import Journal  # needs pyarrow, which a plain installation lacks

                journal = ends.enter_context(contextlib.closing(Journal(kept, about, options.port, options.classes)))
            while time.monotonic() < until and not interrupt.requested:
                for each in listener.poll():
                    if journal and not isinstance(each, str):
                        journal.add(each)
                    show(each, watch.take(each))
        for line in watch.summary():
            print(line)
