"""The `eqprop` command: parses its arguments and turns errors into one line. `eqprop_host.commands` does the work."""

import argparse
import errno
import logging
import os
import re
import sys
from pathlib import Path

import eqprop

from . import commands
from .commands.options import INTERRUPTED, results_alone, tell
from .errors import EqpropError
from .terminal.interrupts import as_ctrl_c
from .terminal.screen import safe_streams

EXTRAS = {
    "bleak": "ble",
    "dask": "dask",
    "distributed": "dask",
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
"""The extra of eqprop that installs each optional library."""

_SIM_ALONE = {"scipy", "threadpoolctl"}
"""Libraries that the extra `sim` installs and `host` does not."""

_FILES = ("data", "features", "folder")
"""Arguments that name a file, a folder or something else."""

_SHELLS = ("bash", "zsh", "fish", "tcsh")


class _Parser(argparse.ArgumentParser):
    """Reports a usage error in one line."""

    def error(self, message):
        self.exit(2, f"eqprop: {' '.join(message.split())}\n")


class _Completion(argparse.Action):
    """Prints a shell's completion script and exits."""

    def __call__(self, parser, _namespace, shell, _option=None):
        import shtab

        whole = _parser([name for name in commands.COMMANDS if not commands.lacking(name)])
        for action in _actions(whole):
            if action.type is Path or action.dest in _FILES:
                action.complete = shtab.FILE
        print(shtab.complete(whole, shell))
        parser.exit()


def _actions(parser):
    """Yield every option and argument of a parser and of its subparsers."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                yield from _actions(sub)
        else:
            yield action


def _parser(loaded):
    """Return the parser of the whole command; the commands in `loaded` have their own options."""
    parser = _Parser(prog="eqprop", description="Train neural networks on a microcontroller, by physics.")
    parser.add_argument("--version", action="version", version=f"eqprop {eqprop.__version__}")
    text = 'print a shell script that completes eqprop\'s arguments; for bash: eval "$(eqprop --completion bash)"'
    parser.add_argument("--completion", action=_Completion, choices=_SHELLS, metavar="SHELL", help=text)
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name in commands.COMMANDS:
        summary = commands.summary(name)
        lacking = commands.lacking(name)
        needs = f" Needs {_install(lacking)}." if lacking else ""
        sub = subparsers.add_parser(name, help=summary + needs, description=summary)
        if name in loaded:
            module = commands.module(name)
            module.add_options(sub)
            sub.set_defaults(run=module.run)
    return parser


def _joined(words):
    """Return the words, joining a value that begins with a minus sign to its option, as argparse needs it.

    `--layers -64-32-10` then gets the error message of `--layers`, and not that of an unknown option.
    """
    joined: list[str] = []
    for word in words:
        if joined and re.fullmatch(r"--[a-z-]+", joined[-1]) and re.match(r"-\d", word):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def _install(libraries):
    """Return the command that installs these optional libraries."""
    extras = {EXTRAS[library] for library in libraries}
    if "host" in extras and not _SIM_ALONE & {*libraries}:
        extras.discard("sim")
    return f"pip install 'eqprop[{','.join(sorted(extras))}]'"


class _Teller(logging.Handler):
    """Tells the user the simulator's log messages, for example that it is compiling."""

    def emit(self, record):
        tell(record.getMessage())


def _tell_what_libraries_log():
    logger = logging.getLogger("eqprop_sim")
    if not logger.handlers:
        logger.addHandler(_Teller())
        logger.propagate = False


def main(argv=None):
    """Run the command; return its exit code: 0, 1 after one line about an error, 2 for wrong usage, 130 for Ctrl-C."""
    words = _joined(sys.argv[1:] if argv is None else argv)
    safe_streams()
    _tell_what_libraries_log()
    try:
        parser = _parser(words[:1])
        options = parser.parse_args(words)
        if not options.command:
            parser.print_help()
            return 0
        options.words = words[1:]
        with as_ctrl_c(), results_alone(options):
            return options.run(options) or 0
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library not in EXTRAS:
            raise
        lacking = [library, *commands.lacking(words[0], words[1:])]
        tell(f"{' '.join(words[:1])}: needs {library}: {_install(lacking)}")
        return 1
    except EqpropError as error:
        tell(error)
        return 1
    except OSError as error:
        if not isinstance(error, BrokenPipeError):  # the reader of our output has ended, and wants no more words
            if error.errno != errno.ENOSPC:
                raise
            tell(f"writing fails: {error.strerror}")
        # Keep the interpreter's last flush from failing too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        tell("interrupted")
        return INTERRUPTED
