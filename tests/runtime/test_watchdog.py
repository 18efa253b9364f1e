"""A board's watchdog: fed by a service and by the examples, which a board that hangs does not outlive."""

import subprocess
import sys

import pytest

import eqprop.service
from eqprop.protocol import host_messages, messages
from eqprop.protocol.frames import Sender
from eqprop.watchdog import Watchdog, start
from support.example import simulate
from support.places import PROGRAMS, ROOT

pytestmark = pytest.mark.slow


def padded(frame):
    return bytes(frame) + bytes(-len(frame) % eqprop.service.CHUNK)


def test_a_service_feeds_its_watchdog(unix_micropython):
    """While no host speaks, in the midst of a chunk, too. Catches: a board that its own watchdog resets."""
    path = [ROOT / "runtime", ROOT / "tests"]
    argv, environment = unix_micropython.command(PROGRAMS / "faults/watched.py", 40, path=path)
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(argv, env=environment, **pipes) as board:
        sender = Sender(1024)
        board.stdin.write(padded(sender.encode(messages.HELLO, 1, host_messages.pack_hello(5))) + b"part of a chunk")
        board.stdin.flush()
        assert board.stderr.read(4 * eqprop.service.CHUNK) == b"." * (4 * eqprop.service.CHUNK)
        board.stdin.close()
        assert b"eqprop" in board.stdout.read()


@pytest.fixture
def no_machine(monkeypatch):
    """Python without a module `machine`, though another test may have loaded a simulated one."""
    monkeypatch.setitem(sys.modules, "machine", None)


@pytest.mark.usefixtures("no_machine")
def test_a_board_without_a_watchdog_says_so():
    """Catches: a service that is believed to be watched."""
    with pytest.raises(ValueError, match="^watchdog_ms: 8000: this board has no machine.WDT$"):
        Watchdog(8000, None)


@pytest.mark.usefixtures("no_machine")
def test_a_program_on_a_board_without_a_watchdog_feeds_none():
    """Catches an example that ends where the board has none."""
    assert start(8000)() is None


RESET = "    the watchdog resets the board\n"
ROTTED = "memory: a conductance or the checksum of crossbar 0 changed by itself: "
EXAMPLES = [("gesture", "main", "main"), ("gesture", "robot", "main"), ("drift", "main", "short")]
EXAMPLES += [("anomaly", "main", "main")]
ROT_S = {"gesture": 20, "drift": 4, "anomaly": 60}  # when something is kept; the last keeps nothing before


@pytest.mark.usefixtures("unix_micropython", "cortex_m3")
@pytest.mark.parametrize(
    ("example", "program", "act", "port"),
    [*((*each, "sim:micropython") for each in EXAMPLES), ("gesture", "main", "main", "sim:cortex-m0")],
)
def test_an_example_that_hangs_is_reset(example, program, act, port):
    """Its sensor's bus hangs after three seconds. Catches an example without a watchdog, or whose timer feeds it."""
    assert simulate(example, port, act, program=program, options=["hang_s=3"]).endswith(RESET)


@pytest.mark.usefixtures("unix_micropython")
@pytest.mark.parametrize(("example", "program", "act"), EXAMPLES)
def test_an_example_goes_back_where_memory_rots(example, program, act, tmp_path):
    """One bit flips. Catches: a traceback that ends the program, learning that goes on, a checkpoint of what rotted."""
    options = [f"rot_s={ROT_S[example]}"]
    printed = simulate(example, "sim:micropython", act, tmp_path, program=program, options=options)
    assert printed.endswith(f"\n{ROTTED}the board goes back to its last checkpoint\n") and RESET not in printed
    kept = eqprop.load(folder=str(tmp_path))
    assert kept.sample > 0 and kept.conductances(0)[0] < 1 << 12 if example != "anomaly" else kept is None
