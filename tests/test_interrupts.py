"""Ctrl-C, SIGTERM and SIGHUP at each command: it says that it was interrupted, and nothing of it stays."""

import contextlib
import itertools
import signal
import sys

import pytest

from eqprop_host import cli, files
from leftovers import Command

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for processes in /proc")
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


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return files_of_commands(tmp_path_factory.mktemp("commands") / "made")


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


COUNTED = ("train", "simulate", "sweep", "sweep, starting")
"""Those that say how far they came."""


@pytest.mark.usefixtures("unix_micropython")
@pytest.mark.parametrize(("name", "number"), [*zip(COMMANDS, itertools.cycle(SIGNALS), strict=False)])
def test_a_command_that_is_interrupted_says_so_and_leaves_nothing(name, number, made, tmp_path):
    """Catches a traceback, a board or worker that goes on, and files in the temporary folder."""
    argv, there = COMMANDS[name]
    with claimed(made):
        command = Command(tmp_path, *(text.format(made=made) for text in argv))
        assert command.until(lambda: there(command)), command.said()
        code = command.end(number)
    said = command.said()
    assert code == 130, said
    assert "eqprop: interrupted" in said and "Traceback" not in said, said
    assert ("eqprop: interrupted after" in said) == (name in COUNTED), said
    assert command.left() == []


def test_a_command_that_ignores_sighup_goes_on(tmp_path):
    """As under `nohup`. Catches a signal that is listened to although whoever started the command had it ignored."""
    command = Command(tmp_path, "simulate", "--limit=200", "--log=run.arrow", ignored=[signal.SIGHUP])
    command.until(lambda: logs(command))
    assert command.end(signal.SIGHUP) == 0
    assert "5db56ec2" in command.said()
