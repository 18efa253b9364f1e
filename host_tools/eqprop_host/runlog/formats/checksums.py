"""A checksum for each row, for the formats without checksums of their own: .csv, .npz and .parquet."""

import binascii
import json

import numpy as np

from ...errors import LogError
from ..schema import BY_NAME, rows_of
from .json_lines import plain

CRC = "row_crc32"
"""The column: CRC-32 of the row as a JSON object, with the columns in the schema's order, without empty text."""


def row_crc(row):
    """Return the checksum of a row, a dict of its columns that are not null."""
    held = {name: row[name] for name in BY_NAME if name in row and not isinstance(row[name], str) or row.get(name)}
    return binascii.crc32(json.dumps(plain(held)).encode())


def crcs_of(table):
    """Return the checksum of each row of an Arrow table: uint32."""
    return np.array([row_crc(row) for batch in table.to_batches() for row in rows_of(batch)], np.uint32)


def check_crc(place, row, crc):
    """Raise a LogError that names `place` unless a row matches its checksum."""
    if crc is None:
        raise LogError(f"{place}: has no {CRC}, so eqprop before 0.2 wrote it: export its log once more")
    if row_crc(row) != crc:
        raise LogError(f"{place}: is damaged: expected checksum {crc:08x}, got {row_crc(row):08x}")
