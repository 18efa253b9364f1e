"""Train the 8x8 digits on a simulated board and draw the result."""

import sys
import time
from pathlib import Path

from ...errors import BoardError, PortError
from ...files import make_folder
from ...report.picture import draw
from ...runlog import open_log
from ...terminal.progress import show_progress
from ...training.config import RunConfig
from ...training.run import train
from .. import options as common

PORTS = ("sim:", "sim:micropython")
"""The boards that the last step compares."""


def add_options(parser):
    """Add the options of `eqprop demo`."""
    text = "where to write log, network and picture (default: %(default)s)"
    parser.add_argument("--folder", type=Path, default=Path("eqprop-demo"), metavar="FOLDER", help=text)


def run(options):
    """Do the work of a newcomer's first commands, and show these commands."""
    make_folder(options.folder)
    stem = options.folder / time.strftime("%Y%m%d-%H%M%S")
    files = {kind: Path(f"{stem}.{suffix}") for kind, suffix in (("log", "arrow"), ("save", "npz"), ("picture", "png"))}
    typed = ("--data=digits", "--layers=64-32-10", "--epochs=10", "--seed=0")
    config = RunConfig(data="digits", layers="64-32-10", epochs=10, seed=0)
    result = _shown(config, "sim:", (*typed, *(f"--{kind}={path}" for kind, path in files.items())), files["log"])
    result.model.save(files["save"])
    draw(files["picture"], open_log(files["log"]))
    if result.interrupted:
        return _interrupted(result)
    print(f"test error      {result.test_error_percent:.2f} %")
    for kind, name in (("log", "log"), ("save", "network"), ("picture", "picture")):
        print(f"{name:<16}{files[kind]}")
    crcs = set()
    for port in PORTS:
        try:
            result = _shown(RunConfig(limit=200), port, ("--limit=200",))
        except PortError as error:  # this interpreter is not available here
            print(f"{port:<16}left out: {error}")
        else:
            if result.interrupted:
                return _interrupted(result)
            crcs.add(result.conductance_crc)
            print(f"{port:<16}conductance CRC {result.conductance_crc} after 200 samples")
    if len(crcs) > 1:
        raise BoardError("the boards' conductances differ")
    return 0


def _interrupted(result):
    common.tell(f"interrupted after {result.training_samples:,} samples")
    return common.INTERRUPTED


def _shown(config, port, typed, log=None):
    """Show the `eqprop train` command of this run, and run it; return its result."""
    print("$ eqprop train", f"--port={port}", *typed, file=sys.stderr)
    with show_progress() as shown:
        return train(config, board=port, log=log, on_progress=shown, tell=common.tell)
