"""Sweeps: many simulations, one for each point of a grid, on this machine's cores or on a Dask cluster.

Results are one Parquet dataset: a folder with a file for each point, named by the point's key. Each file is written
whole when its result arrives, so an interrupted sweep loses no result, and a point that two workers finished counts
once. Each file holds one row:

- key                   identifies the options and the version, 16 hexadecimal digits
- a column per option   the options of `eqprop simulate`: data, layers, epochs, limit, seed, ...
- error                 why the point failed, in one line; null if it succeeded. The columns below are null if it failed
- test_error_percent, train_error_percent, conductance_crc, training_samples, training_samples_per_second, seconds,
  test_samples          as in `eqprop simulate --json`
- version, python, numpy, numba
                        versions of the process that simulated it
- worker                its address, or "" for one without
- finished_utc          the time, ISO 8601
"""

import functools
import hashlib
import itertools
import json
import platform
import random
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path

import eqprop

from .. import datasets
from ..cluster import done
from ..datasets import Reading
from ..errors import DataError, EqpropError, LogError
from ..files import make_folder, write_whole
from ..training.chips import hardware, open_chip
from ..training.config import RunConfig
from ..training.run import RunResult, train

MEASURED = {
    "test_error_percent": float,
    "train_error_percent": float,
    "conductance_crc": str,
    "training_samples": int,
    "training_samples_per_second": float,
    "seconds": float,
    "test_samples": int,
}
"""The result columns of a point's row, with their types."""

VERSIONS = ("version", "python", "numpy", "numba")

_KEPT = 2  # data sets that a worker keeps


