"""What the studies of applications share: options, the simulated field, and how a picture is drawn and written."""

import argparse
import io
import re
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

import eqprop_sim

from ..errors import LogError
from ..files import check_writable, write_whole

FIELD = Path(eqprop_sim.__file__).parent / "firmware" / "field"
"""The folder to import a simulated `machine`, `clock` and `parts` from, as a board in a simulated field does."""

_SAME_EACH_TIME: dict = {"svg.fonttype": "none", "svg.hashsalt": "eqprop"}


def parser(description):
    """Return a parser of `--seeds` and `--picture`, for the study whose docstring begins with what it does."""
    result = argparse.ArgumentParser(prog="study.py", description=description.partition("\n")[0])
    result.add_argument("--seeds", type=_seeds, default=10, metavar="N", help="runs (%(default)s)")
    result.add_argument("--picture", type=_picture, metavar="PATH", help="an .svg or .png file to draw")
    return result


def _seeds(text):
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number in 1..1000")
    return int(text)


def _picture(text):
    path = Path(text)
    if path.suffix not in (".svg", ".png"):
        raise argparse.ArgumentTypeError(f"{text} is neither .svg nor .png")
    try:
        check_writable(path)
    except LogError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return path


def figure(width_inch, height_inch):
    """Return a figure to draw in, which `write` writes."""
    return Figure(figsize=(width_inch, height_inch), layout="constrained")


def write(drawn, path):
    """Write a figure to `path`, whole or not at all; as SVG it is the same text each time, of two decimals."""
    file = io.BytesIO()
    with rc_context(_SAME_EACH_TIME):
        drawn.savefig(file, format=path.suffix[1:], metadata={"Date": None} if path.suffix == ".svg" else None)
    data = file.getvalue()
    if path.suffix == ".svg":
        data = re.sub(rb"(\.\d\d)\d+", rb"\1", re.sub(rb"\n +", b"\n", data))
    write_whole(path, data)
