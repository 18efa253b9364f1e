"""A program's console: its text without its records, and what is typed."""

import contextlib
import io
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
