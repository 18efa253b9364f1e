"""Logs that somebody else wrote, or that another program touches: what they say is read, and never obeyed."""

import json
import os
import shutil

import pytest

from eqprop_host import cli
from eqprop_host.errors import LogError
from eqprop_host.runlog import fleet, open_log
from eqprop_host.runlog.export import export
from eqprop_host.runlog.many import merge
from soak import log_fuzz


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """The rows of a real log."""
    return log_fuzz.written(tmp_path_factory.mktemp("rows"))


def sealed(path, rows, **changes):
    """Write rows as a .jsonl, its first one changed, and its configuration."""
    first = {**rows[0], **{key: value for key, value in changes.items() if key != "configuration"}}
    first["configuration"] = json.dumps({**json.loads(first["configuration"]), **changes.get("configuration", {})})
    path.write_bytes(log_fuzz.as_json_lines([first, *rows[1:]]))
    return path


def told(capsys, *words):
    """Run the command; return its exit code, and what it printed anywhere."""
    code = cli.main(list(map(str, words)))
    out, err = capsys.readouterr()
    return code, out + err


@pytest.mark.parametrize("run", ["x/../..", "r*", "..", "", "a b", "x" * 65, "-r", "r\x1b[2J"])
def test_a_run_is_never_a_path_nor_a_pattern(rows, tmp_path, capsys, run):
    (tmp_path / "in").mkdir()
    log = sealed(tmp_path / "in/log.jsonl", rows, run_id=run)
    code, said = told(capsys, "log", "merge", log, "--to", tmp_path / "in/fleet.parquet")
    assert code == 1 and "run_id: " in said and "is not valid" in said and "\x1b" not in said
    assert {each.name for each in tmp_path.rglob("*")} == {"in", "log.jsonl"}


def test_a_dataset_may_have_any_name(rows, tmp_path):
    log = sealed(tmp_path / "log.jsonl", rows)
    assert merge([log], tmp_path / "cu{r}ly.parquet") == 1
    assert open_log(tmp_path / "cu{r}ly.parquet").rows == len(rows)


def test_what_a_log_says_does_nothing_to_a_terminal(rows, tmp_path, capsys):
    loud = {"data": "\x1b[2Jiris\x07", "version": "0.2\x1b]0;title\x07"}
    rows = [dict(row) for row in rows]
    for row in rows:
        if row["record"] == "event":
            row["event"], row["detail"] = "\x1b[31mfault", json.dumps({"board": "\x1b[5mpico\x9b[1m"})
        if row["record"] == "end":
            row["reason"] = "closed\x1b[2J [red]"
    log = sealed(tmp_path / "log.jsonl", rows, configuration=loud)
    for words in (("log", "info", log), ("log", "verify", log), ("monitor", log, "--once")):
        code, said = told(capsys, *words)
        assert code == 0 and said and not set(said) & set("\x1b\x07\x9b"), said


def test_lines_that_git_ended_as_windows_does_are_read(rows, tmp_path):
    log = sealed(tmp_path / "log.jsonl", rows)
    expected = open_log(log).rows
    log.write_bytes(log.read_bytes().replace(b"\n", b"\r\n"))
    assert open_log(log).rows == expected and not open_log(log).dropped


@pytest.mark.slow
@pytest.mark.parametrize("step", range(1, 8))
def test_an_interrupted_merge_loses_nothing(rows, tmp_path, monkeypatch, step):
    """Ctrl-C before any of the files takes its place. Catches the old run deleted, and half of one that is counted."""
    target = tmp_path / "fleet.parquet"
    merge([sealed(tmp_path / "old.jsonl", rows[:-2])], target)
    longer = sealed(tmp_path / "new.jsonl", rows)
    replace, calls = os.replace, []

    def interrupted(*paths):
        calls.append(paths)
        if len(calls) == step:
            raise KeyboardInterrupt
        replace(*paths)

    monkeypatch.setattr(os, "replace", interrupted)
    try:
        merge([longer], target)
    except KeyboardInterrupt:
        assert open_log(target).rows >= len(rows) - 2
    monkeypatch.undo()
    assert merge([longer], target) == 0
    assert [row["record"] for row in open_log(target).read_all()] == [row["record"] for row in rows]
    assert not list(target.rglob(".*"))


