"""The run log: whatever ends the writer, what was written is read back; whatever is no log is told apart.

Mutations tried on the code, one at a time, are named in the docstrings of the tests that caught them.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from eqprop_host import runlog
from eqprop_host.errors import LogError
from eqprop_host.runlog import RunLog, read

RUN = {"layers": "3-2", "seed": 7, "port": "sim:"}
METRICS = {
    "sample": 12,
    "epoch": 1,
    "train_error_percent": 33.25,
    "test_error_percent": 50.0,
    "loss": 1.5,
    "samples_per_second": 1000.0,
}
STEPS = np.arange(16, dtype=np.uint16) * 2000
WRITER = """
import itertools, sys
import numpy as np
from eqprop_host.runlog import RunLog
log = RunLog(sys.argv[1], {"layers": "3-2"})
for n in itertools.count():
    log.conductances(n, 0, (2, 8), np.full(16, n % 30000, np.uint16))
    if n == 300:
        print("here", flush=True)
"""

unhurried = settings(deadline=None)  # a busy machine is no failure


def write(path, close=True):
    """Write a log with every kind of record."""
    log = RunLog(path, RUN, clock=lambda: 1e9)
    log.conductances(0, 0, (2, 8), STEPS)
    log.event("connect", board="one that says \u00e9 and \n")
    log.metrics(**METRICS)
    log.conductances(12, 0, (2, 8), STEPS[::-1])
    if close:
        log.close()
    return log


def begin(path, line):
    """Write a log of two records and a third line."""
    write(path)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]) + line)


def records(log):
    """Return how many records a Log holds."""
    return 1 + len(log.metrics) + len(log.conductances) + len(log.events) + (log.end is not None)


def message(path, call=read, *arguments):
    """Return the one line that a call complains with: it names the path."""
    with pytest.raises(LogError) as caught:
        call(path, *arguments)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text.removeprefix(f"{path}: ")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.jsonl"


def test_what_was_written_is_read(path):
    """Caught: steps written most significant byte first; an event's fields left out."""
    write(path)
    log = read(path)
    assert log.path == path
    assert log.run == RUN
    assert not log.truncated
    utc = {"utc": "2001-09-09T01:46:40.000+00:00"}
    assert log.metrics == [{"record": "metrics", **METRICS, **utc}]
    assert log.events == [{"record": "event", "event": "connect", "board": "one that says \u00e9 and \n", **utc}]
    assert log.end == {"record": "end", "reason": "closed", **utc}
    first, second = log.conductances
    assert (first["sample"], first["crossbar"], first["shape"]) == (0, 0, (2, 8))
    assert first["steps"].dtype == np.uint16
    assert np.array_equal(first["steps"], STEPS.reshape(2, 8))
    assert np.array_equal(second["steps"], STEPS[::-1].reshape(2, 8))


def test_the_file_is_what_the_docstring_says(path):
    write(path)
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [line["record"] for line in lines] == ["run", "conductances", "event", "metrics", "conductances", "end"]
    assert lines[0]["format"] == 1
    assert lines[1]["shape"] == [2, 8]
    assert lines[1]["steps"].startswith("AADQB6AP")  # 0, 2000, 4000 as bytes 00 00 d0 07 a0 0f


@unhurried
@given(arrays.arrays(np.uint16, arrays.array_shapes(min_dims=2, max_dims=2, max_side=9)), st.integers(0, 2**40))
def test_any_conductances_come_back(steps, sample):
    with tempfile.TemporaryDirectory() as folder:
        with RunLog(Path(folder) / "run.jsonl", {}) as log:
            log.conductances(sample=sample, crossbar=3, shape=steps.shape, steps=steps.ravel())
        (record,) = read(Path(folder) / "run.jsonl").conductances
    assert record["sample"] == sample
    assert np.array_equal(record["steps"], steps)


def test_numbers_of_numpy_are_numbers(path):
    with RunLog(path, {"seed": np.int64(3)}) as log:
        log.metrics(**{**METRICS, "sample": np.uint32(5), "loss": np.float32(0.5)})
    log = read(path)
    assert log.run == {"seed": 3}
    assert (log.metrics[0]["sample"], log.metrics[0]["loss"]) == (5, 0.5)


@pytest.mark.parametrize("steps", [STEPS[:15], STEPS.astype(np.int32)])
def test_conductances_that_do_not_fit_their_shape_are_refused_and_not_logged(path, steps):
    with RunLog(path, RUN) as log:
        with pytest.raises(ValueError, match="not 2 x 8 of uint16"):
            log.conductances(0, 0, (2, 8), steps)
        log.metrics(**METRICS)
    assert records(read(path)) == 3


def test_a_log_cut_at_any_byte_is_readable_up_to_its_last_full_record(path, tmp_path):
    """Caught: taking a last line without its newline; `truncated` never set; raising for a cut line."""
    write(path)
    content = path.read_bytes()
    cut = tmp_path / "cut.jsonl"
    first = content.index(b"\n") + 1
    for size in range(len(content) + 1):
        cut.write_bytes(content[:size])
        if size < first:
            assert message(cut) == "line 1: no full record: no log, or cut at its very start" if size else "is empty"
            continue
        log = read(cut)
        assert records(log) == content[:size].count(b"\n")
        assert log.truncated == (not content[:size].endswith(b"\n"))
        assert log.run == RUN


