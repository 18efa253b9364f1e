"""Logs as Arrow IPC streams (.arrow): any Arrow reader opens them, and each record carries its own checksum.

The file is a plain stream in the IPC streaming format of the Arrow columnar specification: the schema, then a record
batch for each record. It has no end-of-stream marker: the end of the file is one, and a resumed run can append. Arrow
has no checksums, so every message's custom metadata holds this text under `eqprop`:

    eqprop-record crc32=89abcdef body=000000001234 {"record": "steps", "sequence": 7, "rows": 1, "sample": 256, ...}

where body is the length of the message's body in bytes and crc32 is the CRC-32 of the whole message with these eight
digits taken as zeros. With both, a reader finds and checks records before Arrow decodes a byte, skips those it does not
need, and finds the next intact record after a damaged one. The schema's metadata holds the same text.
"""

import binascii
import json
import struct

import pyarrow as pa
from pyarrow import ipc

from ...errors import LogError
from ..schema import FORMAT, arrow_schema, batch, rows_of
from .spans import Span, header_of, possible

SUFFIX = ".arrow"

_CONTINUATION = b"\xff\xff\xff\xff"
_END = _CONTINUATION + bytes(4)
_MARK = b"eqprop-record crc32="
_ZEROS = b"00000000"
_METADATA_MAX = 1 << 20  # bytes; a schema takes a few thousand
_COMPRESSED = ("samples", "conductances")  # the other tables are small
_CHUNK = 1 << 20


def _sealed(message):
    """Return a serialised message with body length and checksum filled in."""
    data = bytearray(message)
    metadata = struct.unpack_from("<i", data, 4)[0]
    at = data.index(_MARK) + len(_MARK)
    data[at + 14 : at + 26] = b"%012d" % (len(data) - 8 - metadata)
    data[at : at + 8] = b"%08x" % binascii.crc32(data)
    return bytes(data)


def _text(header):
    return f"{_MARK.decode()}{_ZEROS.decode()} body={0:012d} {json.dumps(header)}"


class Encoder:
    """Encodes rows as the bytes to append to a log."""

    def __init__(self, siemens_per_step):
        """Encode for a log with this scale of conductances."""
        schema = arrow_schema(siemens_per_step)
        self._schema = schema.with_metadata(
            {**schema.metadata, "eqprop": _text({"record": "schema", "format": FORMAT})}
        )
        output = pa.BufferOutputStream()
        ipc.new_stream(output, self._schema).close()
        self._begin = output.getvalue().to_pybytes().removesuffix(_END)

    def begin(self):
        """Return the first bytes of a new file."""
        return _sealed(self._begin)

    def rows(self, rows):
        """Return rows of one table, encoded as one record."""
        record = batch(rows, self._schema)
        compression = "lz4" if rows[0]["record"] in _COMPRESSED else None
        output = pa.BufferOutputStream()
        writer = ipc.new_stream(output, self._schema, options=ipc.IpcWriteOptions(compression=compression))
        writer.write_batch(record, custom_metadata={"eqprop": _text(header_of(rows))})
        return _sealed(output.getvalue().to_pybytes()[len(self._begin) :])


class Decoder:
    """Decodes the bytes of a span into rows."""

    def __init__(self):
        """Use this version's schema until the file's own is read, so that a log is readable without it."""
        self._schema = arrow_schema()

    def batch(self, data):
        """Return the Arrow record batch in a record's bytes; for the schema, keep it and return None."""
        try:
            message = ipc.read_message(pa.BufferReader(data))
            if message.type == "schema":
                self._schema = ipc.read_schema(message)
                return None
            return ipc.read_record_batch(message, self._schema)
        except (pa.ArrowException, OSError, TypeError, MemoryError) as error:
            raise LogError(f"is not a record of a log: {' '.join(str(error).split())}") from error

    def rows(self, data):
        """Return the rows in a record's bytes; none for the schema."""
        found = self.batch(data)
        return [] if found is None else rows_of(found)


def _span(file, at, size):
    """Return the intact record at offset `at` of a file of `size` bytes, or None."""
    file.seek(at)
    head = file.read(8)
    if len(head) < 8 or head[:4] != _CONTINUATION:
        return None
    metadata = struct.unpack_from("<i", head, 4)[0]
    if not 0 < metadata <= _METADATA_MAX or at + 8 + metadata > size:
        return None
    data = file.read(metadata)
    mark = data.find(_MARK)
    if mark < 0:
        return None
    mark += len(_MARK)
    try:
        body = int(data[mark + 14 : mark + 26])
        header = json.JSONDecoder().raw_decode(data[mark + 27 :].decode("utf-8", "replace"))[0]
    except (ValueError, RecursionError):
        return None
    end = at + 8 + metadata + body
    if body < 0 or end > size:
        return None
    found = binascii.crc32(data[mark + 8 :], binascii.crc32(_ZEROS, binascii.crc32(data[:mark], binascii.crc32(head))))
    while body > 0:
        part = file.read(min(body, _CHUNK))
        if not part:
            return None
        found = binascii.crc32(part, found)
        body -= len(part)
    written = data[mark : mark + 8]  # as text: a capital digit is a flipped bit, too
    return Span(at, end, header) if written == b"%08x" % found and possible(header) else None


def scan(file, start=0):
    """Yield the spans of a log from offset `start` on: intact records, and the damaged bytes between them."""
    file.seek(0, 2)
    size = file.tell()
    at = start
    while at < size:
        span = _span(file, at, size)
        if span is None:
            span = Span(at, _next(file, at + 1, size), None)
        yield span
        at = span.end


def _next(file, at, size):
    """Return the offset of the next intact record from `at` on, or the file's size."""
    while at < size:
        file.seek(at)
        found = file.read(_CHUNK).find(_CONTINUATION)
        if found < 0:
            at += max(1, min(_CHUNK, size - at) - 3)
        elif _span(file, at + found, size):
            return at + found
        else:
            at += found + 1
    return size
