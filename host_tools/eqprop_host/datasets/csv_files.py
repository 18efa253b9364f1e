"""Tables in .csv: UTF-8, comma-separated, one sample a line; a first line without any number in it is a header."""

import csv
import io
from array import array

import numpy as np

from ..errors import DataError
from . import blocks
from .dataset import Table, columns_text, shortened


def read_csv(source, file):
    """Return the `Table` of a .csv file, open in binary. Blank lines are passed over. Raises DataError."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        return _read(source, csv.reader(text))
    except UnicodeDecodeError:
        raise DataError(f"{source}: {_first_bad_byte(file)}") from None
    finally:
        text.detach()


def _read(source, reader):
    names: tuple[str, ...] = ()
    spool, numbers, lines, first = blocks.Spool(), array("d"), array("l"), None
    try:
        for row in reader:
            if not row:
                continue
            if first is None:
                first, columns = reader.line_num, len(row)
                if not any(map(_is_number, row)):
                    names = tuple(cell.strip() for cell in row)
                    continue
            if len(row) != columns:
                raise DataError(
                    f"{source}: line {reader.line_num}: {columns_text(len(row))}, expected {columns} as in line {first}"
                )
            try:
                numbers.extend(_numbers(row))
            except ValueError as error:
                column = [_is_number(cell) for cell in row].index(False)
                where = f"{source}: line {reader.line_num}, column {column + 1}"
                raise DataError(f"{where}: {shortened(row[column])} is not a number") from error
            lines.append(reader.line_num)
            if len(numbers) >= blocks.BLOCK:
                spool.append(np.frombuffer(numbers).reshape(-1, columns))
                numbers = array("d")
    except csv.Error as error:
        raise DataError(f"{source}: line {reader.line_num}: {error}") from error
    if not lines:
        raise DataError(f"{source}: has a header but no samples" if names else f"{source}: is empty")
    spool.append(np.frombuffer(numbers).reshape(-1, columns))
    return Table(spool.finish(), lambda row, column: f"line {lines[row]}, column {column + 1}", names=names)


def _first_bad_byte(file):
    """Return line and value of the first byte of a file that is not UTF-8."""
    file.seek(0)
    for number, line in enumerate(file, 1):
        try:
            line.decode()
        except UnicodeDecodeError as error:
            return f"line {number}: byte 0x{line[error.start]:02x} is not UTF-8 text"
    raise ValueError("every byte is UTF-8 text")


def _numbers(row):
    """Return the cells of a row as floats. Raises ValueError; also for 1_000, which only Python reads as a number."""
    if "_" in "".join(row):
        raise ValueError
    return [float(cell) for cell in row]


def _is_number(cell):
    try:
        return bool(_numbers([cell]))
    except ValueError:
        return False
