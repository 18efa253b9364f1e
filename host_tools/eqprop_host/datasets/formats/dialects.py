"""The dialect of a text table (encoding, separator, decimal mark, comments, header), found from its first lines.

- encoding: UTF-8, UTF-16 or UTF-32 by the byte order mark; UTF-16 without a mark by its zero bytes. A byte that is not
  UTF-8 is read as Windows-1252, which includes Latin-1
- separator: comma, semicolon, tab, bar or white space: the one that gives most lines the same number of columns, then
  the one that makes most cells numbers. A first line `sep=;`, as Excel writes it, decides it
- decimal mark: a comma if the separator is another character and numbers contain commas; points then separate thousands
- comments: lines that begin with #, except Excel errors such as #N/A. The last comment before the data is the header if
  it has as many cells
- header: the first line is a header in three cases. It holds no number, and numbers follow below or one of its names is
  label or the like. Or it holds text above numbers, and its own numbers, if any, are evenly spaced. Or it holds whole
  numbers that count up from 0 or 1 above decimals or text
"""

import codecs
import csv
import re
from dataclasses import dataclass

from ...errors import DataError
from .columns import LABELS

_ERRORS = ("#n/a", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!")
"""What spreadsheets write for a value that they could not compute, in lower case."""

MISSING = frozenset((*_ERRORS, "", "na", "n/a", "nan", "null", "none", "?", "-", "nil", "<na>", "missing"))
"""Spellings of a missing value, in lower case."""

LINE_MAX = 1 << 22
"""The most characters in a line."""

_SEPARATORS = (",", ";", "\t", "|", " ")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BINARY = (
    (b"PK\3\4", "is a ZIP or Excel file: unpack it, or save the sheet as CSV"),
    (b"\x1f\x8b", "is compressed: gunzip it first"),
    (b"BZh", "is compressed: bunzip2 it first"),
    (b"\xfd7zXZ", "is compressed: unxz it first"),
    (b"PAR1", "is a Parquet file: name it .parquet"),
    (b"\x93NUMPY", "is a NumPy file: name it .npy"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel file: save the sheet as CSV"),
    (b"\x89HDF", "is an HDF5 file: save its arrays with numpy.savez"),
)
_SNIFFED = 200  # bytes
_MARKED_UP = {"HTML": rb"<(!doctype|html|table|head)", "XML": rb"<\?xml", "JSON": rb'(\[\s*)?\{\s*"'}
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d+,\d+([eE][+-]?\d+)?\s*")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?")
_FORTRAN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)[dD][+-]?\d+")
_TIME = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?(Z|UTC|[+-]\d{2}:?\d{2}))?)?"
    r"|\d{1,4}[./]\d{1,2}[./]\d{1,4}([T ,]+\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[AaPp][Mm])?)?"
    r"|\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[AaPp][Mm])?"
)


@dataclass(frozen=True)
class Dialect:
    """How a line is divided into cells."""

    separator: str
    """One of , ; tab | and space; a space stands for any white space."""

    decimal_comma: bool
    """Whether 1,5 is a number."""

    def rows(self, lines):
        """Return a csv.reader of lines; comments, and lines of white space alone, are empty rows."""
        if self.separator == " ":
            lines = (re.sub(r"\s+", " ", line.strip()) for line in lines)
        return csv.reader((_without_comment(line) for line in lines), delimiter=self.separator)

    def number(self, cell):
        """Return the number in a cell, NaN for one that is missing. Raises ValueError for text."""
        text = cell.strip().replace("\u2212", "-")
        if self.decimal_comma:
            text = text.replace(".", "") if _THOUSANDS.fullmatch(text) else text
            text = text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text
        if _FORTRAN.fullmatch(text):
            text = text.lower().replace("d", "e")
        try:
            if "_" in text:  # only Python reads 1_000 as a number
                raise ValueError
            return float(text)
        except ValueError:
            lower = text.lower()
            if lower in ("true", "false"):
                return float(lower == "true")
            if lower in MISSING:
                return float("nan")
            raise

    def is_number(self, cell):
        """Return whether a cell holds a number: not text, not empty."""
        try:
            return cell.strip().lower() not in MISSING and self.number(cell) is not None
        except ValueError:
            return False


def is_time(cell):
    """Return whether a cell holds a date or a time of day."""
    return _TIME.fullmatch(cell.strip()) is not None