def test_a_damaged_run_is_replaced(rows, tmp_path):
    target = tmp_path / "fleet.parquet"
    log = sealed(tmp_path / "log.jsonl", rows)
    merge([log], target)
    next(target.glob("metrics/*/*/*.parquet")).write_bytes(b"PAR1")
    merge([log], target)
    assert open_log(target).rows == len(rows)


def test_an_export_never_takes_the_place_of_a_file_that_came_meanwhile(rows, tmp_path, monkeypatch):
    log = sealed(tmp_path / "log.jsonl", rows)
    fsync = os.fsync

    def other_program(descriptor):
        (tmp_path / "out.csv").write_text("theirs")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", other_program)
    with pytest.raises(LogError, match="out.csv: exists already: it is not overwritten"):
        export(log, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "theirs"
    assert {each.name for each in tmp_path.iterdir()} == {"log.jsonl", "out.csv"}


@pytest.mark.parametrize("layers", ["60000-60000-10", "0-3", "4-5-4", "9999999-3"])
def test_layers_that_are_not_those_of_the_conductances_take_no_memory(rows, tmp_path, capsys, layers):
    log = sealed(tmp_path / "log.jsonl", rows, configuration={"layers": layers})
    code, said = told(capsys, "log", "replay", log)
    assert code == 1 and said.count("\n") == 1 and str(log) in said


def test_labels_beyond_the_outputs_are_named(rows, tmp_path, capsys):
    """Catches the emulator's ValueError as a traceback, and steps that pass for lost."""
    rows = [dict(row) for row in rows]
    for row in rows:
        if row["record"] == "samples":
            row["labels"] = [65535] * len(row["labels"])
    code, said = told(capsys, "log", "verify", sealed(tmp_path / "log.jsonl", rows))
    assert code == 1 and said.count("\n") == 1, said
    assert "row 2: label 65535 does not fit the network's 3 outputs" in said


@pytest.mark.slow
def test_all_runs_of_a_fleet_are_worked_on_unless_one_is_named(rows, tmp_path, capsys):
    logs = [sealed(tmp_path / f"{n}.jsonl", rows, run_id=f"r{n}") for n in range(3)]
    target = tmp_path / "fleet.parquet"
    assert merge(logs, target) == 3 and list(fleet.runs_of(target)) == ["r0", "r1", "r2"]
    for words, each in (
        (("log", "verify", target), "intact"),
        (("log", "info", target), "test error"),
        (("log", "replay", target), "conductance CRC"),
        (("monitor", target, "--once"), "the run ended: closed"),
    ):
        code, said = told(capsys, *words)
        assert code == 0 and said.count(each) == 3 and all(run in said for run in ("r0", "r1", "r2"))
        code, said = told(capsys, *words, "--run", "r1")
        assert code == 0 and said.count(each) == 1 and "r0" not in said
        code, said = told(capsys, *words, "--run", "r7")
        assert code == 1 and "has no run r7; there are r0, r1, r2" in said
    code, said = told(capsys, "log", "replay", target, "--save", tmp_path / "x.npz")
    assert code == 1 and "holds 3 runs: choose one with --run" in said
    code, said = told(capsys, "report", target, "--html", tmp_path / "all.html")
    assert code == 0 and all(f'"{run}"' in (tmp_path / "all.html").read_text() for run in ("r0", "r1", "r2"))


def test_a_log_of_before_checksums_says_so(rows, tmp_path, capsys):
    export(sealed(tmp_path / "log.jsonl", rows), tmp_path / "log.csv")
    lines = (tmp_path / "log.csv").read_text().splitlines()
    (tmp_path / "log.csv").write_text("\n".join(line.rpartition(",")[0] for line in lines) + "\n")
    code, said = told(capsys, "log", "info", tmp_path / "log.csv")
    assert code == 1 and "has no row_crc32, so eqprop before 0.2 wrote it: export its log once more" in said
    shutil.rmtree(tmp_path)
