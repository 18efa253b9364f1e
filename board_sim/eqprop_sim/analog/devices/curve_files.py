"""Files of measured pulse curves in the usual layouts of laboratories: `load` reads one into a `PulseCurve`.

A folder of such files is a kind of device of which several were measured: `load_all`.

Two layouts, with any of , ; tab or spaces between the cells, and # before a comment:

    direction,siemens          a row for each reading, up or down, in order; repeated trains are repeated cycles
    pulse,LTP (uS),LTD (uS)    a column for each train

Text is UTF-8, UTF-16 or Latin-1; a line sep=; for Excel may come first.

The unit is in the header (siemens, S or ohm, with a prefix such as µ, n, k), or the caller gives it.
"""

import codecs
import csv
import io
import math
import re
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from ..errors import PhysicsError
from .devices import DEVICE_LEAST_S, DEVICE_MOST_S
from .pulses import PulseCurve

_UP = {"up", "ltp", "potentiation", "set", "potentiate", "p", "+", "positive"}
_DOWN = {"down", "ltd", "depression", "reset", "depress", "d", "-", "negative"}
_PREFIXES = {
    "": 1.0,
    "p": 1e-12,
    "n": 1e-9,
    "u": 1e-6,
    "µ": 1e-6,
    "μ": 1e-6,
    "m": 1e-3,
    "k": 1e3,
    "K": 1e3,
    "M": 1e6,
    "G": 1e9,
}
_UNIT = re.compile(r"([pnuµμmkKMG]?)(S|(?i:siemens|ohms?)|Ω|Ω)")
_UNITS = "S, uS, ohm, kohm"
_FILE_MOST = 16 * 2**20  # bytes


def load_all(path, unit=None):
    """Return (curves, g_off, g_on in siemens) of a file, or of all files in a folder, one for each measured device.

    The nominal range is from the lowest reading to the mean of the devices' highest; each device keeps its own. Raises
    PhysicsError as `load` does, and for a folder without files.
    """
    folder = Path(path)
    files = sorted(each for each in folder.iterdir() if each.is_file()) if folder.is_dir() else [path]
    if not files:
        raise PhysicsError(f"{path}: expected files of pulse curves, found none")
    found = [load(each, unit) for each in files]
    g_off, g_on = min(low for _, low, _ in found), sum(high for *_, high in found) / len(found)
    ends = [((low - g_off) / (g_on - g_off), (high - g_off) / (g_on - g_off)) for _, low, high in found]
    curves = [replace(curve, low=low, high=high) for (curve, *_), (low, high) in zip(found, ends, strict=True)]
    return tuple(curves), g_off, g_on


def load(path, unit=None):
    """Return (curve, g_off, g_on in siemens) of a file; the range is the range of all readings.

    unit: the readings' unit, such as uS or kohm; None to use the header's. Raises PhysicsError naming file and line.
    """
    given = _unit_in(unit) if unit else None
    if unit and not given:
        raise PhysicsError(f"curve_unit: expected one such as {_UNITS}, got {unit}")
    rows = _rows(path)
    if not rows:
        raise PhysicsError(f"{path}: expected a header and rows of conductances, got neither")
    (_, header), *readings = rows
    names = [_word(cell) for cell in header]
    if len(header) == 2 and names[0] == "direction":
        trains = _by_rows(path, readings)
        said = _unit_in(header[1])
    else:
        trains, said = _by_columns(path, header, names, readings)
    scale, inverse = given or said or _asked(path, header)
    up, down = ([[_siemens(path, each, scale, inverse) for each in cycle] for cycle in way] for way in trains)
    try:
        return PulseCurve.fitted(up, down)
    except PhysicsError as error:
        raise PhysicsError(f"{path}: {error}") from None


