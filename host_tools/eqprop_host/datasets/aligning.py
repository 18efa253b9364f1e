"""Matches a data set's features and classes by name to those a network learnt, and reorders them where needed."""

from dataclasses import replace

import numpy as np

from ..errors import DataError
from .blocks import BLOCK, Spool
from .dataset import Dataset
from .words import listed, made_of, shortened


def align(dataset: Dataset, feature_names: tuple, class_names: tuple, classes: int) -> Dataset:
    """Return the data set with its features and classes in the network's order.

    feature_names, class_names: the network's, empty if it knows none. classes: how many classes it has. Unnamed
    features and classes are taken in order; unnamed labels go by their numbers. The result's notes list the changes.
    Raises DataError for a feature that the data lack and for a class that the network does not know.
    """
    dataset = _with_features(dataset, tuple(feature_names))
    return _with_classes(dataset, tuple(class_names), classes)


def joined(dataset: Dataset, test: Dataset) -> Dataset:
    """Return a data set that trains on all of `dataset` and tests on `test`, reordered to match it.

    Raises DataError if `test` has different features, or classes that `dataset` lacks.
    """
    if test.target_names != dataset.target_names:
        names = " and ".join(listed(each.target_names or ["none"]) for each in (test, dataset))
        raise DataError(f"{test.name}: the targets of both data sets differ: {names}")
    if test.recipe != dataset.recipe:
        raise DataError(
            f"{test.name}: a sample is {made_of(test.recipe)}, expected {made_of(dataset.recipe)} as in {dataset.name}"
        )
    test = align(test, dataset.feature_names, dataset.class_names, dataset.classes)
    if test.features.shape[1] != dataset.features.shape[1]:
        widths = f"{test.features.shape[1]} features, expected {dataset.features.shape[1]} as in {dataset.name}"
        raise DataError(f"{test.name}: {widths}")
    if dataset.test_samples:
        raise DataError(f"{dataset.name}: has {dataset.test_samples} test samples of its own")
    kind = np.result_type(dataset.features.dtype, test.features.dtype)
    spool = Spool()
    for part in (dataset.features, test.features):
        for rows in _row_blocks(part):
            spool.append(np.asarray(rows, kind))
    return replace(
        dataset,
        features=spool.finish(),
        labels=np.concatenate((dataset.labels, test.labels)),
        targets=dataset.targets if test.targets is None else np.concatenate((dataset.targets, test.targets)),
        test_samples=len(test.labels),
        notes=(*dataset.notes, *test.notes),
    )


def _with_features(dataset, names):
    held = dataset.feature_names
    if not names or not held or names == held:
        return dataset
    places = {name: place for place, name in enumerate(held)}
    missing = [name for name in names if name not in places]
    if missing:
        shown = shortened(missing[0])
        raise DataError(f"{dataset.name}: feature {shown}, which the network learnt from, is missing")
    order = [places[name] for name in names]
    spool = Spool()
    for rows in _row_blocks(dataset.features):
        spool.append(np.ascontiguousarray(rows[:, order]))
    others = [name for name in held if name not in names]
    what = f"{', '.join(map(shortened, others[:3]))} left out" if others else "features reordered to match the network"
    notes = (*dataset.notes, f"{dataset.name}: {what}")
    return replace(dataset, features=spool.finish(), feature_names=names, notes=notes)


def _with_classes(dataset, names, classes):
    if names == dataset.class_names:
        if dataset.classes > classes:
            raise DataError(f"{dataset.name}: has {dataset.classes} classes, the network has {classes}")
        return replace(dataset, classes=classes)
    known = names or tuple(map(str, range(classes)))
    held = dataset.class_names or tuple(map(str, range(dataset.classes)))
    notes = dataset.notes
    strange = [name for name in held if name not in known]
    if strange and not names and len(held) <= classes and not all(name.lstrip("-").isdecimal() for name in held):
        # A network pulled from a board without its notes has no names
        places = np.arange(len(held))
        notes = (
            *notes,
            f"{dataset.name}: the network has no class names: {_said(held)} are taken in this order",
        )
    elif strange:
        raise DataError(
            f"{dataset.name}: class {shortened(strange[0])} is unknown to the network, which knows {_said(known)}"
        )
    else:
        places = np.array([known.index(name) for name in held])
    return replace(dataset, labels=places[dataset.labels], classes=classes, class_names=names, notes=notes)


def _said(names):
    return listed([shortened(name) for name in names])


def _row_blocks(values):
    step = max(1, BLOCK // values.shape[1])
    for first in range(0, len(values), step):
        yield values[first : first + step]
