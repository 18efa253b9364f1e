"""Teach a board in the browser, by drawings, camera or sound, and watch it learn."""

import webbrowser
from pathlib import Path

from ...studio import Server, files, write
from .. import options as common


def add_options(parser):
    """Add the options of `eqprop studio`."""
    add = parser.add_argument
    common.add_data(parser, text="the data set that the page begins with (default: %(default)s)")
    add("--folder", type=Path, metavar="DIR", help="write the page's files there for a web host, and serve nothing")
    add(
        "--tcp",
        type=common.whole(0, 65535),
        default=0,
        metavar="PORT",
        help="port of the server (default: any free one)",
    )
    add("--no-open", action="store_true", help="print the page's address and open no browser")


def run(options):
    """Serve the page on this computer until Ctrl-C, and open it; or write its files."""
    dataset = common.load_data(options.data, options)
    if options.folder:
        write(options.folder, common.tell, dataset)
        print(options.folder)
        return
    with Server(files(common.tell, dataset), options.tcp) as server:
        print(server.url, flush=True)
        common.tell("serving on this computer alone; Ctrl-C ends it")
        if not options.no_open:
            webbrowser.open(server.url)
        server.serve_forever()
