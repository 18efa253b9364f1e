"""Train a network here, without board or link: the same bits, at the speed of the processor."""

import contextlib

from eqprop_sim.in_process import EmulatedBoard

from . import train

PHYSICS = {"fixed": EmulatedBoard}
"""What a simulation may be made of: makes the board that is trained, by what is typed behind `--physics`."""


def add_options(parser):
    """Add what may be typed behind `eqprop simulate`."""
    text = "fixed: a board's own arithmetic, bit for bit (%(default)s)"
    parser.add_argument("--physics", choices=PHYSICS, default="fixed", help=text)
    train.add_training_options(parser)


def run(options):
    """Train, write what was asked for, and print the error and the CRC."""
    opened = contextlib.nullcontext
    return train.tell_results(
        train.train_network(options, {"physics": options.physics}, lambda: opened(PHYSICS[options.physics]()))
    )
