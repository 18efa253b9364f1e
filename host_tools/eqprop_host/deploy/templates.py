"""Writes a working application from a template. The templates are this project's own examples."""

import re
import secrets
import shutil
from pathlib import Path

from ..errors import DataError
from ..files import unwritable

TEMPLATES = {
    "sensor": "any analogue sensor; a user names its states; the simplest template",
    "gesture": "an accelerometer; a user teaches it gestures",
    "words": "a microphone; a user teaches it words",
    "anomaly": "an accelerometer on a machine; alarms at vibration that it has not learnt",
    "drift": "a colour sensor that ages; sorts, and keeps learning",
    "arm": "servos; an arm learns to reach, and learns numbers in place of classes",
}
"""The templates, and what each senses and does."""

_LEFT_OUT = {"__pycache__"}
_INSTALLED = Path(__file__).parent.parent / "templates"
_CHECKOUT = Path(__file__).parent.parent.parent.parent / "examples"


def source(name):
    """Return the folder of a template. Raises DataError for another."""
    if name not in TEMPLATES:
        raise DataError(f"{name}: expected one of {', '.join(TEMPLATES)}")
    return next(folder / name for folder in (_INSTALLED, _CHECKOUT) if (folder / name).is_dir())


def write(name, folder):
    """Write the template `name` into `folder`, which is new or empty: whole or not at all; return the files' names.

    An existing empty folder is filled, never replaced: it may be the current folder of the user's shell.

    Raises DataError for a file or a folder that is not empty, LogError if it cannot be written.
    """
    template, folder = source(name), Path(folder)
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder}: is a file: name a folder")
    if folder.exists() and any(folder.iterdir()):
        raise DataError(f"{folder}: exists and is not empty: name another folder")
    whole = folder.resolve()
    there = whole.exists()
    unfinished = f".{whole.name}.{secrets.token_hex(4)}"
    beside = whole / unfinished if there else whole.with_name(unfinished)
    moved = []
    try:
        beside.mkdir(parents=True)
        files = [path for path in sorted(template.iterdir()) if path.is_file() and path.name not in _LEFT_OUT]
        for path in files:
            data = path.read_bytes()
            text = path.suffix in (".md", ".py")
            (beside / path.name).write_bytes(_moved(name, data.decode()).encode() if text else data)
        if there:
            for path in files:
                moved.append((beside / path.name).rename(whole / path.name))
        else:
            beside.rename(whole)
    except OSError as error:
        for path in moved:
            path.unlink()
        raise unwritable(folder, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return [path.name for path in files]


def _moved(name, text):
    """Return a page or module for another folder: commands name the files as they lie there; links out of it end."""
    text = text.replace(f"examples/{name}/", "").replace(f"examples/{name}", ".")
    return re.sub(r"\[([^\]]*)\]\(\.\./[^)]*\)", r"\1", text)
