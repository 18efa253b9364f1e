"""What the commands share that listen to a board's own program: their options, and opening its port."""

import contextlib
import time

from eqprop_sim import simulated_board

from ...boards import ports
from ...errors import PortError
from ...field.journal import Journal
from ...field.listener import Listener
from ...field.watching import Watch, shown
from ...terminal.interrupts import on_ctrl_c
from .. import options as common


def add_listening(parser, required=False):
    """Add `--port`, `--classes` and `--seconds`."""
    text = "the port of a board whose program calls eqprop.Telemetry: a serial port or any pyserial URL"
    parser.add_argument("--port", metavar="URL", required=required, help=text)
    text = "names of the classes, in the order of their labels, such as wave,circle"
    parser.add_argument("--classes", metavar="NAMES", type=names, default=(), help=text)
    text = "end after so many seconds (default: at Ctrl-C)"
    parser.add_argument("--seconds", metavar="S", type=common.positive, help=text)


def names(text):
    """Parse names with commas between them, as an argparse type."""
    given = tuple(name.strip() for name in text.split(","))
    if not all(given) or len(set(given)) < len(given):
        raise common.argparse.ArgumentTypeError(f"expected different names such as wave,circle, got {text!r}")
    return given


@contextlib.contextmanager
def listening(port):
    """Yield a `Listener` to the program at a port. Raises PortError."""
    if port.startswith(simulated_board.SCHEME):
        raise PortError(f"port {port}: serves a host, and has no program of its own: name a board's port")
    with contextlib.closing(Listener(lambda: ports.open_stream(port, port), port)) as listener:
        yield listener


def watch_program(options, kept):
    """Show what a program tells until Ctrl-C, or for `--seconds`; keep it in the log `kept` unless that is None."""
    with listening(options.port) as listener, on_ctrl_c() as interrupt:
        until = time.monotonic() + (options.seconds or float("inf"))
        watch = Watch(listener, options.classes)
        about = listener.wait_for_about()
        with contextlib.ExitStack() as ends, shown(watch) as show:
            journal = None
            if kept:
                journal = ends.enter_context(contextlib.closing(Journal(kept, about, options.port, options.classes)))
            while time.monotonic() < until and not interrupt.requested:
                for each in listener.poll():
                    if journal and not isinstance(each, str):
                        journal.add(each)
                    show(each, watch.take(each))
        for line in watch.summary():
            print(line)
