"""The log of a training run: written while it runs, whole up to its last full record whatever ends the run.

A log is UTF-8 text, suffix .jsonl: one record a line, each a JSON object with

- record     what it is, see below
- utc        when it was written, ISO 8601 with milliseconds: "2031-05-06T07:08:09.120+00:00"

and, by the kind of record:

run            first in the file, and only there
    format     1, the version of this format
    run        object: whatever describes the run, such as layers, seed, epochs, data, port, version
metrics        after each epoch
    sample     training samples learnt so far
    epoch      passes over the training samples so far, the one under way counted
    train_error_percent, test_error_percent
               0..100 %: of the epoch's samples, each asked before it was learnt; of the test samples after it
    loss       mean loss of the epoch's samples (see `eqprop.learning.Learner`)
    samples_per_second
               training samples a second since the run began, tests left out
conductances   of one crossbar at one moment
    sample     training samples learnt so far
    crossbar   0.. : which one; it joins layer `crossbar` and layer `crossbar` + 1
    shape      [rows, columns] as stored, as `eqprop.Plan.shapes` says
    crc        CRC-32 of the bytes in `steps`, eight hexadecimal digits
    steps      rows * columns conductances in steps (0..32767 on a sound board), row by row: uint16, least significant
               byte first, in base64
event          something happened
    event      its name, and whatever describes it in further keys
end            last in the file of a run that could say that it ended
    reason     "closed", or in one line the error that ended the run

Readers pass over keys they do not know, and over a last line without its newline: that record was cut by whatever
ended the run. Numbers are finite. A record is handed to the operating system in one piece as it is written, so a
killed program loses none; metrics are also forced to the disk, so a power cut loses an epoch at most.
"""

import base64
import binascii
import contextlib
import json
import os
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from .errors import LogError
from .files import claim, unwritable

FORMAT = 1
"""The version of the format that is written, and the newest that is read."""

SUFFIX = ".jsonl"


@dataclass(frozen=True, eq=False)
class Log:
    """What a log holds, in the order it was written. Records are dicts as they stand in the file."""

    path: Path
    """Where it was read from."""

    run: dict
    """What describes the run: the value of `run` in the first record."""

    metrics: list[dict] = field(default_factory=list)
    """Its metrics records."""

    conductances: list[dict] = field(default_factory=list)
    """Its conductances records; `steps` is a NumPy uint16 array of `shape`, which is a tuple."""

    events: list[dict] = field(default_factory=list)
    """Its event records."""

    end: dict | None = None
    """Its end record; None when the run goes on, or was killed."""

    truncated: bool = False
    """Whether the last record was cut, and left out here."""


