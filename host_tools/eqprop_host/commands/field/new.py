"""Write a working application to start from: sensor, features, network, telemetry, simulated world, study and test."""

import shlex
from pathlib import Path

from ...deploy import templates


def add_options(parser):
    """Add the options of `eqprop new`."""
    text = "; ".join(f"{name}: {does}" for name, does in templates.TEMPLATES.items())
    parser.add_argument("template", metavar="TEMPLATE", choices=tuple(templates.TEMPLATES), help=text)
    text = "the folder to write, new or empty (default: the template's name)"
    parser.add_argument("folder", metavar="DIR", type=Path, nargs="?", help=text)


def run(options):
    """Write it, and say what to do with it."""
    folder = options.folder or Path(options.template)
    files = templates.write(options.template, folder)
    print(f"wrote {folder}: {', '.join(files)}")
    typed = shlex.quote(str(folder))
    if "scene.py" in files:
        print(f"try it: eqprop simulate-app {typed}")
    print(f"test it: pytest {typed}")
    print(f"put it on a board: eqprop deploy {typed}")
