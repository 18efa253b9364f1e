"""The commands of `eqprop`, one module each.

A module's docstring is its command's help; `add_options(parser)` says what may be typed behind it, and `run(options)`
does it and returns the exit code, None for 0. What goes wrong is raised as an `EqpropError`. A module is loaded when
its command is typed: what one needs, the others do without.
"""

import ast
import importlib
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


def module(command):
    """Return the module of a command."""
    return importlib.import_module(f"{__name__}.{command}")


def summary(command):
    """Return the docstring of a command's module, without loading it."""
    return ast.get_docstring(ast.parse((resources.files(__name__) / f"{command}.py").read_text("utf-8")))
