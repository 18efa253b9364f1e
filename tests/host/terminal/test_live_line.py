"""A line that changes in place."""

import io

from eqprop_host.terminal.live_line import LiveLine


class Terminal(io.StringIO):
    """A terminal of one line, and what it shows."""

    def isatty(self):
        return True

    @property
    def screen(self):
        line, at = [], 0
        for character in self.getvalue():
            assert character != "\n"
            if character == "\r":
                at = 0
                continue
            line[at : at + 1] = [character]
            at += 1
        return "".join(line)


def test_text_is_written_over_and_never_wraps(monkeypatch):
    """Catches the end of a longer text that stays, a cleared line, which flickers, and text wider than the terminal."""
    monkeypatch.setenv("COLUMNS", "20")
    stream = Terminal()
    line = LiveLine(stream)
    for text in ("  now ▁▂", "  now ▃▅▇█", "  now ▁"):
        line.show(text)
        assert stream.screen.rstrip() == text
    written = stream.getvalue()
    line.show("  now ▁")
    assert stream.getvalue() == written
    line.show("x" * 50)
    assert stream.screen == "x" * 19
    line.end()
    assert stream.screen.strip() == "" and stream.getvalue().endswith("\r")


def test_a_file_gets_nothing():
    stream = io.StringIO()
    line = LiveLine(stream)
    line.show("  now")
    line.end()
    assert stream.getvalue() == ""
