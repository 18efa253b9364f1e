"""Logs of many boards, merged, verified, summarised and reported on a Dask cluster of workers with little memory.

    python -m soak.many_runs [RUNS [WORKERS]]     10,000 runs on 2 workers of 1 GB; exit code 1 if a run is lost

The runs are one real run, repeated under other names. While they are merged and while they are verified, a worker is
killed. The most memory that each worker took is printed.
"""

import contextlib
import io
import json
import sys
import tempfile
import threading
import time
from pathlib import Path

from eqprop_host import RunConfig, cli, open_log, train
from eqprop_host.cluster import connected
from eqprop_host.report import MOST_RUNS
from eqprop_host.runlog.formats import LIVE
from support.dask_cluster import dask_cluster

BOARDS = 50
_LIMIT = "1GB"


def repeated(folder, runs):
    """Write logs of so many runs to a folder; return their paths."""
    train(RunConfig(data="iris", hidden="8", epochs=3), log=folder / "first.arrow")
    first = open_log(folder / "first.arrow")
    rows = list(first.read_all())
    about = first.configuration
    paths = []
    for n in range(runs):
        encoder = LIVE[".arrow"].Encoder(first.siemens_per_step)
        configuration = json.dumps({**about, "board_name": f"board{n % BOARDS}"})
        rows[0] = {**rows[0], "run_id": f"run{n}", "configuration": configuration}
        paths.append(folder / f"{n}.arrow")
        paths[-1].write_bytes(encoder.begin() + b"".join(encoder.rows([row]) for row in rows))
    return paths


def typed(words, at_line=None):
    """Return (exit code, lines) of a command; at_line: called with each line that it prints."""

    class Printed(io.StringIO):
        def write(self, text):
            if at_line and "\n" in text:
                at_line()
            return super().write(text)

    out = Printed()
    with contextlib.redirect_stdout(out):
        code = cli.main([str(word) for word in words])
    return code, out.getvalue().splitlines()


def merged(folder, runs, url, kill, say=lambda line: None):
    """Merge, verify, summarise and report; return what is wrong, a line each. kill(): ends a worker."""
    wrong = []
    paths = repeated(folder, runs)
    say(f"{runs} logs written")
    dataset = folder / "all.parquet"

    def timed(what, *words, at_line=None):
        started = time.monotonic()
        code, lines = typed([*words, "--scheduler", url], at_line)
        say(f"{what}: {time.monotonic() - started:.0f} s")
        if code:
            wrong.append(f"{what}: exit code {code}")
        return lines

    begun = killed_when_some_are_there(dataset, kill)
    lines = timed("merge", "log", "merge", *paths, "--to", dataset)
    begun()
    if lines != [f"{dataset}: {runs} new of {runs} runs"] and sum(1 for _ in dataset.glob("run/*/*/*.parquet")) != runs:
        wrong.append(f"merge: {lines}")
    lines = timed("merge again", "log", "merge", *paths[:100], "--to", dataset)
    if lines != [f"{dataset}: 0 new of {min(runs, 100)} runs"]:
        wrong.append(f"merge again: {lines}")
    once = [kill]
    lines = timed("verify", "log", "verify", dataset, at_line=lambda: once and once.pop()())
    if len({line for line in lines if ": intact, " in line}) != runs:
        wrong.append(f"verify: {len(lines)} lines")
    results = folder / "info.json"
    timed("info", "log", "info", dataset, "--json", results)
    summaries = json.loads(results.read_text())["runs"]
    if {each["run_id"] for each in summaries} != {f"run{n}" for n in range(runs)}:
        wrong.append(f"info: {len(summaries)} runs")
    timed("report", "report", dataset, "--html", folder / "page.html")
    if runs > MOST_RUNS and f"{runs} runs of {min(runs, BOARDS)} boards" not in (folder / "page.html").read_text():
        wrong.append("report: another number of runs")
    return wrong


def killed_when_some_are_there(dataset, kill):
    """Kill a worker once a dataset has some runs; return a function that waits for it."""
    ended = threading.Event()

    def watch():
        while not ended.wait(0.05):
            if next(dataset.glob("run/*/*/*.parquet"), None):
                kill()
                return

    thread = threading.Thread(target=watch)
    thread.start()

    def end():
        ended.set()
        thread.join()

    return end


def _most_bytes():
    import resource

    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _end():
    import os

    os._exit(1)


def kill_a_worker(url):
    """End the process of one of a cluster's workers, which its nanny then starts again."""
    with connected(url) as client, contextlib.suppress(Exception):
        address = next(iter(client.scheduler_info()["workers"]))
        client.run(_end, workers=[address], wait=False)


def main(words):
    """Do it, and print how it went; return the exit code."""
    runs = int(words[0]) if words else 10_000
    workers = int(words[1]) if words[1:] else 2
    options = ["--nanny", f"--memory-limit={_LIMIT}"]
    with tempfile.TemporaryDirectory(prefix="eqprop-runs-") as name:
        folder = Path(name)
        with dask_cluster(folder, workers, options) as (url, _):
            wrong = merged(folder, runs, url, lambda: kill_a_worker(url), print)
            with connected(url) as client:
                print("most memory of a worker, MB:", *(size >> 20 for size in client.run(_most_bytes).values()))
    print("\n".join([*wrong, f"{runs} runs: {'wrong' if wrong else 'right'}"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
