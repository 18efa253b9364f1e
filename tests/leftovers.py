"""The `eqprop` command as a process that is interrupted, and what stays of it: processes, files."""

import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
PATHS = [str(ROOT / folder) for folder in ("runtime", "host_tools", "board_sim")]
_END_S = 10
_LONG_S = 600  # a command that goes on after a signal fails the test, instead of holding it up for ever


class Command:
    """A command under way, in a folder of its own and with a temporary folder of its own."""

    def __init__(self, folder, *arguments, ignored=()):
        """Start `eqprop` with these arguments in `folder`, with these signals ignored."""
        self.folder = folder
        self._temporary = folder / "temporary"
        self._temporary.mkdir(exist_ok=True)
        self._mark = f"EQPROP_MARK={secrets.token_hex(8)}"
        name, _, value = self._mark.partition("=")
        paths = os.pathsep.join(PATHS)
        environment = {**os.environ, "PYTHONPATH": paths, "TMPDIR": str(self._temporary), name: value}
        self._said = folder / "said"
        with open(self._said, "wb") as said:
            argv = [sys.executable, "-m", "eqprop_host", *map(str, arguments)]
            kept = {number: signal.signal(number, signal.SIG_IGN) for number in ignored}
            try:
                self.process = subprocess.Popen(argv, cwd=folder, env=environment, stdout=said, stderr=said)
            finally:
                for number, handler in kept.items():
                    signal.signal(number, handler)

    def said(self):
        """Return what it has said so far."""
        return self._said.read_text()

    def until(self, there):
        """Wait until there() is true, or the command has ended; return whether it is still under way."""
        while self.process.poll() is None and not there():
            time.sleep(0.01)
        return self.process.poll() is None

    def others(self):
        """Return the command lines of the other processes that it started, they or theirs."""
        found = []
        for process in Path("/proc").iterdir():
            if not process.name.isdecimal() or int(process.name) == self.process.pid:
                continue
            try:
                if self._mark.encode() in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:  # it has ended, or is another user's
                continue
        return [line for line in found if line]  # one that has ended and was not waited for has none

    def end(self, number):
        """Send it a signal and wait for its end; return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(_LONG_S)

    def left(self):
        """Return what stays of it, which it should not, once its other processes had the time to see that it ended."""
        until = time.monotonic() + _END_S
        while self.others() and time.monotonic() < until:
            time.sleep(0.01)
        hidden = [path.name for path in self.folder.iterdir() if path.name.startswith(".")]
        return [*self.others(), *(path.name for path in self._temporary.iterdir()), *hidden]
