"""A line of a terminal that changes in place."""

import shutil


class LiveLine:
    """Text in the terminal's present line; nothing on a stream that is not a terminal."""

    def __init__(self, stream):
        """Begin with an empty line of a stream."""
        self._stream = stream if stream.isatty() else None
        self._shown = ""

    def show(self, text):
        """Show a text in place of the one before. It is cut to the terminal's width, because a wrapped line stays."""
        text = text[: shutil.get_terminal_size().columns - 1]
        if self._stream and text != self._shown:
            # Written over, and never cleared first, which would flicker
            self._stream.write("\r" + text + " " * (len(self._shown) - len(text)))
            self._stream.flush()
            self._shown = text

    def end(self):
        """Leave an empty line, for other text."""
        if self._stream and self._shown:
            self._stream.write("\r" + " " * len(self._shown) + "\r")
            self._stream.flush()
            self._shown = ""
