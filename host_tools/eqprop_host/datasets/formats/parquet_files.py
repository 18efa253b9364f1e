"""Parquet tables: columns of numbers or text as in `columns`; a column of lists counts as several columns.

Pandas' metadata marks row numbers; the metadata of Hugging Face's `datasets` names classes and marks pictures, which
are read too. A file is read batch by batch, so its size does not matter.
"""

import io
import json
import os

import numpy as np

from ...errors import DataError
from .. import blocks
from ..dataset import CLASSES_MAX, Table
from ..words import reason
from .columns import Column
from .folders import rows_of

ABOUT_COLUMNS = b"eqprop_about"
"""Metadata of a recording: the columns that are about its samples, and no features, with spaces between them."""

_PICTURES = 64  # decoded at a time
_TEXTS = 100_000  # a column with more different texts cannot be the label


def read_parquet(source, file, choose, reading):
    """Return the `Table` of a .parquet file, open in binary. Raises DataError."""
    import pyarrow
    import pyarrow.parquet

    try:
        parquet = pyarrow.parquet.ParquetFile(file)
        return _File(source, parquet, os.fstat(file.fileno()).st_size).table(choose, reading)
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{source}: cannot be read: {reason(error)}") from error


class _File:
    """A .parquet file; `parts` are its columns, each list or array expanded to several."""

    def __init__(self, source, parquet, size):
        self.source, self.parquet = source, parquet
        metadata = parquet.metadata
        self.schema = parquet.schema_arrow
        if not self.schema.names or not metadata.num_rows:
            raise DataError(f"{source}: is empty")
        if len(set(self.schema.names)) < len(self.schema.names):
            raise DataError(f"{source}: two columns have the same name")
        unpacked = sum(metadata.row_group(n).total_byte_size for n in range(metadata.num_row_groups))
        blocks.check_unpacked(source, max(unpacked, 8 * metadata.num_rows * len(self.schema.names)), size)
        about = self.schema.metadata or {}
        self.about = (about.get(ABOUT_COLUMNS) or b"").decode("utf-8", "replace").split()
        self.counted = _row_numbers(about.get(b"pandas"))
        self.named = _classes_named(about.get(b"huggingface"))

    def table(self, choose, reading):
        """Return the `Table`."""
        head = next(self._batches(blocks.first_rows(len(self.schema.names))))
        told = [name for name in self.schema.names if name not in self.about]
        self.parts = [(name, n) for name in told for n in range(self._width(name, head))]
        roles = choose([self._column(place, head) for place in range(len(self.parts))])
        if [place for place in roles.features if self._kind(self.parts[place][0]) == "file"]:
            return self._pictures(roles, reading)
        spool, labels, texts, first = blocks.Spool(), [], {}, 0
        wanted = [self.parts[place] for place in (*roles.features, *roles.one_hot)]
        label = None if roles.label is None else self.parts[roles.label][0]
        for batch in self._batches(max(1, blocks.BLOCK // max(1, len(self.parts)))):
            spool.append(self._block(batch, wanted, first))
            if label is not None:
                labels.append(self._coded(label, batch.column(label), texts))
            first += len(batch)
        values, count = spool.finish(), len(roles.features)
        coded, names = None, ()
        if roles.one_hot:
            coded = np.argmax(values[:, count:], axis=1).astype(np.float64)
            names = tuple(self.parts[place][0].rpartition("_")[2] for place in roles.one_hot)
        elif label is not None:
            coded, names = self._labels(label, np.concatenate(labels), texts)
        return Table(
            values[:, :count],
            lambda row, column: f"row {row}, column {self._called(roles.features[column])!r}",
            coded,
            lambda row: f"row {row}, column {label or self._called(roles.one_hot[0])!r}",
            names=tuple(map(self._called, roles.features)),
            class_names=names,
            notes=tuple(roles.notes),
        )

    def _batches(self, rows, names=None):
        return self.parquet.iter_batches(rows, columns=names)

    def _called(self, place):
        name, number = self.parts[place]
        return f"{name}_{number}" if self._kind(name) == "list" else name

    def _kind(self, name):
        """Return a column's kind: number, text, time, empty, list, file, or other for an unsupported type."""
        from pyarrow import types

        kind = self.schema.field(name).type
        if types.is_dictionary(kind):
            kind = kind.value_type
        if types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_decimal(kind):
            return "number"
        if types.is_string(kind) or types.is_large_string(kind) or str(kind) == "string_view":
            return "text"
        if types.is_temporal(kind):
            return "time"
        if types.is_null(kind):
            return "empty"
        if types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
            return "file"
        while types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
            kind = kind.value_type
            if types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind):
                return "list"
        return "other"

    def _width(self, name, head):
        """Return how many number columns a column expands to; for lists, the length of the first list."""
        if self._kind(name) != "list":
            return 1
        first = next((value for value in head.column(name) if value.is_valid), None)
        count = 0 if first is None else _flat(first.values).size
        if not 0 < count <= CLASSES_MAX:
            raise DataError(f"{self.source}: column {name!r}: {count} elements, expected 1 to {CLASSES_MAX}")
        return count

    def _column(self, place, head):
        """Return the `Column` of a part, judged by its first rows."""
        name, number = self.parts[place]
        kind, values = self._kind(name), head.column(name)
        stored = name in self.counted
        if kind in ("number", "list"):
            numbers = self._numbers(name, values, 0)
            return Column(self._called(place), place + 1, "number", numbers[:, number], stored=stored)
        texts: tuple[str, ...] = ()
        if kind == "text":
            texts = tuple("" if text is None else text for text in values.to_pylist())
        elif kind == "other":
            texts = (str(values.type),)
        return Column(name, place + 1, kind, np.zeros(0), texts, stored)

    def _numbers(self, name, values, first):
        """Return a column of a batch as float64 (rows, its width), NaN for null. Raises DataError."""
        if self._kind(name) == "list":
            width = sum(part[0] == name for part in self.parts)
            flat = _flat(values)
            if flat.size != width * len(values):
                text = f"expected lists of {width} numbers in each row"
                raise DataError(f"{self.source}: rows from {first}, column {name!r}: {text}")
            return flat.reshape(len(values), width)
        return _as_numbers(values).reshape(-1, 1)

    def _block(self, batch, wanted, first):
        """Return the wanted parts of a batch as float64 (rows, parts)."""
        block = np.empty((len(batch), len(wanted)))
        numbers = {name: self._numbers(name, batch.column(name), first) for name in dict.fromkeys(n for n, _ in wanted)}
        for column, (name, number) in enumerate(wanted):
            block[:, column] = numbers[name][:, number]
        return block

    def _coded(self, name, values, texts):
        """Return a batch's labels as float64: numbers or codes of texts (new texts get new codes); NaN for null."""
        if self._kind(name) == "number":
            return _as_numbers(values)
        if self._kind(name) != "text":
            raise DataError(f"{self.source}: column {name!r}: expected numbers or text for labels, got {values.type}")
        if hasattr(values, "dictionary_decode"):
            values = values.dictionary_decode()
        coded = values.dictionary_encode()
        codes = [texts.setdefault(text, len(texts)) for text in coded.dictionary.to_pylist()]
        if len(texts) > _TEXTS:
            raise DataError(f"{self.source}: column {name!r} cannot be the label: more than {_TEXTS} values")
        places = coded.indices.to_numpy(zero_copy_only=False).astype(np.float64)
        known = ~np.isnan(places)
        places[known] = np.array(codes, np.float64)[places[known].astype(np.int64)]
        return places

    def _labels(self, name, coded, texts):
        """Return (labels, class names) of the codes of all batches."""
        if self._kind(name) == "number":
            names = self.named.get(name, ())
            present = coded[np.isfinite(coded)]
            return coded, names if len(present) and present.min() >= 0 and present.max() < len(names) else ()
        names = sorted(texts)
        places = np.array([names.index(text) for text in texts], np.float64)
        known = ~np.isnan(coded)
        coded[known] = places[coded[known].astype(np.int64)]
        return coded, tuple(names)

    def _pictures(self, roles, reading):
        """Return the `Table` of a file with a column of pictures."""
        name = self.parts[roles.features[0]][0]
        label = None if roles.label is None else self.parts[roles.label][0]
        coded, texts, notes = [], {}, list(roles.notes)
        names = [name] if label is None else [name, label]

        def files():
            row = 0
            for batch in self._batches(_PICTURES, names):
                if label is not None:
                    coded.append(self._coded(label, batch.column(label), texts))
                for value in batch.column(name).to_pylist():
                    data = (value or {}).get("bytes")
                    if not data:
                        raise DataError(f"{self.source}: row {row}, column {name!r}: expected a picture")
                    yield f"{self.source}: row {row}", io.BytesIO(data)
                    row += 1

        values, recipe = rows_of(files(), reading, notes)
        labels, class_names = (None, ()) if label is None else self._labels(label, np.concatenate(coded), texts)
        return Table(
            values,
            lambda row, column: f"row {row}, pixel {column}",
            labels,
            lambda row: f"row {row}, column {label!r}",
            class_names=class_names,
            recipe=recipe,
            notes=tuple(notes),
        )


def _as_numbers(values):
    """Return an Arrow array of numbers as float64, with NaN for null."""
    import pyarrow

    if hasattr(values, "dictionary_decode"):
        values = values.dictionary_decode()
    if pyarrow.types.is_boolean(values.type):
        values = values.cast(pyarrow.uint8())
    return values.cast(pyarrow.float64(), safe=False).to_numpy(zero_copy_only=False)


def _flat(values):
    """Return all numbers in (nested) lists as float64; a null list contributes none."""
    while hasattr(values, "flatten") and values.type.num_fields:
        values = values.flatten()
    return _as_numbers(values)


def _row_numbers(about):
    """Return the names of the columns that pandas' metadata marks as an index."""
    try:
        return {name for name in json.loads(about or b"{}")["index_columns"] if isinstance(name, str)}
    except (ValueError, KeyError, TypeError):
        return set()


def _classes_named(about):
    """Return {column: class names} from the metadata of Hugging Face's datasets."""
    try:
        features = json.loads(about or b"{}")["info"]["features"]
        return {
            name: tuple(map(str, feature["names"]))
            for name, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and isinstance(feature["names"], list)
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
