"""Sweeps: many simulations, one for each point of a grid, on this machine's cores or on a Dask cluster.

Results are one Parquet dataset: a folder with a file for each point, named by the point's key. A file is written whole
as its result arrives, so that whatever ends a sweep, no result is lost, and a point that two workers finished counts
once. Each is one row:

- key                   identifies the options and the version, 16 hexadecimal digits
- one column an option  what was simulated, as `eqprop simulate` takes it: data, layers, epochs, limit, seed, ...
- error                 in one line why the point failed; null where it did not. The columns below are null where it did
- test_error_percent, train_error_percent, conductance_crc, training_samples, training_samples_per_second, seconds,
  test_samples          as `eqprop simulate --json` has them
- version, python, numpy, numba
                        of the process that simulated it
- worker                its address, or "" for one without
- finished_utc          when, ISO 8601
"""

import contextlib
import hashlib
import itertools
import json
import platform
import random
import tempfile
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path

import eqprop

from ..datasets import Reading
from ..errors import ClusterError, DataError, EqpropError, LogError
from ..files import write_whole
from ..terminal.interrupts import kept_from_children, on_ctrl_c
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
"""What a point's row holds of its results, with their types."""

VERSIONS = ("version", "python", "numpy", "numba")

_CONNECT_S = 10