class RunLog:
    """A log being written.

        with RunLog("run.jsonl", {"layers": "64-32-10", "seed": 0}) as log:
            log.metrics(sample=1437, epoch=1, ...)

    Left by an error before anything but the run itself was logged, it takes its file away again: nothing happened.
    Every method raises LogError when the record cannot be written, such as on a full disk; the log takes no further
    records then, and what it holds stays readable.
    """

    def __init__(self, path, run, clock=time.time):
        """Create the file and write the run's record, `run` being any dict that JSON can hold.

        clock: returns seconds since 1970, UTC. Raises LogError, and writes nothing, for another suffix than .jsonl, a
        file that is not empty, and a path that cannot be written.
        """
        self._path = path = Path(path)
        self._clock = clock
        self._records = 0
        if path.suffix != SUFFIX:
            raise LogError(f"{path}: a log's suffix is {SUFFIX}, not {path.suffix or 'none'}")
        try:
            self._created = not path.exists()
            if not self._created and not path.is_file():  # a pipe, opened, would wait for its reader
                raise LogError(f"{path}: is no regular file")
            # Each write goes to the end of the file, wherever somebody else left it.
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        except OSError as error:
            raise unwritable(path, error) from error
        try:
            claim(self._file, path)
            if os.fstat(self._file).st_size:
                raise LogError(f"{path}: is not empty, and a log overwrites nothing")
        except BaseException:
            os.close(self._file)
            raise
        try:
            self._write({"record": "run", "format": FORMAT, "run": run})
        except BaseException:
            self._remove()
            raise

    @classmethod
    def resume(cls, path, clock=time.time):
        """Go on with the log of a run that was interrupted: behind its last full record, its end taken back.

        Raises LogError as `read`, and for a file that cannot be written.
        """
        log = cls.__new__(cls)
        log._path = Path(path)
        log._clock = clock
        log._created = False
        log._records = 2  # a log that held something is not taken away
        try:
            log._file = os.open(path, os.O_WRONLY | os.O_APPEND)
        except OSError as error:
            raise unwritable(path, error) from error
        try:
            claim(log._file, path)
            os.ftruncate(log._file, log._whole())
        except (LogError, OSError) as error:
            log._release()
            raise unwritable(path, error) from error
        return log

    def _whole(self):
        """Return the bytes of the log's full records before its end."""
        size = 0
        with self._path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n") or json.loads(line)["record"] == "end":
                    break
                size += len(line)
        return size

    def metrics(self, *, sample, epoch, train_error_percent, test_error_percent, loss, samples_per_second):
        """Log how well the network does; the module's docstring says what each means. Forced to the disk."""
        fields = {
            "sample": sample,
            "epoch": epoch,
            "train_error_percent": train_error_percent,
            "test_error_percent": test_error_percent,
            "loss": loss,
            "samples_per_second": samples_per_second,
        }
        self._write({"record": "metrics", **fields})
        try:
            os.fsync(self._file)
        except OSError as error:
            raise self._failed(error) from error

    def conductances(self, sample, crossbar, shape, steps):
        """Log crossbar number `crossbar` after `sample` training samples.

        shape: (rows, columns). steps: rows * columns conductances, uint16, row by row. Raises ValueError for another
        number or type of them.
        """
        rows, columns = shape
        if steps.dtype != np.uint16 or steps.size != rows * columns:
            raise ValueError(f"steps: {steps.size} of {steps.dtype}, not {rows} x {columns} of uint16")
        data = steps.astype("<u2").tobytes()
        fields = {
            "sample": sample,
            "crossbar": crossbar,
            "shape": [rows, columns],
            "crc": f"{binascii.crc32(data):08x}",
            "steps": base64.b64encode(data).decode(),
        }
        self._write({"record": "conductances", **fields})

    def event(self, event, **fields):
        """Log that something happened: its name, and whatever describes it that JSON can hold."""
        self._write({**fields, "record": "event", "event": event})

    def close(self, reason="closed"):
        """Log the end of the run and close the file. Does nothing when it is closed."""
        if self._file is None:
            return
        try:
            self._write({"record": "end", "reason": reason})
        finally:
            self._release()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _traceback):
        if error is None:
            self.close()
        elif self._records <= 1 and self._file is not None:
            self._remove()
        else:
            # What ended the run matters more than that the log cannot hold it.
            with contextlib.suppress(LogError):
                self.close(" ".join(f"{kind.__name__}: {error}".split()))

    def _write(self, record):
        """Append one record, with the time, in one piece."""
        if self._file is None:
            raise LogError(f"{self._path}: is closed")
        utc = datetime.fromtimestamp(self._clock(), timezone.utc).isoformat(timespec="milliseconds")
        line = memoryview(json.dumps({**record, "utc": utc}, default=_plain, allow_nan=False).encode() + b"\n")
        try:
            while line:
                line = line[os.write(self._file, line) :]
        except OSError as error:
            raise self._failed(error) from error
        self._records += 1

    def _failed(self, error):
        """Take no further record, which would stand behind a cut one, and return the LogError that says why."""
        self._release()
        return LogError(f"{self._path}: cannot be written: {error.strerror or error}")

    def _release(self):
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _remove(self):
        """Leave things as they were found: no file, or an empty one."""
        self._release()
        with contextlib.suppress(OSError):
            if self._created:
                self._path.unlink()
            else:
                os.truncate(self._path, 0)


