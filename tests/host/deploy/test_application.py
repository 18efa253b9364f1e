"""`eqprop deploy APP` on real MicroPython firmware: a folder of one's own, whole or not at all."""

import ast
import contextlib
import json
import re

import pytest
import serial

from eqprop_host.commands.boards import deploy
from eqprop_host.deploy import application, bundle, deployment, repl, slots
from eqprop_host.deploy.repl import Remote
from eqprop_host.errors import BoardError
from support.boards.blank_board import mpremote, probe, put
from support.boards.failing_remote import cut_texts
from support.places import ROOT
from support.typed_command import run

pytestmark = pytest.mark.usefixtures("compiled_once")
MAIN = """
import sys
import helper
from inside import deep
while True:
    sys.stdin.readline()
    with open(__file__.rpartition("/")[0] + "/words.txt") as file:
        print("version", helper.VERSION, deep.NAME, file.read())
"""
SAYS = "version {} deep some words"


def folder(at, version=1, **more):
    """Write an application, and return its folder."""
    at.mkdir(exist_ok=True)
    files = {"main.py": MAIN, "helper.py": f"VERSION = {version}\n", "inside/deep.py": "NAME = 'deep'\n"}
    files.update({"words.txt": "some words", "README.md": "# a page", "study.py": "import numpy\n"}, **more)
    for name, text in files.items():
        (at / name).parent.mkdir(exist_ok=True)
        (at / name).write_text(text)
    return at


def says(board):
    """Ask the application of a board, which has started or will soon, what it is."""
    with serial.Serial(board.path, timeout=60) as port:
        port.write(b"?\r")
        heard = port.read_until(b" words")
    return heard.decode().splitlines()[-1]


def root(board):
    """Return the names in the root of the flash of a board."""
    return mpremote(board, "exec", "import os\nprint(*sorted(os.listdir('/')))").split()


def test_it_runs_by_itself_and_is_updated_and_removed(blank, capsys, tmp_path):
    """The whole of its life. Catches: files that nobody imports, a copy that was there, an old version that stays."""
    board = blank()
    mine = folder(tmp_path / "mine")
    code, out, err = run(capsys, "deploy", mine, "--port", board.path, "--json", tmp_path / "1.json")
    assert code == 0, err
    assert "application mine: helper.mpy, inside/deep.mpy, main.mpy, words.txt: " in out and "study.py" in out
    assert f"started mine: `eqprop console --port {board.path}`" in out
    assert says(board) == SAYS.format(1)
    board.reset()
    assert says(board) == SAYS.format(1)
    code, out, err = run(capsys, "deploy", mine, "--port", board.path, "--json", tmp_path / "2.json")
    assert code == 0 and "words.txt" in out and "nothing to copy" in out, err
    counts = [json.loads((tmp_path / f"{n}.json").read_text())["application_files_copied"] for n in (1, 2)]
    assert counts == [4, 0]
    folder(mine, 2)
    code, out, err = run(capsys, "deploy", mine, "--port", board.path)
    assert code == 0, err
    assert says(board) == SAYS.format(2)
    assert root(board) == ["eqprop-app-1", "lib", "main.py"]
    code, out, err = run(capsys, "deploy", "--port", board.path)  # the runtime alone
    assert code == 0 and "started mine" in out, err
    assert "the board starts the application mine" in run(capsys, "deploy", "--port", board.path, "--boot")[2]
    put(board, {f"eqprop-log-{n}": "of a black box" for n in (12, 0)})
    code, out, _ = run(capsys, "undeploy", "--port", board.path)
    gone = "/main.py, /lib/eqprop.mpy, /eqprop-app-1, /eqprop-log-0, /eqprop-log-12"
    assert (code, out) == (0, f"removed {gone}\n")
    assert mpremote(board, "fs", "ls").splitlines() == ["ls :"]


