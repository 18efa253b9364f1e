"""Show what a board's own program prints, without its records, and send it what you type."""

import contextlib
import time

from ...boards import ports
from ...field.splitting import Splitter
from ...field.typed import Typed
from ...link.line import Port
from ...terminal.interrupts import on_ctrl_c
from ...terminal.printing import printable
from .. import options as common

_IDLE_S = 0.3  # after which a line without an end is shown


def add_options(parser):
    """Add the options of `eqprop console`."""
    text = "the board's console: a serial port, any pyserial URL, or a blank simulated board"
    parser.add_argument("--port", metavar="URL", required=True, help=text)
    parser.add_argument("--seconds", metavar="S", type=common.positive, help="end after so many seconds")


def run(options):
    """Show text until Ctrl-C, the end of the input, or for `--seconds`; the program keeps running."""
    ports.check_console(options.port)
    with ports.powered(options.port, common.tell) as path, on_ctrl_c() as interrupt:
        _show(options, path, interrupt)


def _show(options, path, interrupt):
    port = Port(lambda: ports.open_stream(path, options.port), options.port)
    port.open()
    with contextlib.closing(port):
        splitter, typed = Splitter(), Typed()
        until = time.monotonic() + (options.seconds or float("inf"))
        heard = time.monotonic()
        while not interrupt.requested and time.monotonic() < until and not (typed.ended and not options.seconds):
            data = port.read()
            if data:
                heard = time.monotonic()
            for each in splitter.feed(data):
                if isinstance(each, str):
                    print(printable(each), flush=True)
            if time.monotonic() - heard > _IDLE_S and (rest := splitter.rest()):
                print(printable(rest), flush=True)
            line = typed.line()
            if line is not None:
                port.write(f"{line}\r\n".encode())
