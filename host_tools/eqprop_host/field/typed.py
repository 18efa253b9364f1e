"""What a person types, while a board goes on telling."""

import queue
import sys
import threading


class Typed:
    """Lines from a stream, read by a thread of their own.

    - ended: whether the stream has ended, and all its lines were taken
    """

    def __init__(self, stream=None):
        """Read `stream`, standard input by default."""
        self.ended = False
        self._stream = stream or sys.stdin
        self._lines = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            for line in self._stream:
                self._lines.put(line.strip())
        finally:
            self._lines.put(None)

    def line(self):
        """Return the next line without the spaces around it, or None if nothing was typed."""
        if self.ended:
            return None
        try:
            line = self._lines.get_nowait()
        except queue.Empty:
            return None
        self.ended = line is None
        return line
