"""The `eqprop` command: what is typed, and what becomes of errors. What it does is in `eqprop_host.commands`."""

import argparse
import os
import sys

import eqprop

from . import commands
from .commands.options import INTERRUPTED, tell
from .errors import EqpropError

_EXTRAS = {
    "distributed": "sweep",
    "matplotlib": "host",
    "numba": "sim",
    "PIL": "host",
    "pyarrow": "host",
    "scipy": "sim",
    "sklearn": "study",
    "soundfile": "sound",
    "tensorboardX": "tensorboard",
    "threadpoolctl": "sim",
}
"""What brings a library that a command may need."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message):
        self.exit(2, f"eqprop: {message}\n")


def _parser(words):
    parser = _Parser(prog="eqprop", description="Train neural networks on a microcontroller, by physics.")
    parser.add_argument("--version", action="version", version=eqprop.__version__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in commands.COMMANDS:
        summary = commands.summary(name)
        sub = subparsers.add_parser(name, help=summary, description=summary)
        if name in words[:1]:
            module = commands.module(name)
            module.add_options(sub)
            sub.set_defaults(run=module.run)
    return parser


def main(argv=None):
    """Run the command; return its exit code: 0, 1 after one line about an error, 2 for wrong usage, 130 for Ctrl-C."""
    words = sys.argv[1:] if argv is None else argv
    try:
        options = _parser(words).parse_args(words)
        options.words = words[1:]
        return options.run(options) or 0
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library not in _EXTRAS:
            raise
        tell(f"{words[0]}: needs {library}: pip install 'eqprop[{_EXTRAS[library]}]'")
        return 1
    except EqpropError as error:
        tell(error)
        return 1
    except BrokenPipeError:  # whoever read our output has had enough, and so must the interpreter's own last flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
