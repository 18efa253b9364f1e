"""Some runs on a cluster of two workers, one of which is killed; `python -m soak.many_runs` does 10,000."""

import pytest

from soak import many_runs
from support.dask_cluster import dask_cluster

pytestmark = pytest.mark.slow


def test_a_killed_worker_loses_no_run(tmp_path):
    """Catches: a run that only the dead worker had, one that is merged twice, an order that is lost."""
    with dask_cluster(tmp_path, 2) as (url, workers):
        wrong = many_runs.merged(tmp_path, 30, url, lambda: workers[0].kill())
    assert not wrong, "\n".join(wrong)
