"""Many runs, one at a time: here, or on the workers of a Dask cluster that see the same files (`eqprop_host.cluster`).

What a worker holds is one run, whatever their number.
"""

from pathlib import Path

from ..cluster import spread
from ..errors import LogError
from . import fleet
from .export import add_run
from .reader import open_log, open_runs
from .summary import summary
from .verify import verify


def runs_in(paths, run_id=None):
    """Return (path, run or None) of each log, and of each run in a .parquet dataset, in order.

    run_id: the only run wanted, or None. Raises LogError for a run that there is not.
    """
    found = []
    for path in map(Path, paths):
        runs = fleet.runs_of(path) if path.suffix == ".parquet" and run_id is None else [run_id]
        found += [(str(path), run) for run in runs or [None]]  # for None, `open_runs` raises
    return found


def _spread(function, places, scheduler):
    if scheduler:  # its workers run in folders of their own
        places = [(str(Path(path).resolve()), run) for path, run in places]
    return spread(function, places, scheduler)


def _opened(place):
    (log,) = open_runs(*place)
    return log


def summaries(places, scheduler=None):
    """Yield `summary.summary` of each run of `runs_in`, in order."""
    return _spread(_summary, places, scheduler)


def _summary(place):
    return summary(_opened(place))


def verified(places, scheduler=None):
    """Yield (faults, run, rows, samples) of each run of `runs_in`, in order."""
    return _spread(_verified, places, scheduler)


def _verified(place):
    log = _opened(place)
    return verify(log), log.run_id, log.rows, log.sample


def merge(sources, path, scheduler=None):
    """Add the runs of logs to the .parquet dataset at `path`; return how many were new.

    A run already there with as many rows is kept; one with fewer rows is replaced. Interrupted, it adds the rest when
    it is called again. Raises LogError as `export.export` does.
    """
    path = Path(path)
    if path.suffix != ".parquet":
        raise LogError(f"{path}: expected a .parquet to merge logs into")
    if scheduler is None:
        return sum(add_run(open_log(source), path) for source in sources)
    # No two workers may write the same run, so of its logs only the one with the most rows is added
    longest = {}
    sources = [str(Path(source).resolve()) for source in sources]
    for source, (run, rows) in zip(sources, spread(_size, sources, scheduler), strict=True):
        longest[run] = max(longest.get(run, (-1, "")), (rows, source))
    return sum(spread(_Added(str(path.resolve())), [source for _, source in longest.values()], scheduler))


def _size(source):
    log = open_log(source)
    return log.run_id, log.rows


class _Added:
    """Adds a log to a dataset; returns whether its run is new."""

    def __init__(self, path):
        self._path = path

    def __call__(self, source):
        return add_run(open_log(source), Path(self._path))
