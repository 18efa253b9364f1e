"""A black box that comes home: each record once, in order, with its time, from a board that goes on working."""

import contextlib
import random
import re

import pytest

from eqprop.telemetry.blackbox import CLOCK, START
from eqprop_host import cli
from eqprop_host.field.alone.blackbox import Kept, times
from eqprop_host.link.line import Port
from eqprop_host.runlog import open_log
from eqprop_host.runlog.verify import verify
from support.boards.program_board import ProgramBoard
from support.places import PROGRAMS


def numbers(log):
    return [event["detail"]["record"] for event in open_log(log).events if "record" in event["detail"]]


@pytest.mark.parametrize("suffix", [".arrow", ".jsonl"])
def test_it_comes_home_once(suffix, unix_micropython, tmp_path, capsys):
    """Twice from a board that goes on, then after a restart. Catches: a record twice, one left out, a torn end."""
    log, folder = tmp_path / f"alone{suffix}", tmp_path / "flash"
    folder.mkdir()
    for _ in range(2):
        board = ProgramBoard(unix_micropython, PROGRAMS / "boxed.py", folder, 60)
        with contextlib.closing(board):
            for _ in range(2):
                assert cli.main(["pull", "--log", str(log), "--port", board.path]) == 0
                assert "new records of the black box" in capsys.readouterr().out
        found = numbers(log)
        assert found == sorted(set(found))
    names = [event["event"] for event in open_log(log).events]
    assert names.count("start") == 2 and names.count("clock") >= 2
    assert names.count("learnt") >= 60 and names.count("answer") > 60
    learnt = [event for event in open_log(log).events if event["event"] == "learnt"]
    assert [event["sample"] for event in learnt[:60]] == list(range(1, 61))
    assert any("utc" in event["detail"] for event in learnt)
    whole = open_log(log)
    assert verify(whole) == [] and whole.steps == 120 == max(whole.marks) and len(whole.marks) > 4


def test_it_comes_home_whole_over_a_bad_line(unix_micropython, tmp_path, monkeypatch):
    """Bytes flip and vanish. Catches a piece that is believed, or left out."""
    folder = tmp_path / "flash"
    folder.mkdir()
    board = ProgramBoard(unix_micropython, PROGRAMS / "boxed.py", folder, 60)
    draws, read = random.Random(5), Port.read

    def bad(self):
        data = bytearray(read(self))
        for n in range(len(data)):
            if draws.random() < 5e-4:
                data[n] ^= 1 << draws.randrange(8)
        return bytes(byte for byte in data if draws.random() > 2e-4)

    monkeypatch.setattr(Port, "read", bad)
    monkeypatch.setattr("eqprop_host.field.alone.blackbox._PATIENCE_S", 1.0)
    with contextlib.closing(board):
        assert cli.main(["pull", "--log", str(tmp_path / "x.arrow"), "--port", board.path]) == 0
    found = numbers(tmp_path / "x.arrow")
    assert found == list(range(len(found))) and len(found) > 120
    learnt = [event["sample"] for event in open_log(tmp_path / "x.arrow").events if event["event"] == "learnt"]
    assert learnt == list(range(1, 61)) and open_log(tmp_path / "x.arrow").steps == 60


def test_a_ring_that_goes_round_meanwhile_brings_what_is_left(unix_micropython, tmp_path, capsys):
    """Ten records a millisecond, of 240. Caught: the whole pull failed, with nothing kept."""
    log, folder = tmp_path / "alone.arrow", tmp_path / "flash"
    folder.mkdir()
    board = ProgramBoard(unix_micropython, PROGRAMS / "boxed.py", folder, 60, 10)
    overwritten = 0
    with contextlib.closing(board):
        for _ in range(2):
            assert cli.main(["pull", "--log", str(log), "--port", board.path]) == 0
            said = re.search(r"(\d+) new records .*; (\d+) older ones had been overwritten", capsys.readouterr().out)
            assert int(said[1]) > 0
            overwritten += int(said[2])
    found = numbers(log)
    assert found == sorted(set(found)) and len(found) + overwritten == found[-1] + 1


def test_a_program_without_one_is_named(unix_micropython, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("eqprop_host.field.alone.blackbox._PATIENCE_S", 0.3)
    board = ProgramBoard(unix_micropython, PROGRAMS / "asking.py", cwd=tmp_path)
    with contextlib.closing(board):
        assert cli.main(["pull", "--log", str(tmp_path / "x.arrow"), "--port", board.path]) == 1
    assert "has no black box: give its Telemetry one (box=)" in capsys.readouterr().err
    assert not (tmp_path / "x.arrow").exists()
    assert cli.main(["pull"]) == 1
    assert "name either the .npz file to write, or the --log" in capsys.readouterr().err


def test_times_follow_the_hosts_clock_and_the_boards_drift():
    """Of each start alone; without a host there is no time. Catches a drift that is not corrected."""

    def record(kind, seconds, sample=0):
        return Kept(0, kind, 0, 0, 0, 0, sample, seconds)

    kept = [record(START, 0), record(132, 50), record(START, 0), record(CLOCK, 100, 1000), record(132, 600)]
    kept += [record(CLOCK, 1100, 2001)]
    found = times(kept)
    assert found[:2] == [None, None]
    assert [time - 1577836800 for time in found[2:]] == pytest.approx([899.9, 1000, 1500.5, 2001])
