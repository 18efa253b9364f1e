"""Where a data set lies, relative to the file that names it: both can be read from another folder."""

import os
from pathlib import Path

from .errors import DataError

_MNIST = "mnist:"


def place_of(source, beside):
    """Return the path of the file or folder that a source names, from the folder of `beside`; None for no file."""
    path = source.removeprefix(_MNIST)
    if not path or not os.path.exists(path):
        return None
    try:
        return os.path.relpath(path, Path(beside).parent)
    except ValueError:  # another drive
        return os.path.abspath(path)


def check_there(source, place, beside):
    """Raise DataError where the file that a source names is neither here nor at `place` from the folder of `beside`."""
    path = source.removeprefix(_MNIST)
    if not os.path.exists(path):
        there = os.path.normpath(os.path.join(Path(beside).parent, place))
        raise DataError(f"{beside}: its data set {path} is neither here nor at {there}: put it at either place")


def found(source, place, beside):
    """Return the source as it can be read from here, or as it was typed if its file is at neither place.

    place: of `place_of`, or None. beside: the file that names the source.
    """
    if not isinstance(place, str):
        return source
    path = os.path.normpath(os.path.join(Path(beside).parent, place))
    if not os.path.exists(path):
        return source
    if os.path.exists(typed := source.removeprefix(_MNIST)) and os.path.samefile(typed, path):
        return source
    return (_MNIST if source.startswith(_MNIST) else "") + path


def is_same(source, other):
    """Return whether two names of data sets stand for the same one."""
    return source == other or (os.path.exists(source) and os.path.exists(other) and os.path.samefile(source, other))