def encoding_of(source, file):
    """Return (encoding, whether invalid bytes are Windows-1252) of a binary file, and rewind it.

    Raises DataError for a file that is not text.
    """
    head = file.read(1 << 16)
    file.seek(0)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    for magic, way in _BINARY:
        if head.startswith(magic):
            raise DataError(f"{source}: {way}")
    start = head[:_SNIFFED].lstrip()
    for kind, begins in _MARKED_UP.items():
        if re.match(begins, start, re.IGNORECASE):
            raise DataError(f"{source}: expected a text table, got {kind}: save the table as CSV")
    zeros = [head[first::2].count(0) for first in (0, 1)]
    if sum(zeros):
        half = len(head) // 2
        if min(zeros) == 0 and max(zeros) > 0.7 * half:
            return "utf-16-be" if zeros[0] else "utf-16-le"
        raise DataError(f"{source}: holds zero bytes, so it is not text")
    return "utf-8"


def says_separator(line):
    """Return a match whose group 1 is the separator that an Excel line `sep=;` gives, or None."""
    return re.fullmatch(r"sep=(.)\s*", line, re.IGNORECASE)


def dialect_of(lines):
    """Return the `Dialect` of a table from its first lines, given without comments and empty lines."""
    if lines and (said := says_separator(lines[0])):
        return Dialect(said[1], said[1] != "," and _has_decimal_comma(Dialect(said[1], False), lines[1:]))
    found = []
    for order, separator in enumerate(_SEPARATORS):
        plain = Dialect(separator, False)
        try:
            rows = [row for row in plain.rows(lines) if row]
        except csv.Error:
            continue
        if not rows:
            continue
        widths = [len(row) for row in rows]
        width = max(set(widths), key=lambda each: (widths.count(each), each))
        comma = separator != "," and _has_decimal_comma(plain, lines)
        dialect = Dialect(separator, comma)
        cells = [cell for row in rows for cell in row if cell.strip()]
        numbers = sum(map(dialect.is_number, cells)) / max(1, len(cells))
        even = widths.count(width) / len(widths)
        found.append((width > 1, round(even, 1), round(numbers, 2), even, -order, dialect))
    return max(found)[-1] if found else Dialect(",", False)


def _has_decimal_comma(dialect, lines):
    """Return whether numbers in these lines have a decimal comma and none has a point."""
    cells = [cell for row in dialect.rows(lines) for cell in row]
    with_comma = sum(_DECIMAL_COMMA.fullmatch(cell) is not None for cell in cells)
    with_point = sum("." in cell and dialect.is_number(cell) for cell in cells)
    return with_comma > with_point


def is_comment(line):
    """Return whether a line is a comment."""
    text = line.lstrip()
    return text.startswith("#") and not text.lower().startswith(_ERRORS)


def _without_comment(line):
    return "\n" if is_comment(line) or not line.strip() else line


def header_of(dialect, rows):
    """Return whether the first of these rows, given without empty ones, names the columns."""
    first, below = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    if not any(map(dialect.is_number, first)):
        texts = [cell for cell in first if cell.strip().lower() not in MISSING]
        named = any(cell.strip().lower() in LABELS for cell in first)
        above = any(dialect.is_number(cell) for row in below for cell in row)
        return bool(texts) and (above or named or not below)
    if not below:
        return False
    numbers = [dialect.number(cell) for cell in first if dialect.is_number(cell)]
    if len({cell.strip() for cell in first}) < len(first) or not _evenly_spaced(numbers):
        return False
    text_below = [_share(dialect, below, place) < 0.5 for place in range(len(first))]
    names = [not dialect.is_number(cell) and cell.strip()[:1].isalpha() for cell in first]
    if not all(name or dialect.is_number(cell) or not cell.strip() for name, cell in zip(names, first, strict=True)):
        return False
    for place, (name, text) in enumerate(zip(names, text_below, strict=True)):
        if name and (not text or _is_above(first[place], [row[place] for row in below])):
            return True
    if not all(cell.strip().isdecimal() for cell in first if cell.strip()) or numbers[0] not in (0, 1):
        return False
    if any(dialect.is_number(cell) and text for cell, text in zip(first, text_below, strict=True)):
        return len(numbers) >= 2
    decimals = sum("." in cell or "," in cell for row in below for cell in row)
    return len(numbers) >= 3 and (2 * decimals >= len(below) * len(first) or len(numbers) >= 8)


def _is_above(name, texts):
    """Return whether a text occurs once, above texts that recur."""
    return name.strip().lower() in LABELS or (name not in texts and 2 * len(set(texts)) <= len(texts))


def _evenly_spaced(numbers):
    steps = [b - a for a, b in zip(numbers, numbers[1:], strict=False)]
    return all(abs(step - steps[0]) <= 1e-6 * abs(steps[0]) for step in steps) and (not steps or steps[0] > 0)


def _share(dialect, rows, place):
    """Return the fraction of a column's non-missing cells that are numbers."""
    cells = [row[place] for row in rows if row[place].strip().lower() not in MISSING]
    return sum(map(dialect.is_number, cells)) / len(cells) if cells else 1.0