def read(path):
    """Return the `Log` at `path`, up to its last full record.

    Raises LogError naming the path, the line (from 1), and what is wrong: a file that is missing, empty, no log, of a
    newer format, or damaged anywhere but at the end of its last line.
    """
    path = Path(path)
    number = 0
    fields: dict[str, Any] = {}
    try:
        # Line by line: what is not kept is not held.
        with path.open("rb") as file:
            for line in file:
                number += 1
                if not line.endswith(b"\n"):
                    fields["truncated"] = True
                    break
                _take(fields, line)
    except OSError as error:
        raise LogError(f"{path}: cannot be read: {error.strerror or error}") from error
    except _Wrong as error:
        raise LogError(f"{path}: line {number}: {error}") from error
    if not fields:
        raise LogError(f"{path}: is empty")
    if "run" not in fields:
        raise LogError(f"{path}: line 1: no full record: no log, or cut at its very start")
    return Log(path, **fields)


class _Wrong(ValueError):
    """A line that is no record of a log."""


def _take(fields, line):
    """Add the record in a full line to the fields of a `Log`. Raises _Wrong."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _Wrong("is no JSON") from error
    if not isinstance(record, dict):
        raise _Wrong("is no JSON object")
    kind = record.get("record")
    if "run" not in fields:
        if kind != "run":
            raise _Wrong(f"record {_shown(kind)}, where a log's first is 'run'")
        _need(record, "format", int, 0)
        if record["format"] > FORMAT:
            raise _Wrong(f"format {record['format']}, written by a newer eqprop; this one reads up to {FORMAT}")
        _need(record, "run", dict)
        fields.update({name: [] for name in ("metrics", "conductances", "events")}, run=record["run"])
    elif "end" in fields:
        raise _Wrong(f"record {_shown(kind)} behind the end")
    elif kind == "metrics":
        for key in ("sample", "epoch"):
            _need(record, key, int, 0)
        for key in ("train_error_percent", "test_error_percent", "loss", "samples_per_second"):
            _need(record, key, (int, float), 0)
        fields["metrics"].append(record)
    elif kind == "conductances":
        fields["conductances"].append(_decoded(record))
    elif kind == "event":
        _need(record, "event", str)
        fields["events"].append(record)
    elif kind == "end":
        _need(record, "reason", str)
        fields["end"] = record
    else:
        raise _Wrong(f"record {_shown(kind)} is none of a log")


def _decoded(record):
    """Return a conductances record with its steps as an array. Raises _Wrong."""
    for key in ("sample", "crossbar"):
        _need(record, key, int, 0)
    _need(record, "shape", list)
    shape = record["shape"]
    if len(shape) != 2 or any(type(n) is not int or n < 1 for n in shape):
        raise _Wrong(f"shape {_shown(shape)} is not [rows, columns]")
    _need(record, "steps", str)
    try:
        data = base64.b64decode(record["steps"], validate=True)
    except ValueError as error:
        raise _Wrong("steps are no base64") from error
    if len(data) != 2 * shape[0] * shape[1]:
        raise _Wrong(f"steps: {len(data)} bytes for {shape[0]} x {shape[1]} conductances")
    crc = f"{binascii.crc32(data):08x}"
    if record.get("crc") != crc:
        raise _Wrong(f"steps: CRC-32 {crc}, not {_shown(record.get('crc'))} as written")
    return {**record, "shape": tuple(shape), "steps": np.frombuffer(data, "<u2").astype(np.uint16).reshape(shape)}


def _need(record, key, kind, least=None):
    """Raise _Wrong unless the record has `key`, of type `kind`, not below `least`."""
    if key not in record:
        raise _Wrong(f"record {_shown(record['record'])} without {key}")
    value = record[key]
    # Python reads true as 1; NaN, which JSON does not have, is below nothing and above nothing.
    wrong = not isinstance(value, kind) or isinstance(value, bool)
    if wrong or (least is not None and not least <= value < float("inf")):
        raise _Wrong(f"{key} is {_shown(value)}")


def _shown(value):
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _plain(value):
    """Return a NumPy number as Python's, for JSON."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is nothing that JSON can hold")
