"""Writes a log: appends each record in one piece, so the log is whole up to its last record however the run ends."""

import base64
import binascii
import contextlib
import json
import os
import secrets
import time
from datetime import datetime, timezone
from pathlib import Path

import numpy as np

from ..errors import LogError
from ..files import claim, unwritable
from .formats import live
from .reader import open_log
from .schema import FORMAT, SIEMENS_PER_STEP, UNNAMED, check


class RunLog:
    """A log that is being written.

        with RunLog("run.arrow", {"layers": "64-32-10", "seed": 0}) as log:
            log.metrics(sample=1437, epoch=1, ...)

    If an error leaves the `with` block before anything but the run itself was logged, the file is removed. Each record
    is handed to the operating system in one piece, so a killed program loses none. Metrics and events are also forced
    to disk, so a power cut loses at most an epoch. A log has one writer at a time. Every method raises LogError if a
    record cannot be written, for example on a full disk; its partial bytes are then removed, and the log accepts no
    further records.

    - run_id: identifies the run. configuration: the dict given at its start. sample: of the last record.
    - resumed: the state in which a reopened log ended, a `runlog.reader.Log`; None for a new log.
    """

    def __init__(self, path, configuration, clock=time.time):
        """Create the file and write the run's record, with `configuration`, any dict that JSON can hold.

        clock: returns seconds since 1970, UTC. Raises LogError, leaving nothing, for a suffix other than .arrow and
        .jsonl, a file that is not empty, and a path that cannot be written.
        """
        self._open(path, clock)
        try:
            if os.fstat(self._file).st_size:
                raise LogError(f"{self._path}: is not empty: a log never overwrites a file")
            self._fresh = True
            self.configuration = {"siemens_per_step": SIEMENS_PER_STEP, **configuration}
            self.run_id = "r" + secrets.token_hex(
                8
            )  # with the r, readers of partitioned datasets do not parse a number
            text = json.dumps(self.configuration, default=_plain, allow_nan=False)
            self._encoder = live(path).Encoder(self.configuration["siemens_per_step"])
            self._ahead = self._encoder.begin()  # written in one piece with the run's record
            about = {
                "format": FORMAT,
                "run_id": self.run_id,
                "model": self.configuration.get("model", UNNAMED),
                "configuration": text,
            }
            self._write([{"record": "run", **about}], sample=0)
        except BaseException:
            self._remove()
            raise

    @classmethod
    def reopen(cls, path, clock=time.time):
        """Open the log at `path` to append to it, for a run that resumes.

        A truncated last record is removed; the event `repair` then holds its bytes, the first 64 KB. Raises LogError if
        the file is not a log, is damaged elsewhere, or has another writer.
        """
        self = cls.__new__(cls)
        live(path)
        if not Path(path).exists():
            raise LogError(f"{path}: cannot be read: No such file or directory")
        self._open(path, clock)
        try:
            self.resumed = log = open_log(path)
            torn = [span for span in log.dropped if span.end == os.fstat(self._file).st_size]
            if len(log.dropped) > len(torn):
                span = log.dropped[0]
                text = f"damaged at byte {span.start}: `eqprop log export --repair` copies the intact records"
                raise LogError(f"{path}: {text}")
            self.run_id, self.configuration, self.sample = log.run_id, log.configuration, log.sample
            self._sequence = log.rows
            self._encoder = live(path).Encoder(self.configuration["siemens_per_step"])
            if torn:
                with open(path, "rb") as file:
                    file.seek(torn[0].start)
                    kept = base64.b64encode(file.read(_TORN_BYTES)).decode()
                os.ftruncate(self._file, torn[0].start)
                self.event("repair", dropped_bytes=torn[0].end - torn[0].start, base64=kept)
        except BaseException:
            self._release()
            raise
        return self

    def _open(self, path, clock):
        """Lock the file, which may be new, for this writer."""
        self._path = path = Path(path)
        self._clock = clock
        self._sequence = 0
        self._ahead = b""
        self._created = self._fresh = False
        self._file: int | None = None
        self.sample = 0
        self.resumed = None
        live(path)
        try:
            self._created = not path.exists()
            if not self._created and not path.is_file():  # opening a pipe would wait for its reader
                raise LogError(f"{path}: is not a regular file")
            # Each write goes to the end of the file, even if another program has appended.
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        except OSError as error:
            raise unwritable(path, error) from error
        try:
            claim(self._file, path)
        except LogError:
            self._release()
            raise

    def samples(self, features, right, start=0):
        """Log distinct training samples, from number `start` on.

        features: int8 (samples, inputs). right: classes (samples,), or targets, int16 (samples, outputs).
        """
        count = max(1, _SAMPLES_BYTES // features.shape[1])
        name = "labels" if right.ndim == 1 else "targets"
        for first in range(0, len(right), count):
            part = slice(first, first + count)
            row = {"record": "samples", "first": start + first, name: right[part].ravel()}
            self._write([{**row, "features": features[part].ravel()}])

    def steps(self, first, order):
        """Log which rows the steps from number `first` on learnt: see `Log.training_rows`."""
        self._write([{"record": "steps", "first": first, "order": order}], sample=first + len(order))

    def conductances(self, sample, pieces, source="board"):
        """Log conductances after `sample` training samples.

        pieces: (crossbar, first device, steps) each; steps are uint16, or int16 or int8 if signed, flat as in
        `shapes` of `eqprop.plan`. source: "board" if they were read from it, "twin" if they came from its digital twin,
        "average" for the average that took their place.
        Raises ValueError for another type.
        """
        rows = []
        for crossbar, first, steps in pieces:
            if steps.dtype == np.int8:
                steps = steps.astype(np.int16)
            if steps.dtype not in (np.uint16, np.int16):
                raise ValueError(f"steps: expected uint16, int16 or int8, got {steps.dtype}")
            steps = steps.view(np.uint16)
            crc = binascii.crc32(steps.astype("<u2").tobytes())
            row = {
                "record": "conductances",
                "crossbar": crossbar,
                "first": first,
                "conductance_steps": steps,
                "crc": crc,
            }
            rows.append({**row, "source": source})
        self._write(rows, sample=sample)

    def metrics(self, *, sample, **fields):
        """Log how well the network does; `runlog.schema` documents the fields. Forced to disk."""
        self._write([{"record": "metrics", **fields}], sample=sample)
        self._sync()

    def event(self, event, sample=None, board_ticks_us=None, **detail):
        """Log an event: its name, and details that JSON can hold."""
        text = json.dumps(detail, default=_plain, allow_nan=False)
        row = {"record": "event", "event": event, "detail": text, "board_ticks_us": board_ticks_us}
        self._write([row], sample=self.sample if sample is None else sample)
        self._sync()

    def events(self, rows):
        """Log events in one piece: (name, sample or None, the board's microseconds, dict of details) each."""
        named = [
            {
                "record": "event",
                "event": name,
                "detail": json.dumps(detail, default=_plain, allow_nan=False),
                "board_ticks_us": us,
                "sample": self.sample if sample is None else sample,
            }
            for name, sample, us, detail in rows
        ]
        self._write(named, sample=max((row["sample"] for row in named), default=None))

    def close(self, reason="closed"):
        """Log the end of the run and close the file. Does nothing if it is closed."""
        if self._file is None:
            return
        try:
            self._write([{"record": "end", "reason": reason}])
            self._sync()
        finally:
            self._release()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _traceback):
        if error is None:
            self.close()
        elif self._sequence <= 1 and self._file is not None:
            self._remove()
        else:
            # The error that ended the run matters more than a failure to log it.
            with contextlib.suppress(LogError):
                self.close(" ".join(f"{kind.__name__}: {error}".split()))

    def _write(self, rows, sample=None):
        """Append rows of one table in one piece, each with its number, time and sample."""
        if self._file is None:
            raise LogError(f"{self._path}: is closed")
        utc = datetime.fromtimestamp(self._clock(), timezone.utc)
        sample = self.sample if sample is None else int(sample)
        complete = []
        for place, row in enumerate(rows):
            stamp = {"record": row["record"], "sequence": self._sequence + place, "utc": utc, "sample": sample}
            complete.append({**stamp, **{key: _number(value) for key, value in row.items()}})
            check(complete[-1])
        self._append(self._ahead + self._encoder.rows(complete))
        self._ahead = b""
        self._sequence += len(rows)
        self.sample = max(self.sample, sample)

    def _append(self, data):
        left = memoryview(data)
        start = os.fstat(self._file).st_size
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, start)
            raise self._failed(error) from error

    def _sync(self):
        try:
            os.fsync(self._file)
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error):
        """Accept no further records, because the last may be truncated; return the LogError that says why."""
        self._release()
        return LogError(f"{self._path}: cannot be written: {error.strerror or error}")

    def _release(self):
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _remove(self):
        """Restore the state before: no file, or an empty one."""
        with contextlib.suppress(OSError):
            if self._created:
                self._path.unlink()
            elif self._fresh:
                os.ftruncate(self._file, 0)
        self._release()


_SAMPLES_BYTES = 1 << 20
_TORN_BYTES = 1 << 16


def _number(value):
    return value.item() if isinstance(value, np.generic) else value


def _plain(value):
    """Return a NumPy number as Python's, for JSON."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
