"""The run log: whatever ends the writer, what was written is read back; whatever is no log is told apart.

Both live formats pass every test. Each docstring says what mutation of the code its test catches.
"""

import base64
import json
import os
import resource
import subprocess
import sys
from datetime import datetime, timezone

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eqprop_host.errors import LogError
from eqprop_host.runlog import RunLog, open_log, schema
from eqprop_host.runlog.verify import verify

RUN = {"layers": "3-2", "seed": 7, "lr_halving_samples": 0, "port": "sim:"}
METRICS = {
    "sample": 3,
    "epoch": 1,
    "train_error_percent": 33.25,
    "test_error_percent": 50.0,
    "loss": 1.5,
    "samples_per_second": 1000.0,
    "confusion": np.array([3, 0, 1, 2], np.uint32),
    "link_retries": 4,
}
STEPS = np.arange(16, dtype=np.uint16) * 2000 + 100

each_format = pytest.mark.parametrize("suffix", [".arrow", ".jsonl"])


def write(path, close=True):
    """Write a log with every kind of record: 8 rows in 7 records, and the end."""
    log = RunLog(path, RUN, clock=lambda: 1e9)
    log.conductances(0, [(0, 0, STEPS)])
    log.samples(np.arange(12, dtype=np.int8).reshape(4, 3) - 6, np.array([0, 1, 1, 0]))
    log.event("connect", board="one that says \u00e9 and \n")
    log.steps(0, np.array([3, 1, 2]))
    log.metrics(**METRICS)
    log.conductances(3, [(0, 0, STEPS[::-1]), (0, 4, STEPS[:3])], "part")
    if close:
        log.close()
    return log


def message(path, call=open_log, *arguments):
    """Return the one line that a call complains with: it names the path."""
    with pytest.raises(LogError) as caught:
        call(path, *arguments)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text.removeprefix(f"{path}: ")


@pytest.fixture
def path(tmp_path, suffix):
    return tmp_path / f"run{suffix}"


@each_format
def test_what_was_written_is_read(path):
    """Catches a column left out; int8 read as unsigned; times of another zone; steps as signed."""
    write(path)
    log = open_log(path)
    assert (log.rows, log.sample, log.end, log.dropped) == (9, 3, "closed", [])
    assert log.configuration == {**RUN, "siemens_per_step": 1e-9} and len(log.run_id) == 17
    assert log.samples[0].tolist() == [[-6, -5, -4], [-3, -2, -1], [0, 1, 2], [3, 4, 5]]
    assert log.samples[1].tolist() == [0, 1, 1, 0]
    (row,) = log.metrics
    assert row.pop("confusion").tolist() == [3, 0, 1, 2]
    assert row.pop("utc") == datetime(2001, 9, 9, 1, 46, 40, tzinfo=timezone.utc)
    expected = {key: value for key, value in METRICS.items() if key != "confusion"}
    assert row == {"record": "metrics", "sequence": 5, **expected}
    assert [(event["event"], event["detail"]) for event in log.events] == [
        ("connect", {"board": "one that says \u00e9 and \n"})
    ]
    (steps,) = log.read("steps")
    assert steps["order"].tolist() == [3, 1, 2] and (steps["first"], steps["sample"]) == (0, 3)
    pieces = list(log.read("conductances"))
    assert [(p["sample"], p["crossbar"], p["first"], p["source"]) for p in pieces] == [
        (0, 0, 0, "board"),
        (3, 0, 0, "part"),
        (3, 0, 4, "part"),
    ]
    assert (
        pieces[1]["conductance_steps"].dtype == np.uint16
        and pieces[1]["conductance_steps"].tolist() == STEPS[::-1].tolist()
    )
    assert log.logged == [0] and log.snapshot(0)[0].tolist() == STEPS.reshape(2, 8).tolist()
    assert log.siemens(0)[0][1, 7] == pytest.approx(30100e-9)


@each_format
def test_tables_are_arrow_tables_with_units(path):
    write(path)
    log = open_log(path)
    table = log.table("metrics")
    assert table.column_names == list(schema.OF_TABLE["metrics"]) and table.num_rows == 1
    assert table.schema.field("loss").metadata[b"unit"] == b"(16 voltage units)^2"
    assert log.table("conductances").schema.field("conductance_steps").metadata[b"siemens_per_step"] == b"1e-09"
    assert log.frame("metrics")["test_error_percent"].tolist() == [50.0]


@each_format
def test_reading_one_table_decodes_no_other(path, monkeypatch):
    """Catches a log that is read whole to see its metrics: conductances larger than memory must not matter."""
    write(path)
    log = open_log(path)
    decoded = []
    decode = log._decode
    monkeypatch.setattr(log, "_decode", lambda place: decoded.append(place) or decode(place))
    assert len(list(log.read("metrics"))) == 1 and len(decoded) == 1


