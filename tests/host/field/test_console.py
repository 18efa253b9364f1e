"""A program's console: its text without its records, and what is typed."""

import contextlib
import io
import signal
import sys

from eqprop_host import cli
from support.boards.program_board import ProgramBoard
from support.places import PROGRAMS


def test_text_comes_and_what_is_typed_goes(unix_micropython, monkeypatch, capsys):
    """Catches: a frame that is printed, a line that is not sent."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("hello\nworld\n"))
    with contextlib.closing(ProgramBoard(unix_micropython, PROGRAMS / "echoing.py")) as board:
        assert cli.main(["console", "--port", board.path, "--seconds", "3"]) == 0
    out = capsys.readouterr().out
    assert "got hello\n" in out and "got world\n" in out
    assert "\ufffd" not in out


class Seen(io.StringIO):
    """Standard output of which a user presses Ctrl-C at some words."""

    def __init__(self, words):
        super().__init__()
        self._words = words

    def write(self, text):
        if self._words in text:
            signal.raise_signal(signal.SIGINT)
        return super().write(text)


def test_a_blank_simulated_board_has_a_console(cortex_m3, monkeypatch):
    """Caught: the port that `eqprop deploy APP` named was refused, as none of pyserial's."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("print(6 * 7)\n"))
    monkeypatch.setattr(sys, "stdout", seen := Seen("42"))
    assert cli.main(["console", "--port", "sim:cortex-m3?blank=64k", "--seconds", "300"]) == 0
    assert ">>> print(6 * 7)\n42\n" in seen.getvalue()


def test_a_simulated_board_that_serves_has_none(capsys):
    for command in ("console", "monitor", "teach"):
        assert cli.main([command, "--port", "sim:"]) == 1
        assert capsys.readouterr().err == (
            "eqprop: port sim:: serves a host, and has no program of its own: name a board's port\n"
        )