def test_only_a_console_that_can_be_opened_is_suggested(tmp_path):
    """Catches: the port of a simulated board that is gone, one that a shell would split at its &."""
    kept = f"sim:rp2040?blank&flash={tmp_path}"
    assert deploy._seen("/dev/ttyACM0") == ": `eqprop console --port /dev/ttyACM0` shows what it prints"
    assert deploy._seen(kept) == f": `eqprop console --port '{kept}'` shows what it prints"
    for port in ("sim:rp2040?blank", "sim:cortex-m3?blank=512k"):
        assert "console" not in deploy._seen(port) and "keeps nothing" in deploy._seen(port)


def test_a_power_cut_leaves_the_old_application_or_the_new_one(blank, capsys, tmp_path, monkeypatch):
    """The power fails at each operation of the filesystem that an update carries out, in turn.

    Catches: modules of two versions, a board that starts nothing, an old version that a new main.py starts.
    """
    board = blank()
    mine = folder(tmp_path / "mine")
    assert run(capsys, "deploy", mine, "--port", board.path)[0] == 0
    version, kept = 1, {}
    for program in ("application/stage", "boot", "application/probe"):
        for operations in range(20):
            cut = update(board, folder(mine, version + 1), monkeypatch, cut_texts([program], operations))
            board.reset()
            heard = says(board)
            assert heard in (SAYS.format(version), SAYS.format(version + 1))
            kept.setdefault(program, []).append(heard == SAYS.format(version))
            version += heard == SAYS.format(version + 1)
            if not cut:
                break
    # Until main.py is renamed the old one is kept; then it is too late. The last of each is not cut
    assert kept["application/stage"] == [True] * (len(kept["application/stage"]) - 1) + [False]
    assert kept["boot"] == [True, False]
    assert not any(kept["application/probe"]) and min(map(len, kept.values())) >= 2


def update(board, mine, monkeypatch, texts):
    """Put an application in place of another; `texts` are the programs' on the board. Return whether that failed."""
    with contextlib.closing(Remote(board.path, "it")) as remote, monkeypatch.context() as changes:
        remote.reach()
        found = deployment._probe(remote)
        planned = slots.plan(remote, found, application.read(mine), deployment._hasher(found), 0, False)
        changes.setattr(repl, "program_text", texts)
        try:
            slots.put(remote, found, planned, deployment._hasher(found), lambda line: None)
        except BoardError as error:
            assert "the power fails" in str(error)
            return True
    return False


@pytest.mark.parametrize("broken", ["big", "shadow", "lacks", "crowded"])
def test_what_the_board_cannot_take_is_refused_before_anything_is_written(broken, blank, capsys, tmp_path):
    """In one line that names it. Catches: half an application, a board that starts what it cannot import."""
    board = blank(flash_kb=256)
    files = {
        "big": {"words.txt": "x" * 300_000},
        "shadow": {"main.py": "import json\n", "json.py": ""},
        "lacks": {"main.py": "import numpy\n"},
        "crowded": {f"{n}.txt": "x" for n in range(70)},
    }[broken]
    message = {
        "big": r"flash is too small for mine: \d+ bytes are free, \d+ needed, of which words.txt takes 300000",
        "shadow": r"mine: json.py would hide the board's own module json: rename it",
        "lacks": r"mine imports numpy, but the board has no module named 'numpy': put the module into",
        "crowded": r"the board's flash is too small for mine: \d+ bytes are free, \d+ needed",
    }[broken]
    code, out, err = run(capsys, "deploy", folder(tmp_path / "mine", **files), "--port", board.path)
    assert (code, out) == (1, "") and re.search(message, err.splitlines()[-1]), err
    assert mpremote(board, "fs", "ls").splitlines() == ["ls :"]


