"""The commands of `eqprop`, one module each.

A module's docstring is its command's help; `add_options(parser)` adds its options, and `run(options)` does the work
and returns the exit code, None for 0. What goes wrong is raised as an `EqpropError`. A module is loaded when its
command is typed, so that a command works where the libraries that only others need are missing.
"""

import ast
import importlib
import importlib.util
from importlib import resources

COMMANDS = (
    "demo",
    "train",
    "simulate",
    "sweep",
    "evaluate",
    "infer",
    "pull",
    "push",
    "bench",
    "monitor",
    "report",
    "log",
    "study",
    "deploy",
    "undeploy",
    "ports",
)
"""In the order in which help lists them."""

_NEEDS = {
    "demo": ("matplotlib", "numba", "pyarrow"),
    "simulate": ("numba", "scipy"),
    "sweep": ("distributed", "numba", "pyarrow", "scipy"),
    "monitor": ("pyarrow",),
    "report": ("matplotlib", "numba", "pyarrow"),
    "log": ("numba", "pyarrow"),
    "study": ("matplotlib", "numba", "scipy", "sklearn", "threadpoolctl"),
}
"""What a command needs beyond a plain `pip install eqprop`; the others need more for some of their options alone."""

_OPTIONS_NEED = {
    "--log": ("numba", "pyarrow"),
    "--resume": ("numba", "pyarrow"),
    "--picture": ("matplotlib",),
    "--tensorboard": ("tensorboardX",),
}


def module(command):
    """Return the module of a command."""
    return importlib.import_module(f"{__name__}.{command}")


def summary(command):
    """Return the docstring of a command's module, without loading it."""
    return ast.get_docstring(ast.parse((resources.files(__name__) / f"{command}.py").read_text("utf-8")))


def lacking(command, words=()):
    """Return the libraries that a command with the options among `words` needs and this installation lacks."""
    options = [option for option in _OPTIONS_NEED if any(word.partition("=")[0] == option for word in words)]
    needed = [*_NEEDS.get(command, ()), *(name for option in options for name in _OPTIONS_NEED[option])]
    return [name for name in needed if importlib.util.find_spec(name) is None]
