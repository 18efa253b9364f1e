"""Train the 8x8 digits on a simulated board and draw what it learnt."""

import argparse
import sys
import time
from pathlib import Path

from ...errors import BoardError, LogError, PortError
from .. import options as common
from . import train

PORTS = ("sim:", "sim:micropython")
"""What the last step compares."""


def add_options(parser):
    """Add the options of `eqprop demo`."""
    text = "where to write log, network and picture (default: %(default)s)"
    parser.add_argument("--folder", type=Path, default=Path("eqprop-demo"), metavar="FOLDER", help=text)


def run(options):
    """Run the commands that a newcomer would type next, and say which."""
    try:
        options.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LogError(f"{options.folder}: cannot be made: {error.strerror}") from error
    stem = options.folder / time.strftime("%Y%m%d-%H%M%S")
    files = [f"--log={stem}.arrow", f"--save={stem}.npz", f"--picture={stem}.png"]
    results = _shown("--port=sim:", "--data=digits", "--layers=64-32-10", "--epochs=10", "--seed=0", *files)
    if results["interrupted"]:
        return _interrupted(results)
    print(f"test error      {results['test_error_percent']:.2f} %")
    for kind, suffix in (("log", "arrow"), ("network", "npz"), ("picture", "png")):
        print(f"{kind:<16}{stem}.{suffix}")
    crcs = set()
    for port in PORTS:
        try:
            results = _shown(f"--port={port}", "--limit=200")
        except PortError as error:  # no such interpreter to be had here
            print(f"{port:<16}left out: {error}")
        else:
            if results["interrupted"]:
                return _interrupted(results)
            crcs.add(results["conductance_crc"])
            print(f"{port:<16}conductance CRC {results['conductance_crc']} after 200 samples")
    if len(crcs) > 1:
        raise BoardError("the boards' conductances differ")
    return 0


def _interrupted(results):
    common.tell(f"interrupted after {results['training_samples']:,} samples")
    return common.INTERRUPTED


def _shown(*argv):
    """Show what a user would type for `eqprop train` with these options, and do it; return its results."""
    print("$ eqprop train", *argv, file=sys.stderr)
    parser = argparse.ArgumentParser()
    train.add_options(parser)
    return train.train_on_port(parser.parse_args(argv))
