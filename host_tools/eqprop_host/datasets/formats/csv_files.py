"""Text tables, one sample per line: .csv, .tsv, .txt, .data and others; see `dialects`.

The first rows decide what each column is. Rows are then read one by one, so a file may be larger than memory.
"""

import csv
import io
import itertools
import operator
from array import array
from pathlib import Path

import numpy as np

from ...errors import DataError
from .. import blocks
from ..dataset import Table
from ..words import columns_text, shortened
from . import dialects
from .columns import Column
from .folders import is_sample, rows_of

_FIRST_LINES = (20, 1000)
"""How many lines decide the dialect: the first number, or up to the second if lines are short."""

_WAY = "correct it or delete the line"

_LABELS_MAX = 100_000
"""With more different labels than this, the column cannot be the label."""


def read_csv(source, file, choose, reading) -> Table:
    """Return the `Table` of a text table, open in binary. Raises DataError.

    choose: given the `Column`s, returns the `Roles`.
    """
    encoding = dialects.encoding_of(source, file)
    text = io.TextIOWrapper(file, encoding=encoding, errors="surrogateescape", newline="")
    try:
        return _Reader(source, text).table(choose, reading)
    except UnicodeDecodeError as error:
        raise DataError(f"{source}: is not {encoding} text: {error.reason}") from error
    finally:
        text.detach()


def _readable(cell):
    """Return a cell as text; bytes that are not UTF-8 are read as Windows-1252."""
    if _is_unicode(cell):
        return cell
    return cell.encode("utf-8", "surrogateescape").decode("cp1252", "replace")


def _is_unicode(cell):
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True


def _different(names):
    """Return the names, repeated ones with .1, .2 and so on appended, as in pandas."""
    found: dict[str, int] = {}
    for name in names:
        number, called = 0, name
        while called in found:
            number += 1
            called = f"{name}.{number}"
        found[called] = number
    return tuple(found)


