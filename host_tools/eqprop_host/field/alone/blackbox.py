"""Brings a board's black box home (`eqprop.telemetry.blackbox`): each record once, into a log, with its time."""

import struct
import time
from dataclasses import dataclass
from datetime import datetime, timezone

from eqprop.protocol import telemetry as kinds
from eqprop.telemetry.blackbox import CLOCK, RECORD_SIZE, START, STATE, WITH_FEATURES

from ...errors import BoardError
from ...runlog import RunLog
from .. import records
from ..journal import describe, replays
from .history import History

_PATIENCE_S = 3.0  # for the next piece
_TRIES = 20
_NAMES = {START: "start", CLOCK: "clock", STATE: "state", kinds.ANSWER: "answer", kinds.LEARNT: "learnt"}


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

    x: bytes | None = None
    """The features, int8, if they were told and the box keeps them."""

    @property
    def crc(self):
        """The CRC-32 of the network's conductances, of START and STATE; 0 without a network."""
        return self.highest | self.lead << 16


def pull(listener, first, now=time.monotonic):
    """Return (number of the box, its records from number `first` on, how many of these were overwritten before).

    What a board that goes on working notes meanwhile may be left for the next time. A piece that is lost is asked for
    again. Raises BoardError for a program without a black box, or a line that loses every piece.
    """
    return _Pull(listener, first, now).run()


class _Pull:
    """Bringing a black box home.

    A board sends its pieces in order, and then the number of the next record. A number beyond the one expected means
    that pieces were lost on the line, which shows in the numbers of all records (`Listener.missing`), or that the
    records between are gone. The second is believed when the board's next answer says the same.
    """

    def __init__(self, listener, first, now):
        self._listener = listener
        self._now = now
        self._expected = first
        self._part = b""  # of the record expected
        self._found = []
        self._box = self._claimed = self._goal = None
        self._overwritten = 0

    def run(self):
        """As `pull`."""
        tries, at = 0, self._expected
        while not self._ask():
            tries = 0 if self._expected > at else tries + 1
            at = self._expected
            if self._box is None and tries > 1:
                raise BoardError(
                    f"port {self._listener.name}: the program has no black box: give its Telemetry one (box=)"
                )
            if tries > _TRIES:
                raise BoardError(
                    f"port {self._listener.name}: the line loses each piece of the black box from record {at} on"
                )
            if self._box is not None and self._stop():
                break
        return self._box, self._found, self._overwritten

    def _ask(self):
        """Ask for what is missing and take it; return whether that is all."""
        self._part = b""
        missing = self._listener.missing
        self._listener.ask(kinds.LOG_READ, struct.pack("<I", self._expected))
        for each in self._pieces():
            if not each.data:
                return self._ends(each, missing)
            if each.first > self._expected and not self._are_gone(each, missing):
                return False
            if each.first == self._expected and each.offset in (0, len(self._part)):
                self._take(each)
        return False

    def _ends(self, last, missing):
        """Return whether the end of an answer is that of the box."""
        if self._is_home(last):
            return True
        if self._listener.missing != missing:  # pieces, perhaps: they are asked for again
            return False
        if self._claimed == self._expected:  # what the box had is gone, and newer records are for the next time
            return True
        self._claimed = self._expected
        return False

    def _are_gone(self, piece, missing):
        """Return whether the records before a piece are gone; they are counted then."""
        if self._listener.missing != missing or piece.offset:
            return False
        if self._claimed != self._expected:
            self._claimed = self._expected
            return False
        self._overwritten += piece.first - self._expected
        self._expected, self._part = piece.first, b""
        return True

    def _take(self, piece):
        """Take the records in a piece, or a part of one."""
        self._part = (self._part if piece.offset else b"") + piece.data
        size = RECORD_SIZE + piece.features
        while len(self._part) >= size:
            self._found.append(_unpacked(self._expected, self._part[:size]))
            self._expected, self._part = self._expected + 1, self._part[size:]

    def _stop(self):
        """Have the board end its answer; return as `_is_home`. What comes after the next request answers that."""
        self._listener.ask(kinds.LOG_READ, struct.pack("<I", 0xFFFFFFFF))
        for each in self._pieces():
            if not each.data:
                return self._is_home(each)
        return False

    def _is_home(self, last):
        """Return whether all is here that the box had at the end of its first answer; last: the end of an answer."""
        self._goal = self._goal or last.first
        return self._expected >= self._goal

    def _pieces(self):
        """Yield the pieces that come, until none has come for a while."""
        until = self._now() + _PATIENCE_S
        while self._now() < until:
            for each in self._listener.poll():
                if isinstance(each, records.LogPiece):
                    self._box, until = each.box, self._now() + _PATIENCE_S
                    yield each


def _unpacked(number, data):
    kind, *rest = struct.unpack_from("<BBHHHII", data)
    told = kind > WITH_FEATURES and kind - WITH_FEATURES in (kinds.ANSWER, kinds.LEARNT)
    value, label, highest, lead, sample, seconds = rest
    x = data[RECORD_SIZE:] if told else None
    return Kept(number, kind - WITH_FEATURES if told else kind, value, label, highest, lead, sample, seconds, x)


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


def keep(path, listener, port, tell=lambda line: None, **about_board):
    """Pull what is new into the log at `path`, which may exist; return how many records came, and were overwritten.

    If the box keeps features, the samples that the board learnt are logged as steps, so `runlog.replay` computes the
    conductances after any of them, and compares them with those that the board noted. tell: called with a line where
    that is not possible. about_board: further entries of a new log's configuration, such as `board_name`. Raises as
    `pull`, and LogError.
    """
    about = listener.wait_for_about()
    if path.exists():
        log = RunLog.reopen(path)
        there = [event["detail"] for event in log.resumed.events if "record" in event["detail"]]
        last = there[-1]["box"] if there else None
        begin = 1 + max((each["record"] for each in there if each["box"] == last), default=-1)
        box, kept, overwritten = pull(listener, begin)
        if there and box != last:
            box, kept, overwritten = pull(listener, 0)  # its flash was erased: a box of its own
    else:
        box, kept, overwritten = pull(listener, 0)
        log = RunLog(path, {**describe(about, port), **about_board})
    with log:
        history = History(about, log) if replays(about) else None
        marks = history.follow(kept) if history else set()
        rows = []
        for record, utc in zip(kept, times(kept), strict=True):
            name, us = _NAMES.get(record.kind, "unknown"), 1_000_000 * record.seconds
            sample = None if record.kind == CLOCK else record.sample
            rows.append((name, sample, us, _detail(box, record, utc, record.number in marks)))
        if rows:
            log.events(rows)
        if history and history.lost and any(each.x is not None for each in kept):
            history.take_conductances(listener, tell)
    return len(kept), overwritten


def told(count, overwritten):
    """Return what `keep` returned in words."""
    older = f"; {overwritten} older ones had been overwritten" if overwritten else ""
    return f"{count} new records of the black box{older}"


def _detail(box, record, utc, marked):
    known = {"utc": datetime.fromtimestamp(utc, timezone.utc).isoformat()} if utc is not None else {}
    about = {"box": box, "record": record.number, **known}
    if marked:
        about["conductance_crc"] = f"{record.crc:08x}"
    if record.kind in (kinds.ANSWER, kinds.LEARNT):
        about |= {"label": record.label, "highest": record.highest, "lead": record.lead}
        if record.kind == kinds.ANSWER and record.value != kinds.UNCALIBRATED:
            about["confidence_percent"] = record.value
    return about
