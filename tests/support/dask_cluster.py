"""A real Dask cluster on loopback: a scheduler and workers, each in a process of its own."""

import contextlib
import json
import os
import subprocess
import sys
import time

import pytest

from support.places import PYTHONPATH

ENVIRONMENT = {**os.environ, "PYTHONPATH": PYTHONPATH}


def _waited_for(path):
    deadline = time.monotonic() + 60
    while not path.exists() or not path.read_text().endswith("}"):
        assert time.monotonic() < deadline, "the scheduler does not start"
        time.sleep(0.05)
    return json.loads(path.read_text())["address"]


@contextlib.contextmanager
def dask_cluster(folder, workers=2, options=("--no-nanny",)):
    """Yield (address, worker processes); options: of each worker."""
    pytest.importorskip("distributed")
    file = folder / "scheduler.json"
    quiet = {"env": ENVIRONMENT, "cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    module = [sys.executable, "-m"]
    address = ["--host=127.0.0.1", "--port=0", "--no-dashboard", f"--scheduler-file={file}"]
    processes = [subprocess.Popen([*module, "distributed.cli.dask_scheduler", *address], **quiet)]
    try:
        url = _waited_for(file)
        worker = [*module, "distributed.cli.dask_worker", url, "--nthreads=1", "--no-dashboard", *options]
        processes += [subprocess.Popen(worker, **quiet) for _ in range(workers)]
        yield url, processes[1:]
    finally:
        for process in processes[::-1]:
            process.kill()
            process.wait()