class _Reader:
    """A reader of one table."""

    def __init__(self, source, text):
        self.source = source
        self.lines = _lines(source, text)
        self.head = []
        size = 0
        for line in itertools.islice(self.lines, _FIRST_LINES[1]):
            self.head.append(line)
            size += len(line)
            if size > blocks.BLOCK and len(self.head) >= _FIRST_LINES[0]:
                break
        content = [line for line in self.head if line.strip() and not dialects.is_comment(line)]
        # Enough lines to decide; each separator is tried on them
        self.dialect = dialects.dialect_of(content[: blocks.first_rows(max(map(len, content[:1]), default=1))])
        if content and dialects.says_separator(content[0]):
            self.head[self.head.index(content[0])] = "\n"
        self.notes = []
        self.names: tuple[str, ...] = ()
        self.class_names: tuple[str, ...] = ()
        self.repeated = 0  # lines that repeat the header

    def table(self, choose, reading):
        """Return the `Table`."""
        rows = self._first_rows()
        rows = rows[: blocks.first_rows(4 * self.width)]
        columns = [self._column(rows, place) for place in range(self.width)]
        roles = choose(columns)
        if columns[roles.features[0]].kind == "file":
            return self._files(columns, roles, reading)
        values, codes, lines = self._values(columns, roles)
        kept = [columns[place] for place in roles.features]
        coded = columns[roles.label] if roles.label is not None else None
        labels, class_names = None, self.class_names
        if roles.one_hot:
            labels = np.argmax(values[:, len(kept) :], axis=1).astype(np.float64)
            class_names = tuple(columns[place].name.rpartition("_")[2] for place in roles.one_hot)
            values = values[:, : len(kept)]
        elif coded:
            labels, named = self._labels(codes, lines, coded)
            class_names = named or class_names
        return Table(
            values,
            lambda row, column: f"line {lines[row]}, column {kept[column].number}",
            labels,
            lambda row: f"line {lines[row]}, column {coded.number if coded else columns[roles.one_hot[0]].number}",
            names=tuple(column.name for column in kept) if any(column.name for column in kept) else (),
            class_names=class_names,
            notes=(*self.notes, *self._about_rows(), *roles.notes),
        )

    def _first_rows(self):
        """Find the header and the width; return the first rows of data."""
        reader = self.dialect.rows(self.head)
        rows = []
        try:
            for row in reader:
                if row:
                    rows.append(([_readable(cell) for cell in row], reader.line_num))
        except csv.Error as error:
            raise DataError(f"{self.source}: line {reader.line_num}: {error}") from error
        if not rows:
            raise DataError(f"{self.source}: is empty")
        self.first_line = rows[0][1]
        self.width = len(rows[0][0])
        self.header = False
        cells = [row for row, _ in rows]
        if self._is_shape(cells):
            self.header, self.class_names, self.width = True, tuple(cells[0][2:]), len(cells[1])
        elif self._is_short_header(cells):
            self.header, self.width = True, self.width + 1
            self.names = ("Unnamed: 0", *(cell.strip() for cell in cells[0]))
        elif dialects.header_of(self.dialect, cells):
            self.header = True
            self._check_width(rows)
            self.names = tuple(" ".join(cell.split()) or f"Unnamed: {place}" for place, cell in enumerate(cells[0]))
            if any(self.dialect.is_number(cell) for cell in cells[0]):
                shown = shortened(",".join(cells[0]))
                self.notes.append(f"line {self.first_line} is read as the header: {shown}")
        else:
            self._check_width(rows)
            self.names = self._commented_names()
        self.names = _different(self.names)
        data = cells[1:] if self.header else cells
        if not data:
            raise DataError(f"{self.source}: has a header but no samples")
        return [row for row in data if len(row) == self.width]

    def _check_encoding(self, strange):
        """Note how names that are not UTF-8 were read. Raises DataError if one is not Windows-1252 either."""
        for name in strange:
            if "\ufffd" in name:
                raise DataError(f"{self.source}: {shortened(name)} is neither UTF-8 nor Windows-1252: save it as UTF-8")
        if strange:
            what = f"names that are not UTF-8 are read as Windows-1252, for example {shortened(min(strange))}"
            self.notes.append(f"{what}: if that is wrong, save it as UTF-8")

    def _is_shape(self, rows):
        """Return whether the first row is scikit-learn's: counts of samples and features, then class names."""
        first = rows[0]
        if len(first) < 4 or len(rows) < 2 or not (first[0].strip().isdecimal() and first[1].strip().isdecimal()):
            return False
        return int(first[1]) == len(rows[1]) - 1 and not any(map(self.dialect.is_number, first[2:]))

    def _is_short_header(self, rows):
        """Return whether the first row names all columns except the row numbers, as R writes it."""
        first, below = rows[0], rows[1:]
        short = bool(below) and all(len(row) == len(first) + 1 for row in below)
        return short and not any(map(self.dialect.is_number, first))

    def _check_width(self, rows):
        """Raise DataError if most rows differ in width from the first: the first is not data."""
        widths = [len(row) for row, _ in rows]
        usual = max(set(widths), key=lambda each: (widths.count(each), each))
        if len(rows) > 3 and usual != self.width and widths.count(usual) > len(rows) / 2:
            what = f"{columns_text(self.width)}, most lines have {usual}"
            way = "delete lines that are not data, or start them with #"
            if self.dialect.separator == " ":
                way += "; names must not contain spaces"
            raise DataError(f"{self.source}: line {self.first_line}: {what}: {way}")

    def _commented_names(self):
        """Return the names in the last comment above the data, as numpy.savetxt writes them; or none."""
        above = [line for line in self.head[: self.first_line - 1] if dialects.is_comment(line)]
        if not above:
            return ()
        names = next(csv.reader([above[-1].strip().lstrip("#").strip()], delimiter=self.dialect.separator))
        if len(names) != self.width or any(self.dialect.is_number(name) or not name.strip() for name in names):
            return ()
        return tuple(_readable(name).strip() for name in names)

    def _column(self, rows, place):
        """Return the `Column` at an index, judged by some rows."""
        cells = [row[place].strip() for row in rows]
        present = [cell for cell in cells if cell.lower() not in dialects.MISSING]
        name = self.names[place] if self.names else ""
        numbers = [self._value(cell) for cell in cells]
        known = len(numbers) - numbers.count(None) - (len(cells) - len(present))
        kind = "number"
        if not present:
            kind = "empty"
        elif 2 * known < len(present) or known < len(present) == 1:
            kind = "file" if all(map(is_sample, present)) else "text"
            kind = "time" if all(map(dialects.is_time, present)) else kind
        if kind == "number":
            return Column(name, place + 1, kind, np.array(numbers, np.float64))
        return Column(name, place + 1, kind, np.zeros(0), tuple(cells))

    def _value(self, cell):
        """Return the number in a cell, NaN if it is missing, None for text."""
        try:
            return self.dialect.number(cell)
        except ValueError:
            return None

    def _values(self, columns, roles):
        """Return (float64 (rows, features and one-hot columns), label codes and their texts, line numbers)."""
        wanted = [*roles.features, *roles.one_hot]
        spool, numbers, lines = blocks.Spool(), array("d"), array("q")
        places: dict[str, int] = {}
        codes = array("q")
        pick = operator.itemgetter(*wanted) if len(wanted) > 1 else lambda row: (row[wanted[0]],)
        for line, row in self._rows():
            self._append(numbers, pick(row), wanted, line)
            if roles.label is not None:
                codes.append(places.setdefault(row[roles.label].strip(), len(places)))
                if len(places) > _LABELS_MAX:
                    column = columns[roles.label]
                    raise DataError(f"{self.source}: {column} cannot be the label: more than {_LABELS_MAX} values")
            lines.append(line)
            if len(numbers) >= blocks.BLOCK:
                spool.append(np.frombuffer(numbers).reshape(-1, len(wanted)))
                numbers = array("d")
        if len(numbers) or not lines:
            spool.append(np.frombuffer(numbers).reshape(-1, len(wanted)))
        return spool.finish(), (codes, list(places)), lines

    def _files(self, columns, roles, reading):
        """Return the `Table` of pictures or sounds; a column gives their paths, relative to the table's folder."""
        folder, place, notes = Path(self.source).parent, roles.features[0], [*self.notes, *roles.notes]
        files, labels, codes, places, lines = [], None, array("q"), {}, array("q")
        for line, row in self._rows():
            files.append(str(folder / _readable(row[place]).strip()))
            lines.append(line)
            if roles.label is not None:
                codes.append(places.setdefault(row[roles.label].strip(), len(places)))
        names: tuple[str, ...] = ()
        if roles.label is not None:
            labels, names = self._labels((codes, list(places)), lines, columns[roles.label])
        values, recipe = rows_of(((file, Path(file)) for file in files), reading, notes)
        return Table(
            values,
            lambda row, column: f"{files[row]}, feature {column}",
            labels,
            lambda row: f"line {lines[row]}, column {columns[roles.label].number}",
            class_names=names,
            recipe=recipe,
            notes=tuple(notes),
            rows=tuple(files),
        )

    def _rows(self):
        """Yield (line number, row) for each row of data. Raises DataError for a row of another width."""
        reader = self.dialect.rows(itertools.chain(self.head, self.lines))
        header = None
        try:
            for row in reader:
                if not row or reader.line_num < self.first_line:
                    continue
                if self.header and header is None:
                    header = row
                    continue
                if row == header and self.names:
                    self.repeated += 1
                    continue
                if len(row) != self.width:
                    where = f"{self.source}: line {reader.line_num}"
                    expected = f"expected {self.width} as in line {self.first_line}"
                    raise DataError(f"{where}: {columns_text(len(row))}, {expected}")
                yield reader.line_num, row
        except csv.Error as error:
            raise DataError(f"{self.source}: line {reader.line_num}: {error}") from error

    def _about_rows(self):
        """Return the notes about rows that were not read as data."""
        if self.repeated == 1:
            return ["1 line repeats the header: left out"]
        return [f"{self.repeated} lines repeat the header: left out"] if self.repeated else []

    def _append(self, numbers, cells, wanted, line):
        """Append the numbers in `cells`, the wanted cells of a row. Raises DataError."""
        try:
            if self.dialect.decimal_comma or "_" in "".join(cells):
                raise ValueError
            numbers.extend(list(map(float, cells)))
        except ValueError:
            for place, cell in zip(wanted, cells, strict=True):
                try:
                    numbers.append(self.dialect.number(cell))
                except ValueError as error:
                    where = f"{self.source}: line {line}, column {place + 1}"
                    shown = shortened(_readable(cell))
                    raise DataError(f"{where}: {shown} is not a number: {_WAY}") from error

    def _labels(self, coded, lines, column):
        """Return (labels as real numbers, class names) of coded texts; without names if all texts are numbers."""
        codes, texts = coded
        codes = np.frombuffer(codes, np.int64)
        missing = np.array([text.lower() in dialects.MISSING for text in texts])
        as_numbers = [self._value(text) is not None and text.lower() not in ("true", "false") for text in texts]
        if all(as_numbers):
            return np.array([self.dialect.number(text) for text in texts])[codes], ()
        words = np.array([text.lower() in ("true", "false") for text in texts])
        if column.kind == "number" and not (words | missing).all():
            row = int(np.flatnonzero(~np.array(as_numbers)[codes])[0])
            shown = shortened(_readable(texts[codes[row]]))
            where = f"{self.source}: line {lines[row]}, column {column.number}"
            raise DataError(f"{where}: {shown} is not a number: {_WAY}")
        self._check_encoding([_readable(text) for text in texts if not _is_unicode(text)])
        names = sorted({_readable(text) for text, gone in zip(texts, missing, strict=True) if not gone})
        numbers = {name: float(number) for number, name in enumerate(names)}
        return np.array([numbers.get(_readable(text), np.nan) for text in texts])[codes], tuple(names)


def _lines(source, text):
    """Yield the lines of an open text file. Raises DataError for a line longer than LINE_MAX."""
    number = 0
    while line := text.readline(dialects.LINE_MAX):
        number += 1
        if len(line) >= dialects.LINE_MAX:
            raise DataError(f"{source}: line {number} is longer than {dialects.LINE_MAX} characters")
        yield line