def _rows(path):
    """Return (line number, cells) of each row that is neither empty nor a comment."""
    try:
        with open(path, "rb") as file:
            raw = file.read(_FILE_MOST + 1)
    except OSError as error:
        raise PhysicsError(f"{path}: cannot be read: {error.strerror}") from error
    if len(raw) > _FILE_MOST:
        raise PhysicsError(f"{path}: expected a pulse curve of at most {_FILE_MOST} bytes")
    try:
        text = raw.decode("utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")  # older instruments write µ this way
    lines = _without_comments(text)
    first = next(filter(None, lines), "")
    separator = next((each for each in ",;\t" if each in first), " ")
    try:
        cells = [next(csv.reader(io.StringIO(line), delimiter=separator, skipinitialspace=True), []) for line in lines]
    except csv.Error as error:
        raise PhysicsError(f"{path}: expected a table: {error}") from error
    return [(n, [cell.strip() for cell in row]) for n, row in enumerate(cells, 1) if any(row)]


def _without_comments(text):
    """Return the lines of a file without comments; a line that is only a comment becomes empty."""
    lines, header = [], False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("#") or (not header and re.fullmatch("sep=.", line, re.IGNORECASE)):
            line = ""
        elif header or not re.search("#.*[,;\t]", line):  # the header may call a column Pulse #
            line = line.partition("#")[0].strip()
        header = header or bool(line)
        lines.append(line)
    return lines


def _word(cell):
    """Return the first word of a header's cell, in small letters."""
    return re.split(r"[\s(\[_/]", cell.strip().lower(), maxsplit=1)[0]


def _unit_in(text):
    """Return (factor, whether it is a resistance) of the unit in a header, or None without a unit."""
    for word in re.split(r"[\s()\[\]_/,]+", text):
        if found := _UNIT.fullmatch(word):
            return _PREFIXES[found[1]], not found[2].lower().startswith("s")
    return None


def _asked(path, header):
    shown = ",".join(header)
    raise PhysicsError(f"{path}: expected a unit in the header {shown}: add --set curve_unit=uS, or {_UNITS}")


def _by_rows(path, readings):
    """Return the cycles up and down from rows such as up,1e-6."""

    def way(row):
        word = row[1][0].lower()
        if len(row[1]) != 2 or word not in _UP | _DOWN:
            raise PhysicsError(f"{path}: line {row[0]}: expected up or down and a conductance, got {','.join(row[1])}")
        return word in _DOWN

    trains: tuple = ([], [])
    for falls, rows in groupby(readings, way):
        trains[falls].append([(line, cells[1]) for line, cells in rows])
    return trains


def _by_columns(path, header, names, readings):
    """Return the cycles up and down from one column each, and their unit."""
    columns = [[at for at, name in enumerate(names) if name in words] for words in (_UP, _DOWN)]
    if not all(columns):
        shown = ",".join(header)
        raise PhysicsError(f"{path}: expected the columns direction,siemens or LTP,LTD, got {shown}")
    trains = tuple(
        [[(line, cells[at]) for line, cells in readings if at < len(cells) and cells[at]] for at in which]
        for which in columns
    )
    units = [_unit_in(header[at]) for which in columns for at in which]
    if len(set(units)) > 1:
        raise PhysicsError(f"{path}: the columns of {','.join(header)} have different units: write all in one")
    return trains, units[0]


def _siemens(path, reading, scale, inverse):
    """Return a reading (line, cell) in siemens."""
    line, cell = reading
    try:
        value = float(cell.replace(",", ".")) * scale
    except ValueError:
        raise PhysicsError(f"{path}: line {line}: expected a conductance, got {cell}") from None
    value = 1 / value if inverse and value else value
    if not DEVICE_LEAST_S <= value <= DEVICE_MOST_S:
        most = f"{DEVICE_LEAST_S:g}..{DEVICE_MOST_S:g} S"
        way = "delete the line" if not 0 < value < math.inf else "give its unit by --set curve_unit=uS or ohm"
        raise PhysicsError(f"{path}: line {line}: {cell} is {value:g} S, expected {most}: {way}")
    return value
