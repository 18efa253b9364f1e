"""Folders of pictures or sounds by class: `FOLDER/CLASS/*.png` or `FOLDER/CLASS/*.wav`, one sample a file.

Classes are the subfolders in order of name (of number, where all are whole numbers): the first is label 0. What begins
with a dot is passed over. All files of a data set are of one kind.

- .png: 8 bits a channel, all of one size; colours become grey (ITU-R 601-2 luma). Features: pixels row by row, 0..255
- .wav: see `eqprop_host.datasets.sounds`

The recipe of the data set is the size of the pictures, or that of the sounds.
"""

from pathlib import Path

import numpy as np

from ..errors import DataError
from . import sounds
from .blocks import Spool
from .dataset import Table


def read_folder(source):
    """Return the `Table` of a folder. Raises DataError naming the file or folder and what is wrong with it."""
    classes = _visible(source, Path(source))
    numbers = all(path.name.isdecimal() for path in classes)
    classes.sort(key=lambda path: (int(path.name), path.name) if numbers else path.name)
    files, labels = [], []
    for label, folder in enumerate(classes):
        if not folder.is_dir():
            raise DataError(f"{folder}: is a file, expected a folder for each class")
        found = sorted(_visible(source, folder))
        if not found:
            raise DataError(f"{folder}: class {label} has no samples")
        files += found
        labels += [label] * len(found)
    if not files:
        raise DataError(f"{source}: has no folders, one for each class, with .png or .wav files")
    suffix = files[0].suffix.lower()
    if suffix not in _READERS:
        raise DataError(f"{files[0]}: is neither a .png nor a .wav file")
    values, recipe = _rows(files, suffix)
    return Table(
        values,
        lambda row, column: f"{files[row]}, feature {column}",
        np.array(labels, np.float64),
        lambda row: str(files[row]),
        class_names=tuple(path.name for path in classes),
        recipe=recipe,
    )


def _rows(files, suffix):
    """Return (features, recipe) of the files."""
    spool, first = Spool(), None
    for path in files:
        if path.suffix.lower() != suffix:
            raise DataError(f"{path}: is no {suffix} file, as {files[0]} is")
        row, recipe = _READERS[suffix](path)
        first = first or recipe
        if recipe != first:
            raise DataError(f"{path}: is of {recipe['pixels']} pixels, {files[0]} is of {first['pixels']}")
        spool.append(row[None])
    return spool.finish(), first


def _visible(source, folder):
    try:
        return [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise DataError(f"{source}: {folder}: cannot be read: {error.strerror}") from error


def _read_png(path):
    """Return (uint8 (pixels,), recipe) of a picture."""
    from PIL import Image, UnidentifiedImageError  # here: boards are worked with where no pictures are

    try:
        with Image.open(path, formats=("PNG",)) as image:
            if image.mode[0] in "IF":
                raise DataError(f"{path}: mode {image.mode}, expected 8 bits a channel")
            grey = np.asarray(image.convert("L"), np.uint8)
    except UnidentifiedImageError as error:
        raise DataError(f"{path}: is no .png file") from error
    # Pillow raises SyntaxError for a broken chunk
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return grey.ravel(), {"pixels": f"{grey.shape[1]}x{grey.shape[0]}"}


_READERS = {".png": _read_png, ".wav": sounds.read_wav}
