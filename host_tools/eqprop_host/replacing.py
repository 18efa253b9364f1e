"""Decides which files eqprop may replace: earlier files of the same kind, never the user's own."""

import json
import zipfile

from .errors import LogError
from .files import check_writable

_HEAD = 4096


def check_replaceable(path, kind):
    """Raise LogError unless `path` can be written, and is free or holds a file that eqprop wrote as this kind.

    kind: results (JSON), network (.npz), picture (.png or .svg) or page (.html).
    """
    check_writable(path)
    if not path.exists() or not path.stat().st_size:
        return
    is_ours, called = _KINDS[kind]
    try:
        ours = is_ours(path)
    except (OSError, ValueError, RecursionError, MemoryError, zipfile.BadZipFile):
        ours = False
    if not ours:
        raise LogError(f"{path}: exists already, and is not {called}: name another file, or delete it first")


def _is_results(path):
    results = json.loads(path.read_bytes())
    return isinstance(results, dict) and {"version", "versions"} <= results.keys()


def _is_network(path):
    with zipfile.ZipFile(path) as archive:
        return {"header.npy", "conductances_0.npy"} <= set(archive.namelist())


def _is_picture(path):
    head = _head(path)
    return head.startswith((b"\x89PNG", b"<?xml")) and b"matplotlib" in head.lower()


def _is_page(path):
    return b"<title>eqprop: " in _head(path)


def _head(path):
    with open(path, "rb") as file:
        return file.read(_HEAD)


_KINDS = {
    "results": (_is_results, "JSON that eqprop wrote"),
    "network": (_is_network, "a saved network"),
    "picture": (_is_picture, "a picture that eqprop drew"),
    "page": (_is_page, "a report"),
}
