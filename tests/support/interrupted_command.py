"""The `eqprop` command as a process that is interrupted, and what stays of it: processes, files."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

from eqprop_host import cli, files
from support.places import PYTHONPATH

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
        environment = {**os.environ, "PYTHONPATH": PYTHONPATH, "TMPDIR": str(self._temporary), name: value}
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


SLOW = "sim:micropython?baud=1200"


def files_of_commands(folder):
    """Make `folder`, with a network, features, and the log of a run that has not ended; return it."""
    folder.mkdir()
    written = [f"--save={folder}/run.npz", f"--log={folder}/run.jsonl"]
    assert cli.main(["simulate", "--data=iris", "--layers=4-8-3", "--epochs=2", *written]) == 0
    lines = (folder / "run.jsonl").read_text().splitlines(keepends=True)
    (folder / "run.jsonl").write_text("".join(lines[:-1]))
    (folder / "rows.csv").write_text("5.1,3.5,1.4,0.2\n" * 500)
    return folder


@contextlib.contextmanager
def claimed(folder):
    """Claim that log, as the run would that writes it."""
    with open(folder / "run.jsonl", "rb") as file:
        files.claim(file, folder / "run.jsonl")
        yield


def has_board(command):
    return any("main.py" in line or "eqprop_sim" in line for line in command.others())


def logs(command):
    path = command.folder / "run.arrow"
    return path.exists() and path.stat().st_size


def says(words):
    return lambda command: words in command.said()


IRIS = ("--data=iris", "--layers=4-8-3")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
COMMANDS = {
    "train": (["train", "--port=sim:micropython", "--epochs=100000", "--log=run.arrow"], says("epoch 1/")),
    "train, greeting": (["train", f"--port={SLOW}"], has_board),
    "simulate": (["simulate", "--epochs=100000", "--log=run.arrow"], says("epoch 1/")),
    "sweep": (["sweep", "run", "points", *IRIS, "--epochs=300", "--vary=seed=0..99", "--workers=1"], says("1/100 ")),
    "sweep, starting": (["sweep", "run", "points", *IRIS, "--vary=seed=0..9", "--workers=1"], Command.others),
    "evaluate": (["evaluate", "{made}/run.npz", f"--port={SLOW}"], has_board),
    "infer": (["infer", "{made}/run.npz", "{made}/rows.csv", f"--port={SLOW}"], has_board),
    "push": (["push", "{made}/run.npz", f"--port={SLOW}"], has_board),
    "pull": (["pull", "new.npz", f"--port={SLOW}"], has_board),
    "monitor": (["monitor", "{made}/run.jsonl"], says("epoch 1: ")),
    "demo": (["demo"], has_board),
}
