"""The pieces of a log's file."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """Bytes `start` to `end` of a file: an intact record, or damaged bytes."""

    start: int
    end: int
    header: dict | None
    """None for damaged bytes. Otherwise `record` (a table, or "schema"), `sequence`, `sample` and, if present, `first`,
    `crossbar` and `source` of the first row; and `rows`, the number of rows."""


_KEYS = ("record", "sequence", "sample", "first", "crossbar", "source")


def header_of(rows):
    """Return the header of a record of these rows."""
    return {key: rows[0][key] for key in _KEYS if key in rows[0]} | {"rows": len(rows)}


def possible(header):
    """Return whether a header from a file is valid: every key has its type, every number is in range."""
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
"""The keys that every record's header has."""
