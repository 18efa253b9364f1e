"""Records a data set's path relative to the file that names it, so that both can be used from another folder."""

import os
from pathlib import Path

from .errors import DataError

_MNIST = "mnist:"


def place_of(source, beside):
    """Return the path of a source's file or folder, relative to the folder of `beside`; None without a file."""
    path = source.removeprefix(_MNIST)
    if not path or not os.path.exists(path):
        return None
    try:
        return os.path.relpath(path, Path(beside).parent)
    except ValueError:  # another drive
        return os.path.abspath(path)


def check_there(source, place, beside):
    """Raise DataError if a source's file exists neither as typed nor at `place`, relative to the folder of `beside`."""
    path = source.removeprefix(_MNIST)
    if not os.path.exists(path):
        there = os.path.normpath(os.path.join(Path(beside).parent, place))
        raise DataError(f"{beside}: its data set is neither at {path} nor at {there}: put it at one of them")


def found(source, place, beside):
    """Return the source as readable from here, or as it was typed if its file is in neither place.

    place: from `place_of`, or None. beside: the file that names the source.
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
    """Return whether two sources name the same data set."""
    return source == other or (os.path.exists(source) and os.path.exists(other) and os.path.samefile(source, other))