def test_a_main_of_another_is_kept(blank, capsys, tmp_path):
    board = blank()
    put(board, {"main.py": "print('mine')\n"})
    code, _, err = run(capsys, "deploy", folder(tmp_path / "mine"), "--port", board.path)
    assert code == 1 and "/main.py on the board is not eqprop's: move it away" in err
    assert probe(board.path)["starts"] == "print('mine')\n"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"main.py": "import eqprop\n", "eqprop.py": ""}, "its module eqprop would hide the runtime's: rename it"),
        ({"main.py": "x = = 1\n"}, "main.py:1: is not Python: invalid syntax"),
    ],
)
def test_a_folder_that_is_no_application_is_refused(files, message, capsys, tmp_path):
    """Without a board. Catches a board that is reset for nothing."""
    code, _, err = run(capsys, "deploy", folder(tmp_path / "mine", **files), "--port", "loop://")
    assert code == 1 and message in err and err.count("\n") == 1
    assert run(capsys, "deploy", tmp_path / "none", "--port", "loop://")[2].endswith("that holds your main.py\n")
    (tmp_path / "empty").mkdir()
    assert "has no main.py, which a board starts" in run(capsys, "deploy", tmp_path / "empty", "--port", "loop://")[2]


@pytest.mark.parametrize("name", ['my "own"', "it's", "back\\slash", "NAME in SLOT"])
def test_main_py_is_a_program_whatever_the_folder_is_called(name):
    """Caught: a quote in a folder's name ended a text in main.py, which the board then could not compile."""
    text = slots._main(name, "/flash", slots.SLOTS[1], "/lib", 8000)
    said = [node.args[0] for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and node.args]
    assert f"eqprop: {name} starts" in [node.value for node in said if isinstance(node, ast.Constant)]
    assert slots.started(text) == (name, slots.SLOTS[1]) and slots.watchdog_ms(text) == 8000


def test_what_it_imports_comes_with_it(tmp_path):
    """Also from functions and packages, and the parts of eqprop that it needs. Catches a module that is left behind."""
    mine = folder(
        tmp_path / "mine",
        **{
            "main.py": "import inside.deep\ndef later():\n    from helper import VERSION\nnetwork.remember(100)\n",
            "inside/__init__.py": "from . import other\n",
            "inside/other.py": "from ..helper import VERSION\nfrom eqprop.telemetry.blackbox import BlackBox\n",
            "inside/idle.py": "",
            "helper.py": "try:\n    import numpy\nexcept ImportError:\n    pass\nfrom eqprop import watchdog\n",
        },
    )
    found = application.read(mine)
    assert sorted(found.modules) == ["helper.py", "inside/__init__.py", "inside/deep.py", "inside/other.py", "main.py"]
    assert found.stays == ("inside/idle.py", "study.py") and list(found.data) == ["words.txt"] and found.watchdog
    assert not any(name.startswith("numpy") for name in found.imports)
    assert bundle.extras_of(found.imports) == (("blackbox",), ("telemetry", "extras"))
    rig = application.read(ROOT / "examples" / "rig")
    assert sorted(rig.modules) == ["main.py", "wired.py"] and not rig.data
    assert bundle.extras_of(rig.imports) == (("rig",), ())


def test_a_program_that_ends_starts_again_until_a_key_is_pressed(blank, capsys, tmp_path):
    """With what it raised. Catches: a board that stays silent, one that nobody reaches again."""
    board = blank()
    mine = folder(tmp_path / "mine", **{"main.py": "import helper\nraise ValueError(helper.VERSION)\n"})
    assert run(capsys, "deploy", mine, "--port", board.path)[0] == 0
    with serial.Serial(board.path, timeout=60) as port:
        heard = port.read_until(b"mine starts")
        heard = port.read_until(b"any key stops it")
        port.write(b"\r")
        assert port.read_until(b">>> ").endswith(b">>> ")
    assert b'File "main.py", line 2, in <module>\r\nValueError: 1\r\n' in heard
    assert run(capsys, "deploy", folder(mine, 2), "--port", board.path)[0] == 0
    assert says(board) == SAYS.format(2)
