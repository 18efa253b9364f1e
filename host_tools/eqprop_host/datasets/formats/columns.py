"""Decides which column of a table is the label, which are features, and which are left out and why.

It considers, in this order: the user's options, the columns' names, their contents, their positions. A table that
could be misread is refused with a line that says what to type.
"""

import re
from dataclasses import dataclass, field

import numpy as np

from ...errors import DataError
from ...terminal.printing import printable
from ..reading import Reading
from ..words import listed, shortened

LABELS = ("label", "labels", "class", "target")
"""A column of one of these names holds the labels."""

_PERHAPS = ("y", "species", "variety", "category", "outcome", "type", "quality", "diagnosis", "activity", "survived")
"""A first or last column of one of these names holds the labels if no column has a name in LABELS."""

_COUNTERS = re.compile(
    r"index|#|(row|sample|record|serial|line)?[ _.-]*(no|nr|id|number|num|index|names?)\.?|row|idx|__index_level_\d__"
    r"|unnamed: .*|.*[ _-]id"
)
_TIMES = re.compile(
    r"(time|times|timestamp|date|datetime|epoch|unixtime|unix|millis|micros|millisecond|second|t|ts|ms|us|utc|clock"
    r"|uptime|elapsed|tick|zeit|datum|uhrzeit)s?([\W_].*)?"
)
_SINCE_1970 = 1e8
_ENOUGH = 20  # fewer rows are too few to classify a column by its values alone
_CLASSES = 20  # a column of up to this many different whole numbers can be a label


@dataclass(frozen=True)
class Column:
    """A column, judged by its first rows."""

    name: str
    """The column's name, or ""."""

    number: int
    """The column's position in the source, from 1."""

    kind: str
    """number, text, time, file (path of a picture or sound), empty (no value in the first rows), or other."""

    numbers: np.ndarray
    """A number column's first rows: float64, NaN for missing; empty for other kinds."""

    texts: tuple[str, ...] = ()
    """The first rows of other columns, "" for missing."""

    stored: bool = False
    """Whether the source itself marks this column as row numbers."""

    def __str__(self):
        return f"column {shortened(self.name)}" if self.name else f"column {self.number}"

    @property
    def typed(self):
        """The column as typed in an option."""
        return self.name if re.fullmatch(r"[\w.:%+=/@-]{1,40}", self.name) else str(self.number)


@dataclass
class Roles:
    """The roles of a table's columns, as indices into the list of columns."""

    features: list[int]
    """The features, in the network's order."""

    label: int | None = None
    """The label; None if there is none, or if it is one-hot."""

    one_hot: list[int] = field(default_factory=list)
    """The one-hot columns, one for each class; empty if one column is the label."""

    notes: list[str] = field(default_factory=list)
    """What was left out and why, for the user."""


def choose(source: str, columns: list[Column], *, reading: Reading) -> Roles:
    """Return the roles of the columns of a labelled table. Raises DataError saying what to type."""
    places = _kept(source, columns, reading)
    label = _named(source, columns, reading, places)
    places, notes = _left_out(columns, places, {label})
    if label is None and places:
        label = _perhaps(columns, places)
    files = [place for place in places if columns[place].kind == "file"]
    if files:
        return _of_files(source, columns, places, files, label)
    if len(places) < 2:
        what = "1 column" if len(places) == 1 else f"{len(places)} columns"
        raise DataError(f"{source}: {what}, expected features and a label{_besides(notes)}")
    one_hot: list[int] = []
    if label is None:
        one_hot = _one_hot(columns, places)
        label = None if one_hot else _guessed(source, columns, places)
        if label is not None and columns[label].name and columns[label].kind == "number":
            notes.append(f"{columns[label]}, the last, is used as the label: type --label COLUMN to use another one")
    features = [place for place in places if place != label and place not in one_hot]
    _check_numbers(source, columns, features, label)
    if label is not None and not columns[label].name:
        notes += _perhaps_identifier(columns[features[0]])
    return Roles(features, label, one_hot, notes)


