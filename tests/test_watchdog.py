"""A board's watchdog: fed while a service waits and works, and refused where there is none."""

import subprocess
from pathlib import Path

import pytest

import eqprop.service
from eqprop import asking, messages
from eqprop.frames import Sender
from eqprop.watchdog import Watchdog

ROOT = Path(__file__).parent.parent


def padded(frame):
    return bytes(frame) + bytes(-len(frame) % eqprop.service.CHUNK)


def test_a_service_feeds_its_watchdog(unix_micropython):
    """While no host speaks, in the midst of a chunk, too. Catches: a board that its own watchdog resets."""
    path = [ROOT / "runtime", ROOT / "tests"]
    argv, environment = unix_micropython.command(ROOT / "tests" / "programs" / "watched.py", 40, path=path)
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(argv, env=environment, **pipes) as board:
        sender = Sender(1024)
        board.stdin.write(padded(sender.encode(messages.HELLO, 1, asking.pack_hello(5))) + b"part of a chunk")
        board.stdin.flush()
        assert board.stderr.read(4 * eqprop.service.CHUNK) == b"." * (4 * eqprop.service.CHUNK)
        board.stdin.close()
        assert b"eqprop" in board.stdout.read()


def test_a_board_without_a_watchdog_says_so():
    """Catches: a service that is believed to be watched."""
    with pytest.raises(ValueError, match="^watchdog_ms: 8000: this board has no machine.WDT$"):
        Watchdog(8000, None)