def test_an_arrow_log_is_a_stream_for_any_reader(tmp_path):
    """Catches a stream only this reader understands: pyarrow's own, whole and while it is written."""
    log = write(tmp_path / "run.arrow", close=False)
    for rows in (8, 9):
        with pa.OSFile(str(tmp_path / "run.arrow")) as file:
            table = pa.ipc.open_stream(file).read_all()
        assert table.num_rows == rows and table["record"][0].as_py() == "run"
        table.validate(full=True)
        log.close()


def test_a_line_is_json_and_its_checksum_is_as_documented(tmp_path):
    import binascii

    write(tmp_path / "run.jsonl")
    for line in (tmp_path / "run.jsonl").read_text("utf-8").splitlines():
        body, crc = line.rsplit(', "crc32": "', 1)
        assert binascii.crc32(body.encode()) == int(crc[:8], 16) and json.loads(line)["record"] in schema.TABLES


@pytest.mark.slow
@each_format
def test_a_log_cut_at_any_byte_is_readable_up_to_its_last_full_record(path, suffix, tmp_path):
    """Catches taking a cut record; a cut that is not told; raising for one; a resume that leaves the torn bytes."""
    write(path)
    content = path.read_bytes()
    spans = open_log(path)._records
    ends = [span.end for _, span in spans]
    rows = np.cumsum([header["rows"] for header, _ in spans])
    cut = tmp_path / f"cut{suffix}"
    for size in [
        *range(0, len(content), 199),
        *ends,
        *(end - 1 for end in ends),
        *(min(end + 9, ends[-1]) for end in ends),
    ]:
        cut.write_bytes(content[:size])
        whole = int(np.searchsorted(ends, size, side="right"))
        if not whole:
            assert message(cut) == ("is not a log, or truncated at its very start" if size else "is empty")
            continue
        log = open_log(cut)
        assert log.rows == rows[whole - 1]
        assert [(span.start, span.end) for span in log.dropped] == (
            [(ends[whole - 1], size)] if size > ends[whole - 1] else []
        )
        resumed = RunLog.reopen(cut)
        resumed.event("again")
        resumed.close()
        again = open_log(cut)
        assert not again.dropped and not verify(again)
        added = [event["event"] for event in again.events[len(log.events) :]]
        if log.dropped:
            torn = base64.b64decode(again.events[-2]["detail"]["base64"])
            assert torn == content[log.dropped[0].start : size]
        assert added == (["repair", "again"] if log.dropped else ["again"])


KILLED = """
import os, random, signal, sys, time
import numpy as np
from eqprop_host.runlog import RunLog, open_log
from eqprop_host.runlog.verify import verify
from eqprop_sim.emulator.compiled_network import Network

stem, seed, kills = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng, random = np.random.default_rng(seed), random.Random(seed)
x, y = rng.integers(-127, 128, (9, 3)).astype(np.int8), rng.integers(0, 2, 9)
Network("3-2").warm_up()

def order(first, last):
    return np.arange(first, last) * 7 % 9

def trainer(path, told):
    # Whatever it has told is flushed, and must be there ever after
    about = {"layers": "3-2", "model": "hopfield", "seed": 7}
    log = RunLog.reopen(path) if os.path.exists(path) else RunLog(path, about)
    done = log.sample
    if not any(header["record"] == "samples" for header in (log.resumed.headers if log.resumed else ())):
        log.samples(x, y)
    twin = Network("3-2", 7)
    twin.learn_all(x[order(0, done)], y[order(0, done)])
    if not log.resumed or done not in log.resumed.logged:
        log.conductances(done, [(0, 0, twin.conductances(0))], "twin")
    while True:
        os.write(told, done.to_bytes(8, "little"))
        part = order(done, done + 5)
        twin.learn_all(x[part], y[part])
        log.steps(done, part)
        done += 5
        os.write(told, done.to_bytes(8, "little"))
        log.conductances(done, [(0, 0, twin.conductances(0))], "twin")

torn = 0
for kill in range(kills):
    path = f"{stem}-{kill // 20}{sys.argv[4]}"
    read, told = os.pipe()
    process = os.fork()
    if not process:
        trainer(path, told)
    os.close(told)
    os.read(read, 8)  # it runs
    time.sleep(random.random() * 0.004)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    flushed = 0
    while data := os.read(read, 8):
        flushed = int.from_bytes(data, "little")
    os.close(read)
    log = open_log(path)
    assert log.sample >= flushed, (kill, log.sample, flushed)
    assert all(span.end == os.path.getsize(path) for span in log.dropped)
    torn += bool(log.dropped)
    if kill % 20 == 19 or kill + 1 == kills:
        RunLog.reopen(path).close()
        log = open_log(path)
        assert verify(log) == [], (kill, verify(log))
        assert log.sample % 5 == 0 and len(log.logged) > 1, (kill, log.sample, log.logged)
print(kills, "kills,", torn, "torn records")
"""