def choose_targets(source: str, columns: list[Column], *, reading: Reading) -> Roles:
    """Return the roles of the columns of a table of numbers to learn: its features are followed by its targets.

    Raises DataError saying what to type.
    """
    places = _kept(source, columns, reading)
    targets = _targets(source, columns, reading, places)
    kept, notes = _left_out(columns, places, {*targets})
    features = [place for place in kept if place not in targets]
    if not features:
        raise DataError(f"{source}: no column is left for features{_besides(notes)}")
    if any(columns[place].kind == "file" for place in features):
        raise DataError(f"{source}: lists files: numbers are learnt from the columns of a table")
    _check_numbers(source, columns, [*features, *targets], None)
    if not reading.targets and columns[targets[0]].name:
        notes.append(f"{columns[targets[0]]}, the last, is the target: type --target COLUMN to use another one")
    return Roles([*features, *targets], notes=notes)


def _targets(source, columns, reading, places):
    """Return the indices of the targets among `places`, by default the last."""
    targets = [_find(source, "target", text, columns) for text in reading.targets] or places[-1:]
    for place in targets:
        if place not in places or targets.count(place) > 1:
            where = "--target twice" if place in places else "both --target and --drop"
            raise DataError(f"{source}: {columns[place]} is in {where}: take it out of one of them")
    return targets


def choose_features(source: str, columns: list[Column], *, reading: Reading, count: int, names: tuple) -> Roles:
    """Return the roles of the columns of a table, labelled or not, for inference.

    count: the network's features. names: their names, or empty. Raises DataError saying what is missing.
    """
    places = _kept(source, columns, reading)
    files = [place for place in places if columns[place].kind == "file"]
    if files:
        return Roles(files[:1])
    by_name = {printable(columns[place].name): place for place in places}
    if names and any(by_name):
        missing = [name for name in names if name not in by_name]
        if missing:
            held = listed([shortened(name) for name in by_name])
            raise DataError(
                f"{source}: column {shortened(missing[0])}, which the network learnt from, is missing; it has {held}"
            )
        features = [by_name[name] for name in names]
        others = [str(columns[place]) for place in places if place not in features]
        notes = [f"{listed(others)}: left out, not used by the network"] if others else []
        return Roles(features, notes=notes)
    if reading.regression and len(places) == count + max(1, len(reading.targets)):
        targets = _targets(source, columns, reading, places)
        return Roles([place for place in places if place not in targets])
    label = _named(source, columns, reading, places, needed=False)
    kept, notes = (places, []) if len(places) == count else _left_out(columns, places, {label})
    if label is None and len(kept) == count + 1:
        texts = [place for place in kept if columns[place].kind == "text"]
        label = texts[0] if len(texts) == 1 else kept[-1]
    features = [place for place in kept if place != label]
    if len(features) != count:
        what = "1 column" if len(kept) == 1 else f"{len(kept)} columns"
        raise DataError(
            f"{source}: {what}, expected {count} features, with or without a label after them{_besides(notes)}"
        )
    _check_numbers(source, columns, features, label)
    return Roles(features, notes=notes)


def _of_files(source, columns, places, files, label):
    """Return the roles if a column lists pictures or sounds: they are the samples; another column is the label."""
    others = [place for place in places if place not in files and columns[place].kind in ("number", "text")]
    if label is None and len(others) == 1:
        label = others[0]
    if label is None or len(files) > 1:
        held = listed([str(columns[place]) for place in (*files, *others)])
        raise DataError(f"{source}: {held}: type --label COLUMN for the label, and --drop COLUMN for the others")
    left = [str(columns[place]) for place in places if place not in (label, *files)]
    return Roles(files, label, notes=[f"{listed(left)}: left out: the files are the samples"] if left else [])


def _besides(notes):
    return f" ({listed(notes)})" if notes else ""