@dataclass(frozen=True)
class Point:
    """One simulation of a sweep."""

    options: dict
    """By name, as JSON can hold them: all that decides what is learnt."""

    @property
    def key(self):
        """Identifies the options and the version of eqprop: 16 hexadecimal digits."""
        text = json.dumps({**self.options, "version": eqprop.__version__}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def grid(varied: dict, draws: int | None = None, seed: int = 0) -> list[dict]:
    """Return the combinations of `varied`, {option: values}, each a dict; of `draws`, so many of them, by `seed`.

    Random ones are all different, and come in random order. Raises DataError when there are not as many.
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
    """Return combination `number` of the grid, without all that come before it."""
    chosen = {}
    for name, values in varied.items():
        number, at = divmod(number, len(values))
        chosen[name] = values[at]
    return chosen


def simulate_point(options: dict) -> dict:
    """Return the row of a point but for its key: in any process, on any machine that has eqprop and the data."""
    row = dict.fromkeys(MEASURED) | options | {"error": None}
    try:
        results = simulated(options).to_dict()
        row.update((name, results[name]) for name in MEASURED)
    except (EqpropError, ValueError, MemoryError) as error:
        row["error"] = " ".join(str(error).split()) or type(error).__name__
    return {**row, **_versions(), "worker": _worker(), "finished_utc": _now()}


def simulated(options: dict) -> RunResult:
    """Return the results of a point: `options` as `Point` has them."""
    own = {name: options[name] for name in _OWN}
    reading = Reading.from_dict({name: options[name] for name in _READING if options[name] is not None})
    config = RunConfig(**own, reading=reading, lr_halving_epochs=options["lr_halving_epochs"])
    if options["physics"] == "fixed":
        for name in ("device", "set"):
            if options[name]:
                raise DataError(f"--{name} {options[name]}: needs --physics analog")
        return train(config, read_model=False)
    with open_chip(hardware(options["device"], options["set"])) as board:
        return train(config, board=board, read_model=False)


_OWN = ("data", "test", "test_fraction", "layers", "hidden", "epochs", "limit", "seed")
_READING = tuple(field.name for field in fields(Reading))


def _versions():
    numbers = {name: metadata.version(name) for name in ("numpy", "numba")}
    return {"version": eqprop.__version__, "python": platform.python_version(), **numbers}


def _worker():
    from distributed import get_worker

    try:
        return get_worker().address
    except ValueError:  # this process is none
        return ""


def _now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


class Results:
    """The Parquet dataset of a sweep."""

    def __init__(self, folder):
        """Look at the folder, which need not be there yet."""
        self.folder = Path(folder)

    def make(self):
        """Make the folder where there is none. Raises LogError when it cannot be."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LogError(f"{self.folder}: cannot be made: {error.strerror}") from error

    def add(self, key, row):
        """Write a point's row, in place of an earlier one. Raises LogError."""
        import pyarrow as pa
        from pyarrow import parquet

        sink = pa.BufferOutputStream()
        parquet.write_table(pa.Table.from_pylist([{"key": key, **row}], _schema(pa, row)), sink)
        write_whole(self.folder / f"{key}.parquet", sink.getvalue().to_pybytes())

    def rows(self):
        """Return all rows, dicts, in order of key. Raises LogError for a file that is no result."""
        import pyarrow as pa
        from pyarrow import parquet

        rows = []
        for path in sorted(self.folder.glob("*.parquet")):
            try:
                (row,) = parquet.read_table(path, partitioning=None).to_pylist()
                if row["key"] != path.stem or not {"error", *MEASURED, *VERSIONS} <= set(row):
                    raise ValueError("its columns are other ones")
            except (pa.ArrowException, OSError, ValueError, KeyError) as error:
                raise LogError(f"{path}: is not a result of a sweep: {' '.join(str(error).split())}") from error
            rows.append(row)
        return rows

    def done(self):
        """Return the keys of the points that did not fail."""
        return {row["key"] for row in self.rows() if row["error"] is None}


def _schema(pa, row):
    """Return the columns' types: they are the same in every file, whatever is null there."""
    kinds = {
        float: pa.float64(),
        int: pa.int64(),
        str: pa.string(),
        list: pa.list_(pa.string()),
        type(None): pa.int64(),
    }
    measured = {name: kinds[kind] for name, kind in MEASURED.items()}
    texts = ("key", "error", "device", "label", "missing", "size", "drop", "layers", "hidden", "test")
    known = {**dict.fromkeys(texts, pa.string()), **measured}
    return pa.schema([(name, known.get(name) or kinds[type(row[name])]) for name in ("key", *row)])


@contextlib.contextmanager
def connected(scheduler=None, workers=None):
    """Yield a Dask client: of the scheduler at an address, or of so many worker processes here (one for each core).

    What was started here ends with the context, and its files go. Raises ClusterError when no scheduler answers.
    """
    import dask.config
    import distributed

    if scheduler is None:
        with tempfile.TemporaryDirectory(prefix="eqprop-sweep-", ignore_cleanup_errors=True) as folder:
            options = {"threads_per_worker": 1, "processes": True, "dashboard_address": "127.0.0.1:0"}
            with dask.config.set({"temporary-directory": folder}):
                with on_ctrl_c() as interrupt, kept_from_children():  # Dask ends in order what it has started whole
                    client = distributed.Client(n_workers=workers, **options)
                with client:
                    if interrupt.requested:
                        raise KeyboardInterrupt
                    yield client
        return
    try:
        client = distributed.Client(scheduler, timeout=_CONNECT_S)
    except (OSError, TimeoutError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ClusterError(f"--scheduler {scheduler}: no scheduler answers: {reason}") from error
    with client:
        yield client


def sweep(client, points, results, tell=lambda done, point, row: None):
    """Simulate the points on the workers of a Dask client; write each row to `results` as it arrives.

    tell: called with how many are done, the point, and its row. Points whose worker died are simulated by another; one
    that takes several workers with it fails.
    """
    from distributed import as_completed

    waiting = {}
    for point in points:
        # Not cached by key: a sweep that is repeated after a failure means to try again
        waiting[client.submit(simulate_point, point.options, pure=False)] = point
    for done, future in enumerate(as_completed(waiting), 1):
        point = waiting[future]
        error = future.exception()
        row = future.result() if error is None else _lost(point, error)
        results.add(point.key, row)
        tell(done, point, row)


def _lost(point, error):
    """Return the row of a point that no worker brought to an end."""
    nothing = dict.fromkeys(MEASURED) | dict.fromkeys(VERSIONS, "")
    words = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return {**point.options, **nothing, "error": words, "worker": "", "finished_utc": _now()}


def ranked(rows, options):
    """Return the rows by what they share in `options` but the seed, best mean first: a list of dicts.

    Each has the options, `seeds` that succeeded, `mean` and `spread` (sample standard deviation; None of one) of the
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