@each_format
@pytest.mark.slow
def test_killed_writers_leave_all_they_flushed_and_resume_without_gap_or_duplicate(path, suffix):
    """200 kills at random moments, each trainer going on where the one before was killed.

    Catches records kept in a buffer of the program; a resume that counts rows from 0, or writes behind torn bytes.
    """
    argv = [sys.executable, "-c", KILLED, path.with_suffix(""), "1", "200", suffix]
    done = subprocess.run(argv, capture_output=True, text=True, env=_environment())
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("200 kills, ")


def _environment():
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


@each_format
def test_a_full_disk_is_said_and_leaves_what_was_there_readable(path):
    """Catches a cut record left behind; writing on after one; taking a short write for a whole one."""
    log = write(path, close=False)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A file at its largest allowed size is what a test can have of a full disk: the write is short, the next one fails.
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20, limits[1]))
    try:
        with pytest.raises(LogError, match=f"run{path.suffix}: cannot be written: ") as caught:
            log.conductances(13, [(0, 0, STEPS)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "\n" not in str(caught.value)
    with pytest.raises(LogError, match="is closed"):
        log.metrics(**METRICS)
    log.close()
    found = open_log(path)
    assert not found.dropped and found.rows == 8
    RunLog.reopen(path).close()
    assert open_log(path).end == "closed"


@each_format
def test_a_disk_that_does_not_sync_is_said(path, monkeypatch):
    """Catches metrics not forced to the disk."""
    log = RunLog(path, RUN)

    def fail(_file):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(LogError, match="cannot be written: Input/output error"):
        log.metrics(**METRICS)
    assert open_log(path).rows == 2


@each_format
def test_two_writers_are_one_too_many(path):
    """Catches a lock that is not taken; one that a new log or a reopened one goes without."""
    log = write(path, close=False)
    assert message(path, RunLog.reopen) == "another run is writing it"
    assert message(path, RunLog, RUN) == "another run is writing it"
    log.metrics(**METRICS)
    log.close()
    assert open_log(path).rows == 10
    RunLog.reopen(path).close()


def test_bad_paths_are_refused_before_anything_is_written(tmp_path):
    """Catches opening without looking at what is there; a pipe, which would wait for a reader forever."""
    kept = tmp_path / "kept.jsonl"
    kept.write_bytes(b"x")
    (tmp_path / "folder.jsonl").mkdir()
    os.mkfifo(tmp_path / "pipe.arrow")
    before = sorted(tmp_path.iterdir())
    for name, reason in {
        "kept.jsonl": "is not empty: a log never overwrites a file",
        "run.doc": "a log's suffix is .arrow or .jsonl, not .doc",
        "run.csv": ".csv would not survive a kill: log to .arrow, and `eqprop log export` it",
        "run": "a log's suffix is .arrow or .jsonl, not none",
        "folder.jsonl": "is not a regular file",
        "pipe.arrow": "is not a regular file",
        "none/run.jsonl": "cannot be written: No such file or directory",
        "kept.jsonl/run.jsonl": "cannot be written: Not a directory",
    }.items():
        assert message(tmp_path / name, RunLog, RUN) == reason
    assert message(tmp_path / "none.arrow", RunLog.reopen) == "cannot be read: No such file or directory"
    assert sorted(tmp_path.iterdir()) == before
    assert kept.read_bytes() == b"x"


@each_format
@pytest.mark.parametrize("there", [True, False])
def test_a_run_that_fails_before_anything_is_logged_leaves_what_was_there(path, there):
    """Catches leaving the file, so that the corrected command would be refused its log."""
    if there:
        path.touch()
    with pytest.raises(KeyError), RunLog(path, RUN):
        raise KeyError("port")
    assert path.exists() == there
    assert not there or path.stat().st_size == 0
    write(path)
    assert open_log(path).rows == 9


@each_format
def test_a_run_that_fails_later_says_so_in_its_log(path):
    with pytest.raises(OSError), RunLog(path, RUN) as log:
        log.metrics(**METRICS)
        raise OSError("port\ngone")
    assert open_log(path).end == "OSError: port gone"


@each_format
def test_a_log_that_cannot_hold_what_it_is_given_stays_sound(path):
    with pytest.raises(TypeError, match="object cannot be written as JSON"):
        RunLog(path, {"x": object()})
    with pytest.raises(ValueError, match="JSON"):
        RunLog(path, {"x": float("nan")})
    assert not path.exists()
    with RunLog(path, RUN) as log:
        with pytest.raises(ValueError, match="expected uint16, int16 or int8, got int32"):
            log.conductances(0, [(0, 0, STEPS.astype(np.int32))])
        log.close()
        log.close()
    assert open_log(path).rows == 2


@each_format
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"a", "is not a log, or truncated at its very start"),
        (b"1,2,0\n", "is not a log, or truncated at its very start"),
        (b"\xff" * 5000, "is not a log, or truncated at its very start"),
        (b'{"record": "run"}\n', "is not a log, or truncated at its very start"),
    ],
)
def test_a_foreign_file_is_told_apart(path, content, reason):
    path.write_bytes(content)
    assert message(path) == message(path, RunLog.reopen) == reason
    assert path.read_bytes() == content