def _find(source, option, text, columns):
    """Return the index of the column in an option: a name, in upper or lower case, or a number."""
    for same in (lambda name: name == text, lambda name: name.lower() == text.strip().lower()):
        found = [place for place, column in enumerate(columns) if column.name and same(column.name)]
        if len(found) == 1:
            return found[0]
        if found:
            numbers = " and ".join(str(columns[place].number) for place in found[:2])
            raise DataError(f"{source}: --{option} {text}: columns {numbers} have that name: type a number")
    if text.strip().isdecimal() and 1 <= int(text) <= len(columns):
        return int(text) - 1
    named = [shortened(column.name) for column in columns if column.name]
    held = f"{listed(named)}, or 1 to {len(columns)}" if named else f"1 to {len(columns)}"
    raise DataError(f"{source}: --{option} {text}: no such column; there are {held}")


def _kept(source, columns, reading):
    """Return the indices of the columns that the user did not drop."""
    dropped = {_find(source, "drop", text, columns) for text in reading.dropped}
    return [place for place in range(len(columns)) if place not in dropped]


def _named(source, columns, reading, places, needed=True):
    """Return the index of the label if an option or a name gives it, or None."""
    if reading.label is not None:
        try:
            label = _find(source, "label", reading.label, columns)
        except DataError:
            if needed:
                raise
            return None
        if label not in places and needed:
            raise DataError(f"{source}: {columns[label]} is in both --label and --drop: take it out of one of them")
        return label
    named = [place for place in places if columns[place].name.lower() in LABELS]
    if len(named) > 1 and needed:
        first, second = (columns[place] for place in named[:2])
        way = f"--label {first.typed} --drop {second.typed}"
        raise DataError(f"{source}: {first} and {second} may both be the label: type {way}, or the other way round")
    return named[0] if named else None


def _perhaps(columns, places):
    """Return the last or first index if its name is in _PERHAPS, or None."""
    ends = [place for place in (places[-1], places[0]) if columns[place].name.lower() in _PERHAPS]
    return ends[0] if ends and _may_be_label(columns[ends[0]]) else None


def _left_out(columns, places, spared):
    """Return (the indices kept, notes), leaving out columns that say nothing about a sample."""
    kept, notes = [], []
    for place in places:
        reason = None if place in spared else _reason(columns[place], first=place == places[0])
        if reason:
            notes.append(f"{columns[place]} {reason}: left out")
        else:
            kept.append(place)
    return kept, notes


def _reason(column, first):
    """Return why a column says nothing about the samples, or None."""
    name, numbers = column.name.lower(), column.numbers
    if column.kind == "empty":
        return "is empty"
    if column.stored:
        return "holds row numbers"
    if column.kind == "time":
        return "holds times"
    if column.kind == "text":
        distinct = len(set(column.texts))
        if len(column.texts) >= _ENOUGH and 2 * distinct > len(column.texts) and name not in LABELS:
            return "holds a different text for most samples"
        return None
    if len(numbers) < 2:
        return None
    with np.errstate(invalid="ignore", over="ignore"):  # infinities are refused, with their place, after reading
        steps = np.diff(numbers)
    counts = bool((steps == 1).all()) and numbers[0] in (0, 1)
    whole = bool((numbers == np.floor(numbers)).all())
    named = _COUNTERS.fullmatch(name) or re.search(r"[a-z]I[dD]$", column.name)
    if whole and named and _different(numbers) == len(numbers):
        return "holds row numbers"
    if first and counts and len(numbers) >= _ENOUGH:
        return "holds row numbers"
    clock = _TIMES.fullmatch(name) or (first and not name and numbers.min() > _SINCE_1970)
    if clock and len(numbers) >= _ENOUGH and (steps >= 0).all() and steps.any():
        return "holds increasing times"
    return None


