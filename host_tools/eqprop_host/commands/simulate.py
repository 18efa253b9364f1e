"""Train a network here, without board or link: the same bits, at the speed of the processor."""

import contextlib

from eqprop_sim.in_process import EmulatedBoard

from . import train

PHYSICS = {"fixed": EmulatedBoard}
"""What a simulation may be made of: makes the board that is trained, by what is typed behind `--physics`."""


def add_options(parser):
    """Add what may be typed behind `eqprop simulate`."""
    add_learning_options(parser)
    train.add_file_options(parser)


def add_learning_options(parser):
    """Add what decides what is learnt."""
    text = "fixed: a board's own arithmetic, bit for bit (%(default)s)"
    parser.add_argument("--physics", choices=PHYSICS, default="fixed", help=text)
    train.add_learning_options(parser)


def run(options):
    """Train, write what was asked for, and print the error and the CRC."""
    return train.tell_results(simulate(options))


def simulate(options, **details):
    """Train in this process as the options say; `details` and what is returned are those of `train.train_network`."""
    board = PHYSICS[options.physics]()
    return train.train_network(options, {"physics": options.physics}, lambda: contextlib.nullcontext(board), **details)
