"""Runs of a study: done in parallel processes, and kept in the study's JSON so that the same command resumes.

A run is a frozen dataclass of whole numbers, texts and tuples; `do()` returns its results, ready for JSON, and depends
on nothing but the run. `told(results)` returns a line about them.
"""

import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, fields, replace

import eqprop

from ..errors import DataError


@dataclass(frozen=True)
class LearnerRun:
    """A run of a study that compares learners: one learner, one data set, one seed."""

    learner: str
    """One of the study's learners."""

    data: str
    """One of the study's data sets."""

    epochs: int
    """Passes over the training samples, of learners that make several."""

    seed: int
    """The seed of the split, the initial weights and the order."""

    hidden: tuple[int, ...]
    """Sizes of the hidden layers."""

    held_out: bool = False
    """Whether the samples tested are held back from the training samples, and the test samples are not touched."""


def held(path, kind, study):
    """Return {run: results} from a study's JSON, or {} without a file.

    kind: the runs' class. study: what messages call the study. Raises DataError for any other file.
    """
    if path is None or not path.exists():
        return {}
    names = [field.name for field in fields(kind)]
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        version = held["version"]
        runs = [({name: each.pop(name) for name in names}, each) for each in held["runs"]]
        done = {kind(**{name: _kept(value) for name, value in about.items()}): found for about, found in runs}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: exists, but is not a study of {study} to continue") from error
    if version != eqprop.__version__:
        raise DataError(f"{path}: is from eqprop {version}, so eqprop {eqprop.__version__} cannot continue it")
    return done


def found(runs, workers, tell):
    """Do the runs in parallel processes; yield each and its results, telling the user."""
    # Spawned, because a fork may hang while threads compile or multiply
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        futures = {pool.submit(run.do): run for run in runs}
        for count, future in enumerate(as_completed(futures), 1):
            run, results = futures[future], future.result()
            tell(f"{count}/{len(runs)} {run.told(results)}")
            yield run, results


def placed(path, text, begin, end):
    """Return a table's text, or the file at `path` with the text between its lines `begin` and `end`."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    head, opened, rest = before.partition(begin + "\n")
    _, closed, tail = rest.partition(end)
    return head + opened + text + closed + tail if opened and closed else text


def _kept(value):
    """Return a value as a run holds it: JSON has no tuples."""
    return tuple(value) if isinstance(value, list) else value


def over_seeds(runs, done, name):
    """Return {run of seed 0: the results called `name` of its seeds} where all seeds are in `done`, {run: results}."""
    cells = {}
    for run in runs:
        cells.setdefault(replace(run, seed=0), []).append(run)
    return {
        cell: [done[run][name] for run in seeds] for cell, seeds in cells.items() if all(run in done for run in seeds)
    }