def _one_hot(columns, places):
    """Return the last columns if their names share a prefix and each row has a 1 in exactly one of them."""
    prefix, parted, _ = columns[places[-1]].name.rpartition("_")
    if not parted or not prefix:
        return []
    found: list[int] = []
    for place in reversed(places):
        column = columns[place]
        if column.name.rpartition("_")[0] != prefix or column.kind != "number":
            break
        if not np.isin(column.numbers, (0, 1)).all():
            break
        found.insert(0, place)
    if not 2 <= len(found) < len(places):
        return []
    sums = sum(columns[place].numbers for place in found)
    return found if len(sums) and (sums == 1).all() else []


def _guessed(source, columns, places):
    """Return the index of the label when no name gives it. Raises DataError if several columns may be the label."""
    last = columns[places[-1]]
    texts = [place for place in places if columns[place].kind == "text"]
    if len(texts) > 1:
        first, *others = (columns[place] for place in texts)
        way = f"--label {first.typed} --drop {','.join(column.typed for column in others)}"
        held = listed([str(columns[place]) for place in texts])
        raise DataError(f"{source}: {held} hold text: choose the label and drop the others, for example {way}")
    if texts and (texts[0] == places[-1] or not _may_be_label(last)):
        return texts[0]
    if texts:
        text = columns[texts[0]]
        way = f"--label {text.typed}, or --label {last.typed} --drop {text.typed}"
        raise DataError(f"{source}: {text} ({listed(_distinct(text))}) and {last} may both be the label: type {way}")
    if not last.name and not _few(last):
        likely = [columns[place] for place in places if _may_be_label(columns[place])]
        way = f", for example --label {likely[0].typed}" if likely else ""
        count = _different(last.numbers)
        raise DataError(
            f"{source}: {last}, the last, has {count} different values in {len(last.numbers)} rows, too many for"
            f" classes: choose the label{way or ' by --label COLUMN'}"
        )
    return places[-1]


def _few(column):
    """Return whether a number column has few enough different values for a label, or has fractions."""
    if not (column.numbers == np.floor(column.numbers)).all():
        return True  # the check of its values will refuse it, with their place
    if len(column.numbers) >= _ENOUGH and _different(column.numbers) == 1:
        return False
    return _different(column.numbers) <= max(_CLASSES, len(column.numbers) / 4)


def _different(numbers):
    return len(set(numbers.tolist()))


def _may_be_label(column):
    """Return whether a column may be a label: a few different whole numbers or texts."""
    if column.kind != "number":
        return column.kind == "text"
    present = column.numbers[~np.isnan(column.numbers)]
    return bool((present == np.floor(present)).all()) and 1 < _different(present) <= max(2, len(present) / 4)


def _perhaps_identifier(column):
    """Return a note about an unnamed first column that may identify the samples."""
    numbers = column.numbers
    whole = len(numbers) >= _ENOUGH and (numbers == np.floor(numbers)).all() and np.abs(numbers).max() >= 1000
    if whole and _different(numbers) == len(numbers) and not column.name:
        return [f"{column} differs in every row: if it identifies the sample, type --drop {column.typed}"]
    return []


def _check_numbers(source, columns, features, label):
    """Raise DataError for a feature that is text."""
    others = [columns[place] for place in features if columns[place].kind == "other"]
    if others:
        raise DataError(f"{source}: {others[0]} holds {others[0].texts[0]}, not numbers: type --drop {others[0].typed}")
    texts = [columns[place] for place in features if columns[place].kind == "text"]
    if not texts:
        return
    names = ",".join(column.typed for column in texts)
    held = f"{texts[0]} holds text ({listed(_distinct(texts[0]))})"
    if len(texts) > 1:
        held = f"{listed([str(column) for column in texts])} hold text"
    raise DataError(f"{source}: {held}, but features are numbers: type --drop {names}, or replace the text by numbers")


def _distinct(column):
    return [printable(text[:20]) for text in dict.fromkeys(filter(None, column.texts))]
