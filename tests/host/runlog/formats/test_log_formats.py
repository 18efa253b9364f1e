"""Logs in the formats of other tools, and what `eqprop log` says of intact and damaged ones."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pandas
import pytest

from eqprop_host import Model, cli
from eqprop_host.errors import LogError
from eqprop_host.runlog import RunLog, open_log
from eqprop_host.runlog.export import export
from eqprop_host.runlog.many import merge
from eqprop_host.runlog.reader import Log
from eqprop_host.runlog.verify import verify

SUFFIXES = (".arrow", ".jsonl", ".parquet", ".csv", ".npz")


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """Two runs with every table, as .arrow and as .jsonl."""
    folder = tmp_path_factory.mktemp("logs")
    for name, seed in (("a.arrow", 1), ("b.jsonl", 2)):
        argv = ["train", "--data=iris", "--layers=4-5-3", "--epochs=3", f"--seed={seed}", "--log-every=50"]
        assert cli.main([*argv, f"--log={folder}/{name}"]) == 0
    return [folder / "a.arrow", folder / "b.jsonl"]


def run(capsys, *argv):
    """Return (exit code, standard output, standard error) of one command."""
    capsys.readouterr()
    code = cli.main([str(arg) for arg in argv])
    said = capsys.readouterr()
    return code, said.out, said.err


def same(one, other):
    """Assert that two logs hold the same rows, types included."""
    assert one.run_id == other.run_id and one.configuration == other.configuration
    for a, b in zip(one.read_all(), other.read_all(), strict=True):
        assert a.keys() == b.keys()
        for key in a:
            assert type(a[key]) is type(b[key]) and np.array_equal(a[key], b[key])
            assert not isinstance(a[key], np.ndarray) or a[key].dtype == b[key].dtype


@pytest.mark.slow
def test_one_table_is_what_other_tools_read(logs, tmp_path, capsys):
    """Catches a table with columns of the others, and one that is overwritten."""
    metrics = open_log(logs[0]).metrics
    for suffix, read in ((".csv", pandas.read_csv), (".parquet", pandas.read_parquet)):
        path = tmp_path / f"metrics{suffix}"
        code, out, err = run(capsys, "log", "export", logs[0], path, "--table=metrics")
        assert code == 0 and out == f"{path}: 3 rows\n", err
        frame = read(path)
        assert "steps" not in frame and frame.test_error_percent.tolist() == [m["test_error_percent"] for m in metrics]
        code, _, err = run(capsys, "log", "export", logs[0], path, "--table=metrics")
        assert code == 1 and "exists already" in err
    code, _, err = run(capsys, "log", "export", logs[0], tmp_path / "x.npz", "--table=metrics")
    assert code == 1 and err.endswith("x.npz: a table is written to a .csv or .parquet file, not .npz\n")


def test_a_summary_fits_a_terminal(logs, capsys, monkeypatch):
    """Catches a line of hundreds of events."""
    monkeypatch.setenv("COLUMNS", "80")
    event = {"sequence": 0, "record": "event", "sample": 7, "event": "reset", "detail": {"board": "b"}}
    monkeypatch.setattr(Log, "events", [event] * 400)
    code, out, err = run(capsys, "log", "info", logs[0])
    assert code == 0, err
    head, *lines = out.splitlines()
    assert all(len(line) <= 80 for line in lines) and "  events       reset 400 times, first at sample 7" in out


@pytest.mark.slow
@pytest.mark.parametrize("first", SUFFIXES)
@pytest.mark.parametrize("second", SUFFIXES)
def test_any_format_becomes_any_other_and_comes_back(logs, tmp_path, first, second):
    """Catches a column, a null, a type or a microsecond that a format loses, and rows out of order."""
    source = open_log(logs[0])
    export(logs[0], tmp_path / f"one{first}")
    export(tmp_path / f"one{first}", tmp_path / f"two{second}")
    same(source, open_log(tmp_path / f"two{second}"))
    assert verify(open_log(tmp_path / f"two{second}")) == []


def test_merging_is_done_once_for_each_run(logs, tmp_path, capsys):
    """Catches a run counted twice, one that grew left as it was, and a board's name that is not a folder's."""
    fleet = tmp_path / "fleet.parquet"
    assert run(capsys, "log", "merge", *logs, "--to", fleet) == (0, f"{fleet}: 2 new of 2 runs\n", "")
    assert run(capsys, "log", "merge", logs[1], "--to", fleet) == (0, f"{fleet}: 0 new of 1 runs\n", "")
    for log in map(open_log, logs):
        same(log, open_log(fleet, log.run_id))
    grown = tmp_path / "a.arrow"
    shutil.copy(logs[0], grown)
    with RunLog.reopen(grown) as log:
        log.event("checkpoint")
    assert merge([grown], fleet) == 0
    same(open_log(grown), open_log(fleet, open_log(grown).run_id))
    code, out, _ = run(capsys, "log", "info", fleet, "--json", tmp_path / "info.json")
    runs = json.loads((tmp_path / "info.json").read_text())["runs"]
    assert code == 0 and len(runs) == 2 and out.count("test error") == 2
    assert {r["run_id"] for r in runs} == {open_log(path).run_id for path in logs}
    assert all(r["steps_logged"] == 360 and r["end"] == "closed" and r["seed"] in (1, 2) for r in runs)
    with pytest.raises(LogError, match="holds 2 runs, choose one with --run"):
        open_log(fleet)


def test_three_tools_give_one_answer(logs, tmp_path):
    """The dataset as pandas, DuckDB and Polars see it, against the log itself: lists, times and partitions too."""
    import duckdb
    import pandas
    import polars

    fleet = tmp_path / "fleet.parquet"
    merge(logs, fleet)
    expected = {log.run_id: min(row["test_error_percent"] for row in log.metrics) for log in map(open_log, logs)}
    found = pandas.read_parquet(fleet / "metrics").groupby("run_id", observed=True).test_error_percent.min()
    assert found.to_dict() == expected
    files = f"{fleet}/metrics/**/*.parquet"
    assert (
        dict(duckdb.sql(f"SELECT run_id, min(test_error_percent) FROM '{files}' GROUP BY run_id").fetchall())
        == expected
    )
    lazy = (
        polars.scan_parquet(files, hive_partitioning=True)
        .group_by("run_id")
        .agg(polars.col("test_error_percent").min())
    )
    assert dict(lazy.collect().iter_rows()) == expected
    steps = duckdb.sql(f"SELECT max(list_max(conductance_steps)) FROM '{fleet}/conductances/**/*.parquet'").fetchall()[
        0
    ][0]
    assert steps == max(row["conductance_steps"].max() for path in logs for row in open_log(path).read("conductances"))
    table = polars.read_ipc_stream(logs[0])
    assert (
        table.filter(polars.col("record") == "metrics")["test_error_percent"].min()
        == expected[open_log(logs[0]).run_id]
    )


MEMORY = """
import resource, sys
from eqprop_host.runlog import open_runs
from eqprop_host.runlog.summary import summary
runs = sum(1 for log in open_runs(sys.argv[1]) if summary(log))
print(runs, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_memory_stays_flat_however_many_runs_a_dataset_has(logs, tmp_path):
    """Eight times the runs, as links to one run's files: the summary must not hold them all."""
    argv = ["simulate", "--data=iris", "--layers=4-5-3", "--epochs=3", "--log-every=1"]
    assert cli.main([*argv, f"--log={tmp_path}/run.arrow"]) == 0
    fleet = tmp_path / "fleet.parquet"
    merge([tmp_path / "run.arrow"], fleet)
    peaks = []
    for count in (10, 80):
        for table in fleet.iterdir():
            source = next(table.glob("board=*/run_id=r*"))
            for k in range(count):
                target = source.with_name(f"run_id=copy{k}")
                if not target.exists():
                    shutil.copytree(source, target, copy_function=os.link)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        argv = [sys.executable, "-c", MEMORY, fleet]
        done = subprocess.run(argv, capture_output=True, text=True, env=environment, check=True)
        runs, peak = map(int, done.stdout.split())
        assert runs == count + 1
        peaks.append(peak)
    assert peaks[1] < 1.1 * peaks[0]


def damaged(source, target, at, bit=1):
    """Write a copy of a file with one bit flipped."""
    content = bytearray(source.read_bytes())
    content[at] ^= bit
    target.write_bytes(content)


def test_verify_names_what_is_wrong(logs, tmp_path, capsys):
    """Catches a fault that is not told: a bit, a row that is missing or twice, and conductances nobody learnt."""
    good = logs[1].read_bytes().splitlines(keepends=True)
    where = next(n for n, line in enumerate(good) if b'"record": "steps"' in line)
    flipped = good[where].replace(b'"order": [', b'"order": [ ')
    other = open_log(logs[1]).snapshot(50)[0].ravel().copy()
    other[3] ^= 1
    path = tmp_path / "bad.jsonl"
    for lines, words in (
        (good[:where] + [flipped] + good[where + 1 :], f"bytes {len(b''.join(good[:where]))} to"),
        (good[:where] + good[where + 1 :], "missing"),
        (good[: where + 1] + good[where:], "is repeated"),
    ):
        path.write_bytes(b"".join(lines))
        code, out, err = run(capsys, "log", "verify", logs[1], path)
        assert code == 1 and words in out and f"{logs[1]}: intact" in out
        assert err == "eqprop: 1 of 2 logs are not intact\n"
    with RunLog(tmp_path / "forged.arrow", open_log(logs[1]).configuration) as log:
        for row in open_log(logs[1]).read_all():
            if row["record"] == "samples":
                log.samples(row["features"].reshape(-1, 4), row["labels"])
            elif row["record"] == "steps":
                log.steps(row["first"], row["order"])
            elif row["record"] == "conductances" and row["crossbar"] == 0:
                steps = [
                    other if row["sample"] == 50 else row["conductance_steps"],
                    open_log(logs[1]).snapshot(row["sample"])[1].ravel(),
                ]
                log.conductances(row["sample"], [(0, 0, steps[0]), (1, 0, steps[1])], "twin")
    code, out, _ = run(capsys, "log", "verify", tmp_path / "forged.arrow")
    assert code == 1 and "conductances at sample 50: the steps since 0 do not reproduce them" in out
    with pytest.raises(LogError, match="do not reproduce the conductances logged at 50"):
        open_log(tmp_path / "forged.arrow").conductances(49)


def test_a_damaged_log_is_told_and_repaired_beside_the_original(logs, tmp_path, capsys):
    """Catches a repair that writes over what is left, goes without telling, or loses an intact record."""
    bad = tmp_path / "bad.arrow"
    damaged(logs[0], bad, logs[0].stat().st_size // 2)
    before = bad.read_bytes()
    code, out, err = run(capsys, "log", "export", bad, tmp_path / "good.arrow")
    assert code == 1 and "damaged at byte" in err and "--repair copies the intact records" in err
    assert not (tmp_path / "good.arrow").exists()
    code, out, err = run(capsys, "log", "export", bad, tmp_path / "good.arrow", "--repair")
    assert code == 0 and err.count("are not an intact record, left out") == 1
    assert open_log(tmp_path / "good.arrow").rows >= open_log(logs[0]).rows - 3
    assert not open_log(tmp_path / "good.arrow").dropped and bad.read_bytes() == before
    code, _, err = run(capsys, "log", "export", bad, tmp_path / "good.arrow", "--repair")
    assert code == 1 and "exists already: it is not overwritten" in err


@pytest.mark.slow
def test_replay_saves_a_network_that_evaluates_as_the_run_did(logs, tmp_path, capsys):
    """The log's own errors, found again by networks restored from it."""
    log = open_log(logs[0])
    for row in log.metrics:
        code, out, err = run(capsys, "log", "replay", logs[0], "--at", row["sample"], "--save", tmp_path / "n.npz")
        assert code == 0, err
        saved = Model.load(tmp_path / "n.npz")
        assert out == f"sample {row['sample']}: conductance CRC {saved.crc:08x}\n" and saved.sample == row["sample"]
        code, out, _ = run(capsys, "evaluate", tmp_path / "n.npz")
        assert code == 0 and f"test error {row['test_error_percent']:.2f} %" in out
    code, _, err = run(capsys, "log", "replay", logs[0], "--at", "361")
    assert code == 1 and "sample 361 is not in 0..360" in err


def table(path, text):
    path.write_bytes(text)
    return path


def npz(path, **arrays):
    np.savez(path, **arrays)
    return path


NONSENSE = {
    "csv of something else": (lambda d: table(d / "a.csv", b"a,b\n1,2\n"), "is not a log: its header has no record"),
    "csv with a bad cell": (lambda d: table(d / "a.csv", b"record,sequence,sample\nrun,x,0\n"), "row 1: "),
    "csv that is binary": (lambda d: table(d / "a.csv", bytes(range(256))), "a.csv: "),
    "empty csv": (lambda d: table(d / "a.csv", b""), "is not a log: its header has no record"),
    "csv of no run": (
        lambda d: table(d / "a.csv", b"record,sequence,sample,row_crc32\nend,0,0,f21156ae\n"),
        "its first record is 'end', not",
    ),
    "npz that is none": (lambda d: table(d / "a.npz", b"PK\3\4rubbish"), "is not a log, or damaged"),
    "npz of something else": (
        lambda d: npz(d / "a.npz", x=np.arange(3)),
        "is not a log, or truncated at its very start",
    ),
    "folder that is no dataset": (lambda d: d / "a.parquet", "is not a dataset of logs"),
    "no file": (lambda d: d / "none.arrow", "cannot be read: No such file or directory"),
    "no dataset": (lambda d: d / "none.parquet", "cannot be read: No such file or directory"),
    "no suffix": (lambda d: d / "a", "a log's suffix is .arrow, .jsonl, .parquet, .csv, .npz, not none"),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_one_line(tmp_path, capsys, name):
    make, words = NONSENSE[name]
    (tmp_path / "a.parquet").mkdir()
    code, out, err = run(capsys, "log", "info", make(tmp_path))
    assert code == 1 and out == "" and err.startswith("eqprop: ") and words in err and err.count("\n") == 1, err


@pytest.mark.parametrize("suffix", [".csv", ".npz", ".parquet"])
def test_a_cut_or_flipped_file_is_one_line_or_the_same_rows(logs, tmp_path, suffix):
    """Formats without checksums of their own: at least no traceback, and conductances that verify."""
    rng = np.random.default_rng(3)
    export(logs[0], tmp_path / f"good{suffix}")
    source = tmp_path / f"good{suffix}"
    file = next(source.glob("conductances/*/*/*.parquet")) if suffix == ".parquet" else source
    content = file.read_bytes()
    for trial in range(30):
        bad = bytearray(content)
        if trial % 3:
            bad[rng.integers(len(bad))] ^= 1 << int(rng.integers(8))
        else:
            del bad[rng.integers(len(bad)) :]
        file.write_bytes(bad)
        try:
            log = open_log(source)
            verify(log)
        except LogError as error:
            assert "\n" not in str(error)


def test_an_npz_opens_without_pickle_and_says_what_it_holds(logs, tmp_path):
    export(logs[0], tmp_path / "a.npz")
    assert zipfile.is_zipfile(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        counts = arrays["conductances.conductance_steps.counts"]
        assert arrays["conductances.conductance_steps"].dtype == np.uint16 and counts.sum() == len(
            arrays["conductances.conductance_steps"]
        )
        assert arrays["metrics.test_error_percent"].shape == (3,)
