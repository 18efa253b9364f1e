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
