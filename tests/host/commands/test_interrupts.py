"""Ctrl-C, SIGTERM and SIGHUP at each command: it says that it was interrupted, and nothing of it stays."""

import itertools
import signal
import sys

import pytest

from support.interrupted_command import COMMANDS, SIGNALS, Command, claimed, files_of_commands, logs

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for processes in /proc")
COUNTED = ("train", "simulate", "sweep", "sweep, starting")
"""Those that say how far they came."""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return files_of_commands(tmp_path_factory.mktemp("commands") / "made")


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


@pytest.mark.slow
def test_a_command_that_ignores_sighup_goes_on(tmp_path):
    """As under `nohup`. Catches a signal that is listened to although whoever started the command had it ignored."""
    command = Command(tmp_path, "simulate", "--limit=200", "--log=run.arrow", ignored=[signal.SIGHUP])
    command.until(lambda: logs(command))
    assert command.end(signal.SIGHUP) == 0
    assert "20141d34" in command.said()