def test_another_arrow_stream_is_no_log(tmp_path):
    table = pa.table({"a": [1, 2]})
    with pa.OSFile(str(tmp_path / "a.arrow"), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)
    assert message(tmp_path / "a.arrow") == "is not a log, or truncated at its very start"


@each_format
@pytest.mark.parametrize("number", [2, 4])
def test_a_log_of_another_eqprop_is_refused(path, monkeypatch, number):
    """By a line that names the version which wrote it."""
    monkeypatch.setattr(schema, "FORMAT", number)
    monkeypatch.setattr("eqprop_host.runlog.writer.FORMAT", number)
    monkeypatch.setitem(RUN, "version", "0.1.7")
    write(path)
    monkeypatch.undo()
    assert message(path) == f"row 0: format {number}, written by eqprop '0.1.7'; this one reads 3"


@each_format
def test_a_log_of_another_energy_model_is_refused(path, monkeypatch):
    """Caught: a log whose conductances mean something else, shown and replayed as a resistive network's."""
    monkeypatch.setattr(schema, "MODELS", ("", "ising"))
    monkeypatch.setitem(RUN, "model", "ising")
    write(path)
    monkeypatch.undo()
    assert message(path) == "row 0: model: 'ising' is not valid"


def test_a_path_that_is_no_file_is_said(tmp_path):
    assert message(tmp_path / "none.jsonl") == "cannot be read: No such file or directory"
    (tmp_path / "a.arrow").mkdir()
    assert message(tmp_path / "a.arrow") == "cannot be read: Is a directory"


@pytest.fixture(scope="module", params=[".arrow", ".jsonl"])
def good(request, tmp_path_factory):
    """A log, as bytes, its rows, the end of its first, and a path for damaged copies."""
    path = tmp_path_factory.mktemp("good") / f"good{request.param}"
    write(path)
    log = open_log(path)
    return path.read_bytes(), list(log.read_all()), log._records[0][1].end, path.with_name(f"bad{request.param}")


@pytest.mark.slow
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.integers(0), st.integers(0, 7))
def test_a_flipped_bit_costs_its_record_and_no_other(good, at, bit):
    """Catches a checksum that leaves the metadata out; a damaged length that takes the rest of the file along."""
    content, rows, first, path = good
    bad = bytearray(content)
    bad[at % len(bad)] ^= 1 << bit
    path.write_bytes(bad)
    try:
        log = open_log(path)
    except LogError as error:
        assert str(error).startswith(f"{path}: ")
        assert at % len(bad) < first  # the run itself
        return
    assert len(log.dropped) == 1
    assert log.rows >= len(rows) - 2
    kept = list(log.read_all())
    by_sequence = {row["sequence"]: row for row in rows}
    for row in kept:
        expected = by_sequence[row["sequence"]]
        assert row.keys() == expected.keys()
        assert all(np.array_equal(row[key], expected[key]) for key in row)
    assert verify(log)
    if log.dropped[0].end < len(bad):
        with pytest.raises(LogError, match="damaged at byte"):
            RunLog.reopen(path)


def test_columns_of_a_later_eqprop_are_passed_over(tmp_path):
    """An added column does not change the format: what is known is read."""
    import binascii

    path = tmp_path / "run.jsonl"
    write(path)
    lines = path.read_text("utf-8").splitlines()
    body = lines[1].rsplit(', "crc32"', 1)[0] + ', "humidity": 3'
    lines[1] = f'{body}, "crc32": "{binascii.crc32(body.encode()):08x}"}}'
    path.write_text("\n".join(lines) + "\n")
    assert open_log(path).rows == 9 and not open_log(path).dropped