def test_a_killed_writer_leaves_every_record_it_wrote(path):
    """Caught: records kept in a buffer of the program."""
    with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, env=_environment()) as writer:
        assert writer.stdout.readline() == b"here\n"
        writer.send_signal(signal.SIGKILL)
    log = read(path)
    assert len(log.conductances) >= 301
    assert [record["sample"] for record in log.conductances] == list(range(len(log.conductances)))
    assert all((record["steps"] == record["sample"] % 30000).all() for record in log.conductances)
    assert log.end is None


def _environment():
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def test_a_log_can_be_read_while_it_is_written(path):
    log = write(path, close=False)
    assert records(read(path)) == 5
    assert read(path).end is None
    log.close()
    assert records(read(path)) == 6


def test_a_full_disk_is_said_and_leaves_what_was_there_readable(path):
    """Caught: writing on behind a cut record; taking a short write for a whole one."""
    log = write(path, close=False)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A file at its largest allowed size is what a test can have of a full disk: the write is short, the next one fails.
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20, limits[1]))
    try:
        with pytest.raises(LogError, match="run.jsonl: cannot be written: ") as caught:
            log.conductances(13, 0, (2, 8), STEPS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "\n" not in str(caught.value)
    with pytest.raises(LogError, match="run.jsonl: is closed"):
        log.metrics(**METRICS)
    log.close()
    found = read(path)
    assert found.truncated
    assert records(found) == 5


def test_a_disk_that_does_not_sync_is_said(path, monkeypatch):
    """Caught: metrics not forced to the disk."""
    log = RunLog(path, RUN)

    def fail(_file):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(LogError, match="run.jsonl: cannot be written: Input/output error"):
        log.metrics(**METRICS)
    assert records(read(path)) == 2


def test_bad_paths_are_refused_before_anything_is_written(path, tmp_path):
    """Caught: opening without looking at what is there; a pipe, which would wait for a reader forever."""
    kept = tmp_path / "kept.jsonl"
    kept.write_bytes(b"x")
    (tmp_path / "folder.jsonl").mkdir()
    os.mkfifo(tmp_path / "pipe.jsonl")
    before = sorted(tmp_path.iterdir())
    for name, reason in {
        "kept.jsonl": "is not empty, and a log overwrites nothing",
        "run.arrow": "a log's suffix is .jsonl, not .arrow",
        "run": "a log's suffix is .jsonl, not none",
        "folder.jsonl": "is no regular file",
        "pipe.jsonl": "is no regular file",
        "none/run.jsonl": "cannot be written: No such file or directory",
        "kept.jsonl/run.jsonl": "cannot be written: Not a directory",
    }.items():
        assert message(tmp_path / name, RunLog, RUN) == reason
    assert sorted(tmp_path.iterdir()) == before
    assert kept.read_bytes() == b"x"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_said(path, tmp_path):
    tmp_path.chmod(0o500)
    assert message(path, RunLog, RUN) == "cannot be written: Permission denied"


def test_an_empty_file_may_become_a_log(path):
    path.touch()
    write(path)
    assert records(read(path)) == 6


@pytest.mark.parametrize("there", [True, False])
def test_a_run_that_fails_before_anything_is_logged_leaves_what_was_there(path, there):
    """Caught: leaving the file, so that the corrected command would be refused its log."""
    if there:
        path.touch()
    with pytest.raises(KeyError), RunLog(path, RUN):
        raise KeyError("port")
    assert path.exists() == there
    assert not there or path.stat().st_size == 0
    write(path)
    assert records(read(path)) == 6


def test_a_run_that_fails_later_says_so_in_its_log(path):
    with pytest.raises(OSError), RunLog(path, RUN) as log:
        log.metrics(**METRICS)
        raise OSError("port\ngone")
    assert read(path).end["reason"] == "OSError: port gone"


def test_closing_twice_ends_once(path):
    log = write(path)
    log.close()
    assert records(read(path)) == 6


def test_a_first_record_that_json_cannot_hold_leaves_no_file(path):
    with pytest.raises(TypeError, match="object is nothing that JSON can hold"):
        RunLog(path, {"x": object()})
    with pytest.raises(ValueError, match="JSON"):
        RunLog(path, {"x": float("nan")})
    assert not path.exists()


GOOD = json.loads(
    '{"record": "conductances", "sample": 0, "crossbar": 0, "shape": [1, 2], "crc": "abcedafb", "steps": "AQACAA=="}'
)
FOREIGN = {
    "no text": (b"\xff\xfe\n", "is no JSON"),
    "deep": (b"[" * 100000 + b"\n", "is no JSON"),
    "text": ("a,b,label", "is no JSON"),
    "list": ([1], "is no JSON object"),
    "unknown": ({"record": "weights"}, "record 'weights' is none of a log"),
    "no record": ({"x": 1}, "record None is none of a log"),
    "second run": ({"record": "run", "format": 1, "run": {}}, "record 'run' is none of a log"),
    "short metrics": ({"record": "metrics", "sample": 3}, "record 'metrics' without epoch"),
    "negative": ({"record": "metrics", **METRICS, "sample": -1}, "sample is -1"),
    "true": ({"record": "metrics", **METRICS, "epoch": True}, "epoch is True"),
    "text for number": ({"record": "metrics", **METRICS, "loss": "1"}, "loss is '1'"),
    "no number": (json.dumps({"record": "metrics", **METRICS, "loss": float("nan")}), "loss is nan"),
    "infinite": (json.dumps({"record": "metrics", **METRICS, "loss": float("inf")}), "loss is inf"),
    "shape of 1": ({**GOOD, "shape": [2]}, "shape [2] is not [rows, columns]"),
    "shape of text": ({**GOOD, "shape": ["a", 1]}, "shape ['a', 1] is not [rows, columns]"),
    "shape of none": ({**GOOD, "shape": [0, 1]}, "shape [0, 1] is not [rows, columns]"),
    "no base64": ({**GOOD, "steps": "!"}, "steps are no base64"),
    "not ASCII": ({**GOOD, "steps": "\u00e9"}, "steps are no base64"),
    "too few": ({**GOOD, "steps": "AQA="}, "steps: 2 bytes for 1 x 2 conductances"),
    "other steps": ({**GOOD, "steps": "AQADAA=="}, "steps: CRC-32 b2d5ebba, not 'abcedafb' as written"),
    "no event": ({"record": "event"}, "record 'event' without event"),
    "no reason": ({"record": "end"}, "record 'end' without reason"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_line_that_is_no_record_is_named(path, name):
    line, reason = FOREIGN[name]
    line = line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode() + b"\n"
    begin(path, line)
    assert message(path) == f"line 3: {reason}"


def test_the_example_of_a_good_record_is_good(path):
    """So that each of FOREIGN is wrong in one thing alone."""
    begin(path, json.dumps(GOOD).encode() + b"\n")
    assert read(path).conductances[-1]["steps"].tolist() == [[1, 2]]


def test_nothing_comes_behind_the_end(path):
    write(path)
    with path.open("a") as file:
        file.write(json.dumps(GOOD) + "\n")
    assert message(path) == "line 7: record 'conductances' behind the end"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is empty"),
        ("a", "line 1: no full record: no log, or cut at its very start"),
        ("1,2,0\n", "line 1: is no JSON"),
        ("a,b\n1,2\n", "line 1: is no JSON"),
        ("1\n", "line 1: is no JSON object"),
        ('{"record": "metrics"}\n', "line 1: record 'metrics', where a log's first is 'run'"),
        ('{"record": "run", "run": {}}\n', "line 1: record 'run' without format"),
        ('{"record": "run", "format": 1, "run": []}\n', "line 1: run is []"),
        (
            '{"record": "run", "format": 2, "run": {}}\n',
            "line 1: format 2, written by a newer eqprop; this one reads up to 1",
        ),
    ],
)
def test_a_foreign_file_is_told_apart(path, content, reason):
    path.write_text(content)
    assert message(path) == reason


def test_a_file_that_cannot_be_read_is_said(tmp_path):
    assert message(tmp_path / "none.jsonl") == "cannot be read: No such file or directory"
    assert message(tmp_path) == "cannot be read: Is a directory"


@settings(unhurried, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0), st.integers(0, 7))
def test_a_flipped_bit_is_read_as_something_or_refused_and_never_changes_conductances(path, at, bit):
    """Caught: conductances without a CRC; an exception of JSON's or base64's own getting through."""
    good = path.with_name("good.jsonl")  # each example flips one bit of the same file
    if not good.exists():
        write(good)
    content = bytearray(good.read_bytes())
    content[at % len(content)] ^= 1 << bit
    path.write_bytes(content)
    try:
        log = read(path)
    except LogError as error:
        assert "\n" not in str(error)
        return
    for record in log.conductances:
        assert sorted(record["steps"].ravel().tolist()) == STEPS.tolist()


def test_keys_of_a_later_eqprop_are_passed_over(path):
    begin(path, json.dumps({**GOOD, "siemens_per_step": 1e-9}).encode() + b"\n")
    assert read(path).conductances[-1]["siemens_per_step"] == 1e-9


def test_the_version_is_the_one_documented():
    assert f"format     {runlog.FORMAT}, the version of this format" in runlog.__doc__


def test_two_runs_write_no_log_at_once(tmp_path):
    """Catches a run that is resumed while it goes on, whose records would stand there twice."""
    path = tmp_path / "run.jsonl"
    with RunLog(path, {}) as log:
        log.event("first")
        before = path.read_bytes()
        with pytest.raises(LogError, match="run.jsonl: another run writes it"):
            RunLog.resume(path)
        assert path.read_bytes() == before
    RunLog.resume(path).close()
