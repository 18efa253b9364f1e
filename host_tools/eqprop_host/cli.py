"""The `eqprop` command: what is typed, and what becomes of errors. What it does is in `eqprop_host.commands`."""

import argparse
import os
import sys

import eqprop

from .commands import COMMANDS
from .commands.options import INTERRUPTED, tell
from .errors import EqpropError


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message):
        self.exit(2, f"eqprop: {message}\n")


def _parser():
    parser = _Parser(prog="eqprop", description="Train neural networks on a microcontroller, by physics.")
    parser.add_argument("--version", action="version", version=eqprop.__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        sub = commands.add_parser(name, help=module.__doc__, description=module.__doc__)
        module.add_options(sub)
        sub.set_defaults(run=module.run)
    return parser


def main(argv=None):
    """Run the command; return its exit code: 0, 1 after one line about an error, 2 for wrong usage, 130 for Ctrl-C."""
    words = sys.argv[1:] if argv is None else argv
    options = _parser().parse_args(words)
    options.words = words[1:]
    try:
        return options.run(options) or 0
    except EqpropError as error:
        tell(error)
        return 1
    except BrokenPipeError:  # whoever read our output has had enough, and so must the interpreter's own last flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
