"""The commands of `eqprop`, one module each, in a package for each kind.

A module's docstring is its command's help; `add_options(parser)` adds its options, and `run(options)` does the work
and returns the exit code, None for 0. Errors are raised as `EqpropError`. A module is loaded only for its
own command, so a command works without the libraries of the others.
"""

import ast
import importlib
import importlib.util
import itertools
import re
from importlib import resources
from pathlib import Path

from ..datasets.formats import pictures, sounds

COMMANDS = {
    "demo": "learning",
    "train": "learning",
    "simulate": "learning",
    "sweep": "studies",
    "evaluate": "learning",
    "infer": "learning",
    "pull": "boards",
    "push": "boards",
    "bench": "boards",
    "console": "field",
    "record": "field",
    "teach": "field",
    "new": "field",
    "simulate-app": "field",
    "monitor": "logs",
    "report": "logs",
    "log": "logs",
    "study": "studies",
    "deploy": "boards",
    "undeploy": "boards",
    "fleet": "boards",
    "ports": "boards",
    "rig": "boards",
    "studio": "boards",
}
"""The package of each command, in the order of the help."""

_NEEDS = {
    "demo": ("matplotlib", "numba", "pyarrow"),
    "simulate": ("numba", "scipy"),
    "sweep": ("distributed", "numba", "pyarrow", "scipy"),
    "record": ("pyarrow",),
    "fleet": ("numba", "pyarrow"),
    "monitor": ("pyarrow",),
    "report": ("matplotlib", "numba", "pyarrow"),
    "log": ("numba", "pyarrow"),
    "studio": ("pyarrow",),
    "study": ("matplotlib", "numba", "scipy", "sklearn", "threadpoolctl"),
}
"""Libraries that a command needs beyond a plain `pip install eqprop`; some options of other commands need more."""

_OPTIONS_NEED = {
    "--log": ("numba", "pyarrow"),
    "--resume": ("numba", "pyarrow"),
    "--scheduler": ("distributed",),
    "--picture": ("matplotlib",),
    "--tensorboard": ("tensorboardX",),
}

_FILES_NEED = {
    **dict.fromkeys(pictures.SUFFIXES, ("PIL",)),
    **dict.fromkeys(sounds.SUFFIXES, ("numba", "soundfile")),
    ".parquet": ("pyarrow",),
}
"""Libraries that data with these suffixes need."""

_ON_BOARDS = ("train", "evaluate", "infer", "pull", "push", "bench")
"""Commands that work on a board, by default a simulated one."""

_LOOKED_AT = 1000  # files in a folder of data


def module(command):
    """Return the module of a command."""
    return importlib.import_module(f"{__name__}.{COMMANDS[command]}.{_module(command)}")


def _module(command):
    return command.replace("-", "_")


def summary(command):
    """Return the docstring of a command's module, without loading it."""
    source = resources.files(__name__) / COMMANDS[command] / f"{_module(command)}.py"
    return ast.get_docstring(ast.parse(source.read_text("utf-8")))


def lacking(command, words=()):
    """Return the libraries that a command needs and this installation lacks.

    words: the command's arguments, because options and data may need more libraries.
    """
    needed = [*_NEEDS.get(command, ())]
    typed = [part for word in words for part in word.split("=", 1)]
    for part in typed:
        needed += (*_OPTIONS_NEED.get(part, ()), *_data_need(part))
    if words and command in _ON_BOARDS:
        port = next((after for part, after in zip(typed, typed[1:], strict=False) if part == "--port"), "sim:")
        needed += ["numba"] if re.fullmatch(r"sim:(\?.*)?", port) else []
    return [name for name in dict.fromkeys(needed) if importlib.util.find_spec(name) is None]


def _data_need(word):
    """Return the libraries that the file or folder of data `word` needs; nothing for other words."""
    path = Path(word)
    try:
        files = itertools.islice(path.rglob("*.*"), _LOOKED_AT) if path.is_dir() else [path]
        suffixes = {file.suffix.lower() for file in files}
    except (OSError, ValueError):
        return ()
    return tuple(name for suffix in suffixes for name in _FILES_NEED.get(suffix, ()))
