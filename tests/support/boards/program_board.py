"""A board that runs a program of its own: an interpreter on a pseudo terminal."""

import os
import subprocess

from eqprop_sim import terminals
from support.places import RUNTIME


class ProgramBoard:
    """A program on an interpreter, at `path`, until it is closed; its first output waits for whoever opens the port."""

    def __init__(self, interpreter, script, *arguments, cwd=None):
        board, self._host = terminals.open_port()
        try:
            self.path = os.ttyname(self._host)
            argv, environment = interpreter.command(script, *arguments, path=[str(RUNTIME)])
            self._process = subprocess.Popen(
                argv, env=environment, stdin=board, stdout=board, cwd=cwd, start_new_session=True
            )
        finally:
            os.close(board)

    def close(self):
        """End the program."""
        self._process.kill()
        self._process.wait()
        os.close(self._host)
