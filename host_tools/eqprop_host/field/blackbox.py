"""Brings a board's black box home (`eqprop.telemetry.blackbox`): each record once, into a log, with its time."""

import struct
import time
from dataclasses import dataclass
from datetime import datetime, timezone

from eqprop.protocol import telemetry as kinds
from eqprop.telemetry.blackbox import CLOCK, RECORD_SIZE, START

from ..errors import BoardError
from ..runlog import RunLog
from . import records
from .journal import describe

_PATIENCE_S = 3.0  # for the next piece
_TRIES = 20
_NAMES = {START: "start", CLOCK: "clock", kinds.ANSWER: "answer", kinds.LEARNT: "learnt"}


@dataclass(frozen=True)
class Kept:
    """A record of a black box."""

    number: int
    kind: int
    value: int
    label: int
    highest: int
    lead: int
    sample: int
    seconds: int
    """Seconds since the program's start."""


def pull(listener, first, now=time.monotonic):
    """Return (number of the box, its records from number `first` on, or from the oldest kept).

    A piece that is lost is asked for again. Raises BoardError for a program without a black box, or a line that loses
    every piece.
    """
    found, expected, box, tries = [], first, None, 0
    while True:
        listener.ask(kinds.LOG_READ, struct.pack("<I", expected))
        until = now() + _PATIENCE_S
        while now() < until:
            for each in listener.poll():
                if not isinstance(each, records.LogPiece):
                    continue
                box = each.box
                if each.first == expected or (not found and each.first > expected):
                    until = now() + _PATIENCE_S
                    if not each.data:
                        return box, found
                    found += _unpacked(each)
                    expected = each.first + len(each.data) // RECORD_SIZE
                    tries = 0
        tries += 1
        if box is None and tries > 1:
            raise BoardError(f"port {listener.name}: the program has no black box: give its Telemetry one (box=)")
        if tries > _TRIES:
            raise BoardError(
                f"port {listener.name}: the line loses each piece of the black box from record {expected} on"
            )


def _unpacked(piece):
    for n, at in enumerate(range(0, len(piece.data), RECORD_SIZE)):
        yield Kept(piece.first + n, *struct.unpack_from("<BBHHHII", piece.data, at))


def times(kept):
    """Return UTC of each record, in seconds since 1970, None where no host was there between two starts.

    Between two clocks of one start, the board's drift is corrected.
    """
    result, begin = [], 0
    bounds = [n for n, record in enumerate(kept) if record.kind == START and n] + [len(kept)]
    for end in bounds:
        part = kept[begin:end]
        clocks = [(each.seconds, each.sample + kinds.EPOCH_S) for each in part if each.kind == CLOCK]
        for each in part:
            result.append(_time(each.seconds, clocks))
        begin = end
    return result


def _time(seconds, clocks):
    if not clocks:
        return None
    (first, utc), (last, later) = clocks[0], clocks[-1]
    rate = (later - utc) / (last - first) if last > first else 1.0
    return utc + rate * (seconds - first)


def keep(path, listener, port, class_names=()):
    """Pull what is new into the log at `path`, which may exist; return how many records came.

    Raises as `pull`, and LogError.
    """
    about = listener.wait_for_about()
    if path.exists():
        log = RunLog.reopen(path)
        there = [event["detail"] for event in log.resumed.events if "record" in event["detail"]]
        box, kept = pull(listener, 1 + max((each["record"] for each in there), default=-1))
        if there and box != there[-1]["box"]:
            box, kept = pull(listener, 0)  # its flash was erased: a box of its own
    else:
        box, kept = pull(listener, 0)
        log = RunLog(path, describe(about, port, class_names))
    with log:
        rows = []
        for record, utc in zip(kept, times(kept), strict=True):
            name, us = _NAMES.get(record.kind, "unknown"), 1_000_000 * record.seconds
            sample = None if record.kind == CLOCK else record.sample
            rows.append((name, sample, us, _detail(box, record, utc)))
        if rows:
            log.events(rows)
    return len(kept)


def _detail(box, record, utc):
    known = {"utc": datetime.fromtimestamp(utc, timezone.utc).isoformat()} if utc is not None else {}
    about = {"box": box, "record": record.number, **known}
    if record.kind in (kinds.ANSWER, kinds.LEARNT):
        about |= {"label": record.label, "highest": record.highest, "lead": record.lead}
        if record.kind == kinds.ANSWER and record.value != kinds.UNCALIBRATED:
            about["confidence_percent"] = record.value
    return about