@dataclass(frozen=True)
class Point:
    """One simulation of a sweep."""

    options: dict
    """The options by name, ready for JSON: everything that determines the result."""

    @property
    def key(self):
        """Identifies the options and the version of eqprop: 16 hexadecimal digits."""
        text = json.dumps({**self.options, "version": eqprop.__version__}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def grid(varied: dict, draws: int | None = None, seed: int = 0) -> list[dict]:
    """Return the combinations of `varied`, {option: values}, each a dict; with `draws`, that many, drawn by `seed`.

    Drawn ones are all different, in random order. Raises DataError if there are fewer.
    """
    count = 1
    for values in varied.values():
        count *= len(values)
    if draws is None:
        return [dict(zip(varied, values, strict=True)) for values in itertools.product(*varied.values())]
    if draws > count:
        raise DataError(f"--random {draws}: there are only {count} combinations")
    return [_combination(varied, number) for number in random.Random(seed).sample(range(count), draws)]


def _combination(varied, number):
    """Return combination `number` of the grid, without computing those before it."""
    chosen = {}
    for name, values in varied.items():
        number, at = divmod(number, len(values))
        chosen[name] = values[at]
    return chosen


def simulate_point(options: dict) -> dict:
    """Return the row of a point except its key. Runs in any process on any machine with eqprop and the data."""
    row = dict.fromkeys(MEASURED) | options | {"error": None}
    try:
        results = simulated(options).to_dict()
        row.update((name, results[name]) for name in MEASURED)
    except (EqpropError, ValueError, MemoryError) as error:
        row["error"] = " ".join(str(error).split()) or type(error).__name__
    return {**row, **_versions(), "worker": _worker(), "finished_utc": _now()}


def simulated(options: dict) -> RunResult:
    """Return the results of a point; options: as in `Point`."""
    own = {name: options[name] for name in _OWN}
    reading = Reading.from_dict({name: options[name] for name in _READING if options[name] is not None})
    if own["test"] is None:
        own["data"] = _read(own["data"], reading, _state(own["data"]))
    config = RunConfig(**own, reading=reading)
    if options["physics"] == "fixed":
        for name in ("device", "set"):
            if options[name]:
                raise DataError(f"--{name} {options[name]}: needs --physics analog")
        return train(config, read_model=False)
    with open_chip(hardware(options["device"], options["set"])) as board:
        return train(config, board=board, read_model=False)


@functools.lru_cache(maxsize=_KEPT)
def _read(source, reading, _state):
    """Return a data set, read once for the many seeds that a worker simulates with it. _state: from `_state`."""
    dataset = datasets.load(source, reading)
    datasets.check_used(source, dataset.recipe, reading)
    return dataset


def _state(source):
    """Return (path, size, time of the last change) of each file of a source, which change when a file is written."""
    path = Path(source.removeprefix("mnist:"))
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    files = [file for file in files if file.exists()]  # an editor's lock is a link to nothing
    return tuple((str(file), (about := file.stat()).st_size, about.st_mtime_ns) for file in files)


_OWN = (
    *("data", "test", "test_fraction", "layers", "hidden", "model", "seed"),
    *("epochs", "limit", "lr_halving_epochs", "blank", "average"),
)
_READING = tuple(field.name for field in fields(Reading))
OPTIONS = (*_OWN, *_READING, "physics", "device", "set")
"""The options of a point that `simulated` needs; None for what was not typed."""


def _versions():
    numbers = {name: metadata.version(name) for name in ("numpy", "numba")}
    return {"version": eqprop.__version__, "python": platform.python_version(), **numbers}


def _worker():
    from distributed import get_worker

    try:
        return get_worker().address
    except ValueError:  # this process is not a worker
        return ""


def _now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


class Results:
    """The Parquet dataset of a sweep."""

    def __init__(self, folder):
        """Open the folder, which need not exist yet."""
        self.folder = Path(folder)

    def make(self):
        """Make the folder if it does not exist. Raises LogError if that fails."""
        make_folder(self.folder)

    def add(self, key, row):
        """Write a point's row, replacing an earlier one. Raises LogError."""
        import pyarrow as pa
        from pyarrow import parquet

        sink = pa.BufferOutputStream()
        parquet.write_table(pa.Table.from_pylist([{"key": key, **row}], _schema(pa, row)), sink)
        write_whole(self.folder / f"{key}.parquet", sink.getvalue().to_pybytes())

    def rows(self):
        """Return all rows, dicts, in order of key. Raises LogError for any other file."""
        import pyarrow as pa
        from pyarrow import parquet

        rows = []
        for path in sorted(self.folder.glob("*.parquet")):
            try:
                (row,) = parquet.read_table(path, partitioning=None).to_pylist()
                if row["key"] != path.stem or not {"error", *MEASURED, *VERSIONS} <= set(row):
                    raise ValueError("its columns differ")
            except (pa.ArrowException, OSError, ValueError, KeyError) as error:
                raise LogError(f"{path}: is not a result of a sweep: {' '.join(str(error).split())}") from error
            rows.append(row)
        return rows

    def done(self):
        """Return the keys of the successful points."""
        return {row["key"] for row in self.rows() if row["error"] is None}


def _schema(pa, row):
    """Return the columns' types, which are the same in every file, even for null columns."""
    kinds = {
        float: pa.float64(),
        int: pa.int64(),
        str: pa.string(),
        list: pa.list_(pa.string()),
        type(None): pa.int64(),
    }
    measured = {name: kinds[kind] for name, kind in MEASURED.items()}
    texts = ("key", "error", "device", "label", "missing", "size", "drop", "layers", "hidden", "test")
    shares = ("test_fraction", "blank", "average")
    known = {**dict.fromkeys(texts, pa.string()), **dict.fromkeys(shares, pa.float64()), **measured}
    return pa.schema([(name, known.get(name) or kinds[type(row[name])]) for name in ("key", *row)])


def sweep(client, points, results, tell=lambda done, point, row: None):
    """Simulate the points on the workers of a Dask client; write each row to `results` as it arrives.

    tell: called with the number of finished points, the point, and its row. If a worker dies, another simulates its
    point; a point that kills several workers fails.
    """
    finished = done(client, _simulated_point, points)
    for count, (point, row, error) in enumerate(finished, 1):
        row = _lost(point, error) if error is not None else row
        results.add(point.key, row)
        tell(count, point, row)


def _simulated_point(point):
    return simulate_point(point.options)


def _lost(point, error):
    """Return the row of a point that no worker finished."""
    nothing = dict.fromkeys(MEASURED) | dict.fromkeys(VERSIONS, "")
    words = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return {**point.options, **nothing, "error": words, "worker": "", "finished_utc": _now()}


def ranked(rows, options):
    """Return the rows grouped by their `options` except the seed, best mean first: a list of dicts.

    Each has the options, `seeds` that succeeded, `mean` and `spread` (sample deviation; None for one seed) of the
    test error in percent.
    """
    groups: dict = {}
    for row in rows:
        if row["error"] is None:
            shared = {name: row.get(name) for name in options if name != "seed"}
            groups.setdefault(json.dumps(shared), []).append(row["test_error_percent"])
    found = [
        {"options": json.loads(shared), "seeds": len(errors), "mean": _mean(errors), "spread": _spread(errors)}
        for shared, errors in groups.items()
    ]
    return sorted(found, key=lambda each: each["mean"])


def _mean(values):
    return sum(values) / len(values)


def _spread(values):
    mean = _mean(values)
    return (sum((v - mean) ** 2 for v in values) / (len(values) - 1)) ** 0.5 if len(values) > 1 else None
