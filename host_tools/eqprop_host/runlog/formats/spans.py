"""The pieces of a log's file."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """Bytes `start` to `end` of a file: a sound record, or bytes that are none."""

    start: int
    end: int
    header: dict | None
    """Of the first row `record` (a table, or "schema"), `sequence`, `sample`, and what it has of `first`, `crossbar`,
    `source`; `rows`, how many. None for no sound record."""


_KEYS = ("record", "sequence", "sample", "first", "crossbar", "source")


def header_of(rows):
    """Return the header of a record of these rows."""
    return {key: rows[0][key] for key in _KEYS if key in rows[0]} | {"rows": len(rows)}


def possible(header):
    """Return whether a header that a file holds is one: every key of its type, every number in range."""
    return (
        isinstance(header, dict)
        and all(isinstance(header.get(key, ""), str) for key in ("record", "source"))
        and header.keys() >= _NEEDED.get(header.get("record"), _ANY)
        and all(_is_number(header.get(key, 0)) for key in ("sequence", "sample", "first", "crossbar", "rows", "format"))
    )


def _is_number(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


_ANY = {"record", "sequence", "sample"}
_NEEDED = {
    "schema": {"record", "format"},
    "steps": {*_ANY, "first"},
    "conductances": {*_ANY, "crossbar", "source"},
}
"""What the header of each record has at least."""
