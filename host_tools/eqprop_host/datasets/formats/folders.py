"""Folders of pictures or sounds by class: `FOLDER/CLASS/*.png` or `FOLDER/CLASS/*.wav`, one sample per file.

Classes are the subfolders in order of name (of number, if all are whole numbers): the first is label 0. If the folder
holds `train` and `test`, both hold the classes, and `test` is the data set's own test set. Names that begin with a dot
are ignored; files of other kinds are left out with a note. All files of a data set are of one kind:

- pictures, see `eqprop_host.datasets.formats.pictures`: all of one size, or shrunk to the requested size
- sounds, see `eqprop_host.datasets.formats.sounds`

The data set's recipe is the size of the pictures, or the constants of the sounds.
"""

import re
from pathlib import Path

import numpy as np

from ...errors import DataError
from ..blocks import Spool
from ..dataset import Table
from ..words import listed
from . import idx_files, pictures, sounds

_TRAIN, _TEST, _VALID = ("train", "training"), ("test", "testing"), ("val", "valid", "validation")
_TABLES = (".csv", ".tsv", ".parquet", ".npz", ".npy")
_JUNK = ("thumbs.db", "desktop.ini", "__macosx")


def read_folder(source, reading) -> Table:
    """Return the `Table` of a folder. Raises DataError naming the file or folder and what is wrong with it."""
    top = Path(source)
    notes: list[str] = []
    inside = _visible(source, top)
    while len(inside) == 1 and inside[0].is_dir() and not _samples(_visible(source, inside[0])):
        top = inside[0]  # an archive unpacked into a folder of its own
        inside = _visible(source, top)
    if any(map(idx_files.is_idx, inside)):
        return idx_files.read_mnist(str(top))
    parts = {path.name.lower(): path for path in inside if path.is_dir()}
    train = next((parts[name] for name in _TRAIN if name in parts), None)
    test = next((parts[name] for name in (*_TEST, *_VALID) if name in parts), None)
    if train and test:
        left = [path.name for path in parts.values() if path not in (train, test)]
        notes += [f"{', '.join(left)}: left out: {train.name} is for training, {test.name} for testing"] if left else []
        files, labels, names = _by_class(source, train, notes)
        tested, test_labels, _ = _by_class(source, test, notes, names)
        files, labels = files + tested, labels + test_labels
    else:
        files, labels, names = _by_class(source, top, notes)
        tested = []
    values, recipe = rows_of([(str(path), path) for path in files], reading, notes)
    return Table(
        values,
        lambda row, column: f"{files[row]}, feature {column}",
        np.array(labels, np.float64),
        lambda row: str(files[row]),
        class_names=names,
        test_samples=len(tested),
        recipe=recipe,
        notes=tuple(notes),
        rows=tuple(map(str, files)),
    )


def _by_class(source, folder, notes, names=None):
    """Return (files, labels, class names) of a folder of classes; the test part gets the training part's names."""
    inside = _visible(source, folder)
    classes = [path for path in inside if path.is_dir() and not re.fullmatch("_.*_", path.name)]
    stray = [path for path in inside if path not in classes]
    if not classes:
        return _refuse_without_classes(source, folder, stray)
    numbers = all(path.name.isdecimal() for path in classes)
    classes.sort(key=lambda path: (int(path.name), path.name) if numbers else path.name)
    found = tuple(path.name for path in classes)
    names = names or found
    files, labels = [], []
    for path in classes:
        if path.name not in names:
            raise DataError(f"{path}: class {path.name} has no folder in the training data")
        every = sorted(file for file in _visible(source, path) if file.is_file())
        samples = _samples(every)
        stray += [file for file in every if file not in samples]
        if not samples:
            raise DataError(f"{path}: class {path.name} has no samples: it holds no {_kinds()} files")
        files += samples
        labels += [names.index(path.name)] * len(samples)
    if stray:
        notes.append(f"{listed([str(path) for path in stray])}: left out, neither picture nor sound")
    return files, labels, names


def _refuse_without_classes(source, folder, stray):
    samples = _samples(stray)
    if samples:
        raise DataError(
            f"{folder}: holds {samples[0].name} itself: put the files of each class into a folder of its own"
        )
    tables = [path.name for path in stray if path.suffix.lower() in _TABLES]
    if tables:
        shown = f"{listed(sorted(tables))}: type one of them, for example --data {folder / min(tables)}"
        raise DataError(f"{source}: holds tables, {shown}")
    raise DataError(f"{source}: expected a folder for each class, with {_kinds()} files")


def _kinds():
    return ", ".join((*pictures.SUFFIXES[:3], *sounds.SUFFIXES[:2]))


def _samples(paths):
    return [path for path in paths if path.suffix.lower() in (*pictures.SUFFIXES, *sounds.SUFFIXES)]


def is_sample(name):
    """Return whether a file of that name is a picture or a sound."""
    return name.lower().endswith((*pictures.SUFFIXES, *sounds.SUFFIXES))


def rows_of(files, reading, notes):
    """Return (features, recipe) of files, given as pairs (name for messages, path or open file). Appends to `notes`.

    Raises DataError for a file that cannot be read, or differs in kind or size from the first.
    """
    spool, first, first_name = Spool(), None, None
    odd: dict[str, list[str]] = {}
    for name, file in files:
        row, recipe, what = _read(name, file, reading)
        first, first_name = first or recipe, first_name or name
        if recipe != first:
            _refuse_another(first_name, first, name, recipe)
        if what:
            odd.setdefault(what, []).append(name)
        spool.append(row[None])
    for what, names in odd.items():
        notes.append(f"{listed(names)}: {_ODD[what]}")
    return spool.finish(), first


_ODD = {
    "transparent": "partly transparent, laid over white",
    "silent": "silent, learnt as silence",
    "cut": "ends before the sound that its header announces: the part that exists is used",
}


def _read(name, file, reading):
    if isinstance(file, Path) and file.suffix.lower() in sounds.SUFFIXES:
        return sounds.read_sound(file)
    row, recipe, transparent = pictures.read_picture(file, name, reading.picture)
    return row, recipe, "transparent" if transparent else None


def _refuse_another(first, recipe, name, other):
    if "pixels" in recipe and "pixels" in other:
        sizes = f"has {other['pixels']} pixels, {first} has {recipe['pixels']}"
        raise DataError(f"{name}: {sizes}: type --size 16x16 to shrink all to one size")
    kinds = ("picture", "sound") if "pixels" in recipe else ("sound", "picture")
    raise DataError(f"{name}: is a {kinds[1]}, {first} is a {kinds[0]}: a data set holds only one kind")


def _visible(source, folder):
    try:
        found = list(folder.iterdir())
    except OSError as error:
        raise DataError(f"{source}: {folder}: cannot be read: {error.strerror}") from error
    return [path for path in found if not path.name.startswith(".") and path.name.lower() not in _JUNK]
