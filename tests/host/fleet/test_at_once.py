"""The same work on many boards at once."""

import io
import os
import signal
import threading
from collections import namedtuple

import pytest

from eqprop_host.errors import BoardError
from eqprop_host.fleet.at_once import Failed, at_once
from eqprop_host.terminal.board_lines import board_lines
from eqprop_host.terminal.interrupts import on_ctrl_c

Named = namedtuple("Named", "name")
BOARDS = [Named(name) for name in "abcd"]


def test_boards_work_at_the_same_time_and_a_failure_is_one_boards():
    """All of them meet, which boards in turn cannot. Catches one that fails, as it should not, and ends the others."""
    meeting = threading.Barrier(len(BOARDS))

    def work(board, say, moved):
        meeting.wait(60)
        moved("away")
        if board.name == "b":
            raise BoardError("port b: is broken")
        if board.name == "c":
            raise KeyError("a bug")
        say("here")
        return board.name

    stream = io.StringIO()
    with board_lines("abcd", stream) as lines:
        found = at_once(BOARDS, work, lines)
    assert list(found) == ["a", "b", "c", "d"] and (found["a"], found["d"]) == ("a", "d")
    assert found["b"].reason == "port b: is broken" and found["c"].reason == "KeyError: 'a bug'"
    said = sorted(stream.getvalue().splitlines())
    assert said == ["a: here", "b: failed: port b: is broken", "c: failed: KeyError: 'a bug'", "d: here"]


def test_no_more_boards_at_a_time_than_asked():
    busy, most, lock = 0, 0, threading.Lock()

    def work(board, say, moved):
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        with lock:
            busy -= 1

    with board_lines("abcd", io.StringIO()) as lines:
        at_once(BOARDS, work, lines, 1)
    assert most == 1


def test_ctrl_c_reaches_boards_under_way_and_the_others_do_not_begin():
    """Catches an interrupt that only the main thread sees, and boards begun after it."""

    def work(board, say, moved):
        with on_ctrl_c() as interrupt:
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(1000):
                if interrupt.requested:
                    return "ended early"
                threading.Event().wait(0.01)
        return "not told"

    with board_lines("abcd", io.StringIO()) as lines:
        found = at_once(BOARDS, work, lines, 1)
    assert found["a"] == "ended early"
    assert all(isinstance(found[name], Failed) and "not begun" in found[name].reason for name in "bcd")


def test_a_second_ctrl_c_leaves_the_boards():
    def work(board, say, moved):
        while True:
            os.kill(os.getpid(), signal.SIGINT)
            threading.Event().wait(0.01)
            moved("on")

    with board_lines("a", io.StringIO()) as lines, pytest.raises(KeyboardInterrupt):
        at_once(BOARDS[:1], work, lines)


def test_a_terminal_has_a_line_for_each_board():
    """Catches a name that is not shown, and text longer than the line."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    with board_lines(["kitchen", "attic"], stream) as lines:
        lines.moved("attic", "sample 1 of 200")
        lines.say("kitchen", "x" * 500)
    last = stream.getvalue()
    assert "attic" in last and "sample 1 of 200" in last and "kitchen" in last and "x" * 200 not in last
