"""Logs as JSON lines (.jsonl): UTF-8 text, one row per line, each with its own checksum.

A line is a JSON object of the row's columns that are not null; lists are lists, times ISO 8601 text. Its last key is
`crc32`: eight hexadecimal digits, the CRC-32 of the line's bytes before `, "crc32"`.
"""

import binascii
import json
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from ...errors import LogError
from ..schema import BY_NAME, arrow_schema, batch, numpy_type
from .spans import Span, header_of, possible

SUFFIX = ".jsonl"

_SEAL = b', "crc32": "'
_SEAL_SIZE = len(_SEAL) + 8 + len(b'"}\n')


def plain(row):
    """Return a row as a JSON object."""
    return {key: _plain(value) for key, value in row.items() if value is not None}


def _plain(value):
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def typed(row):
    """Return a JSON object as a row: times as datetime, lists as NumPy arrays. Raises LogError naming a column."""
    result: dict[str, Any] = {}
    for name, value in row.items():
        if name not in BY_NAME or value is None:
            continue
        kind = BY_NAME[name].type
        try:
            if pa.types.is_timestamp(kind):
                result[name] = datetime.fromisoformat(value)
            elif pa.types.is_list(kind):
                result[name] = np.array(value, numpy_type(kind.value_type))
            else:
                result[name] = pa.scalar(value, kind).as_py()
        except (ValueError, TypeError, OverflowError, pa.ArrowException) as error:
            raise LogError(f"{name}: {' '.join(str(error).split())}") from error
    return result


class Encoder:
    """Encodes rows as the bytes to append to a log."""

    def __init__(self, siemens_per_step):
        """Ignore the scale, which is in the configuration."""

    def begin(self):
        """Return the first bytes of a new file: none."""
        return b""

    def rows(self, rows):
        """Return rows as lines."""
        lines = []
        for row in rows:
            body = json.dumps(plain(row), allow_nan=False)[:-1].encode()
            lines.append(body + _SEAL + b'%08x"}\n' % binascii.crc32(body))
        return b"".join(lines)


class Decoder:
    """Decodes the bytes of a span into rows."""

    def rows(self, data):
        """Return the row of a line."""
        return [typed(json.loads(data))]

    def batch(self, data):
        """Return the row of a line as an Arrow record batch."""
        return batch(self.rows(data), arrow_schema())


def scan(file, start=0):
    """Yield the spans of a log from offset `start` on: intact records, and the damaged bytes between them."""
    file.seek(start)
    at = start
    damaged = None
    while line := file.readline():
        header = _header(line)
        if header is None:
            damaged = at if damaged is None else damaged
        else:
            if damaged is not None:
                yield Span(damaged, at, None)
                damaged = None
            yield Span(at, at + len(line), header)
        at += len(line)
    if damaged is not None:
        yield Span(damaged, at, None)


def _header(line):
    """Return the header of an intact line, or None."""
    if line.endswith(b"\r\n"):  # git or an editor may write this on Windows
        line = line[:-2] + b"\n"
    body = line[:-_SEAL_SIZE]
    if not line.endswith(b"\n") or line[len(body) :] != _SEAL + b'%08x"}\n' % binascii.crc32(body):
        return None
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    header = header_of([row]) if isinstance(row, dict) else None
    return header if possible(header) else None
