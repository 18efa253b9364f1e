"""A newcomer's path, from a bare board to a taught one: the commands that a person types, and what the person does.

Eight commands, with `pip install`, which `make hosts` runs. No file is written by hand.
"""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time

from eqprop_host.runlog import open_log
from support.places import PYTHONPATH

GESTURES = ("circle", "back", "swipe", "lift", "twist")
CLASSES = ",".join(GESTURES)
PATIENCE_S = 600
KEY_S = 2  # for a person to read a line and press a key
COMMAND_S = 20  # to type a command


class Newcomer:
    """A person at a terminal, in an empty folder, with a `HeldBoard`.

    - seconds: {command: how long it took}. keys: how often the person typed something. commands: what was typed
    """

    def __init__(self, folder, board):
        self._folder, self._port, self._make, self._started = folder, board.path, board.make, board.started
        self.seconds, self.commands, self.keys = {}, [], 0

    def person_s(self):
        """Return the seconds of a person's own time, with `pip install`, beside the gestures."""
        return KEY_S * self.keys + COMMAND_S * (len(self.commands) + 1)

    def table(self):
        """Return how long each command took, and the person, as lines."""
        times = zip(self.commands, self.seconds.values(), strict=True)
        lines = [f"{seconds:6.1f} s  {typed}" for typed, seconds in times]
        commands, minutes = len(self.commands) + 1, self.person_s() / 60
        lines.append(f"{commands} commands with pip install, {self.keys} keys, {minutes:.1f} minutes of a person's own")
        return "\n".join(lines)

    def path(self, repeat):
        """Follow the path, with so many samples of each gesture; return what the commands printed, by name."""
        port = f"--port {self._port}"
        record = f"record gestures.parquet {port} --labels {CLASSES} --repeat {repeat} --seconds 60 --countdown 0"
        return {
            "new": self._type("new gesture my-board"),
            "deploy": self._type(f"deploy my-board {port}"),
            "record": self._type(record, self._record),
            "train": self._type(f"train --program --data gestures.parquet {port} --classes {CLASSES}"),
            "teach": self._type(f"teach {port} --classes {CLASSES}", self._teach),
            "monitor": self._type(f"monitor {port} --classes {CLASSES} --log watched.arrow", self._watch),
            "pull": self._type(f"pull --log alone.arrow {port}"),
        }

    def follow(self, repeat):
        """Follow the path, and check what the commands said, and left."""
        said = self.path(repeat)
        counted = ", ".join(f"{repeat} {name}" for name in GESTURES)
        assert said["record"].splitlines()[-1] == f"gestures.parquet: {counted}"
        lessons = repeat * len(GESTURES)
        assert re.search(rf"^{lessons} samples learnt by .*gesture, 64-32-10; saved$", said["train"], re.MULTILINE)
        assert float(re.search(r"test error ([\d.]+) %", said["train"])[1]) <= 60
        for name in ("teach", "monitor"):
            answers = re.findall(r"^answer: (\w+)", said[name], re.MULTILINE)
            right = sum(answer == made for answer, made in zip(answers, GESTURES, strict=False))
            assert len(answers) >= len(GESTURES) and right >= 3, answers
        assert said["teach"].splitlines()[-1].startswith("5 samples taught, ")
        kept = [event["event"] for event in open_log(self._folder / "alone.arrow").events]
        assert kept.count("learnt") == lessons + len(GESTURES)
        assert kept.count("answer") >= lessons + 2 * len(GESTURES)

    def _type(self, words, act=None):
        """Type a command, and do what it asks for; return its output."""
        self.commands.append(f"eqprop {words}")
        environment = {**os.environ, "PYTHONPATH": PYTHONPATH, "PYTHONUNBUFFERED": "1"}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        argv = [sys.executable, "-m", "eqprop_host", *words.split()]
        started = time.monotonic()
        with subprocess.Popen(argv, cwd=self._folder, env=environment, **pipes) as command:
            screen = _Screen(command.stdout)
            if act:
                act(command, screen)
            screen.rest()
            command.stdin.close()
            code = command.wait(PATIENCE_S)
        if words.startswith("deploy"):  # an emulated board may start more slowly than a host waits
            assert self._started.wait(PATIENCE_S), "the program does not start"
        self.seconds[words.split()[0]] = time.monotonic() - started
        if code not in (0, 130):
            raise AssertionError(f"eqprop {words}: {code}: {''.join(screen.lines)[-2000:]}")
        return "".join(screen.lines)

    def _press(self, command, text=""):
        self.keys += 1
        command.stdin.write(f"{text}\n")
        command.stdin.flush()

    def _record(self, command, screen):
        """Press Enter for each sample, and make the gesture that is asked for."""
        while asked := screen.until(r"^(\w+) \d+/\d+: press Enter"):
            self._press(command)
            screen.until("^  now")
            self._make(GESTURES.index(asked[1]))

    def _teach(self, command, screen):
        """Make each gesture; say which it was; leave."""
        for kind, name in enumerate(GESTURES):
            self._make(kind)
            screen.until(r"^answer: ")
            self._press(command, name)
            screen.until(r"^(learnt: |right: )")
        self._press(command, "q")

    def _watch(self, command, screen):
        """Make each gesture, and press Ctrl-C."""
        for kind in range(len(GESTURES)):
            self._make(kind)
            screen.until(r"answer: ")
        self.keys += 1
        command.send_signal(signal.SIGINT)


class _Screen:
    """What a command prints, as it comes."""

    def __init__(self, stream):
        self.lines = []
        self._came = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream):
        for line in stream:
            self._came.put(line)
        self._came.put(None)

    def until(self, pattern):
        """Wait for a line that matches; return the match, None at the end."""
        while (line := self._came.get(timeout=PATIENCE_S)) is not None:
            self.lines.append(line)
            if match := re.search(pattern, line):
                return match
        self._came.put(None)
        return None

    def rest(self):
        """Read to the end."""
        while self.until("$^never"):
            pass
