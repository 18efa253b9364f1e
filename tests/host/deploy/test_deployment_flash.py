"""`eqprop deploy` and flash: filesystems as boards have them, little room, power cuts, another eqprop that is there."""

import contextlib
import copy
import json
import re
import subprocess
from functools import cache, partial

import pytest

from eqprop_host.boards.ports import open_board
from eqprop_host.deploy import bundle, deployment
from eqprop_host.deploy.repl import Remote
from eqprop_host.errors import BoardError
from eqprop_sim.emulated_board import qemu
from support.boards.blank_board import (
    LAYERS,
    BlankBoard,
    X,
    Y,
    crc_after,
    freezing_board,
    held,
    installed,
    learn,
    mpremote,
    probe,
    put,
)
from support.boards.failing_remote import cut_texts, fails_at
from support.places import ROOT
from support.typed_command import run

pytestmark = pytest.mark.usefixtures("compiled_once")
JOINED = bundle.Compiled.joined
CACHED = cache(bundle.Compiled)


def other_version(n):
    """Return a `Compiled.joined` that is another one for each n."""

    def joined(compiled, without=()):
        other = copy.copy(compiled)
        other._package += f"\n_other = {n}\n"
        return JOINED(other, without)

    return joined


# ---- the power


RENAMES = ("remove", "rename", "rmdir")


def held_files(board):
    """Return the hashes of what has started by itself on a board."""
    with open_board(board.path) as opened:
        opened.bye()
    return installed(board.path)


@pytest.mark.parametrize("flash", [{}, {"format": "fat", "mount": "/flash"}], ids=["littlefs", "fat"])
def test_a_power_cut_leaves_the_old_runtime_or_the_new_one(flash, blank, capsys, monkeypatch):
    """The power fails at each operation that lets the new one take the old one's place; the board starts by itself.

    Catches: a runtime half old and half new, a board that no longer starts or cannot be deployed to.
    """
    board = blank(**flash)
    assert run(capsys, "deploy", "--port", board.path, "--boot")[0] == 0
    old = held_files(board)
    lib = f"{flash.get('mount', '')}/lib"
    kept = []
    for operations in range(4):
        with contextlib.closing(Remote(board.path, "it")) as repl, monkeypatch.context() as changes:
            repl.reach()
            repl.run("stage", lib=lib, files=["eqprop.mpy"], replace=False)
            repl.write({"eqprop.mpy": other_version(operations)(CACHED("armv6m"))}, f"{lib}/eqprop-new")
            texts = cut_texts(("install", "boot"), operations, RENAMES)
            changes.setattr("eqprop_host.deploy.repl.program_text", texts)
            with pytest.raises(BoardError, match="the power fails"):
                repl.run("install", fresh=True, lib=lib)
        board.reset()
        kept.append(held_files(board) == old)
    # Before the two renames and between them the old one is kept; then it is too late
    assert kept == [True, True, False, False]


@pytest.mark.parametrize("flash", [{}, {"format": "fat", "mount": "/flash"}], ids=["littlefs", "fat"])
def test_a_power_cut_leaves_the_old_main_or_the_new_one(flash, blank, monkeypatch):
    """Catches: a board that starts nothing any more, as the old main.py goes before the new one is there."""
    board = blank(**flash)
    boot = f"{flash.get('mount', '')}/main.py"
    for operations in range(2):
        with contextlib.closing(Remote(board.path, "it")) as repl, monkeypatch.context() as changes:
            repl.reach()
            repl.run("boot", boot=boot, text="print('old')")
            texts = cut_texts(("install", "boot"), operations, RENAMES)
            changes.setattr("eqprop_host.deploy.repl.program_text", texts)
            with contextlib.suppress(BoardError):
                repl.run("boot", fresh=True, boot=boot, text="print('new')")
        assert probe(board.path)["starts"] == ("print('new')" if operations else "print('old')")


def test_a_board_reset_while_files_are_copied_is_left_as_it_was(blank, capsys, monkeypatch):
    """Catches: staged files that stay, a wait without end."""
    board = blank()
    assert run(capsys, "deploy", "--port", board.path, "--boot")[0] == 0
    old = held_files(board)
    monkeypatch.setattr(bundle.Compiled.__wrapped__, "joined", other_version(1))
    monkeypatch.setattr("eqprop_host.deploy.repl._FILES_S", 3.0)
    monkeypatch.setattr(Remote, "_execute", fails_at(20, board.reset))
    code, out, err = run(capsys, "deploy", "--port", board.path)
    assert (code, out) == (1, "")
    assert err.splitlines()[-1].startswith(f"eqprop: port {board.path}: the board was reset meanwhile: ")
    assert installed(board.path) == old
    assert mpremote(board, "fs", "ls", "lib").split()[-2:] == [str(len(JOINED(CACHED("armv6m")))), "eqprop.mpy"]


def test_a_cable_pulled_while_files_are_copied_is_one_line(blank, capsys, monkeypatch):
    board = blank()
    monkeypatch.setattr(Remote, "_execute", fails_at(5, board.unplug))
    code, out, err = run(capsys, "deploy", "--port", board.path)
    assert (code, out) == (1, "")
    assert board.path in err.splitlines()[-1] and err.count("\n") == 3
    assert re.search("fails|cannot be opened", err), err


# ---- room


def test_a_full_flash_is_named_and_left_as_it_was(blank, capsys):
    board = blank(flash_kb=40)
    code, out, err = run(capsys, "deploy", "--port", board.path)
    assert (code, out) == (1, "")
    assert re.fullmatch(
        rf"eqprop: port {board.path}: the board's flash is full: \d+ bytes are free, \d+ needed by the smallest form "
        r"of eqprop: remove files",
        err.splitlines()[-1],
    )
    assert installed(board.path) == {}


def test_a_flash_that_fills_up_meanwhile_is_left_as_it_was(blank, capsys, monkeypatch):
    """Catches: staged files that stay."""
    board = blank(flash_kb=40)
    monkeypatch.setattr(deployment, "_needed", lambda *_: 0)
    code, out, err = run(capsys, "deploy", "--port", board.path)
    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == f"eqprop: port {board.path}: the board's flash is full"
    assert probe(board.path)["flash"] >= 32 * 1024


@pytest.mark.parametrize(
    ("without", "most_kb"),
    [((), 96), (("--without", "resistive,features,telemetry,chip,extras,bench"), 56)],
    ids=["whole", "smallest"],
)
def test_the_runtime_takes_little_flash(without, most_kb, blank, capsys, tmp_path):
    """Of a filesystem with blocks of 4 KB, its folders included."""
    board = blank()
    code, _, err = run(capsys, "deploy", "--port", board.path, *without, "--json", tmp_path / "deployed.json")
    assert code == 0, err
    free = json.loads((tmp_path / "deployed.json").read_text())["flash_bytes"]
    assert free - probe(board.path)["flash"] <= most_kb * 1024


def test_weights_of_8_bits_are_there_only_when_they_are_asked_for(blank, capsys):
    """Catches: a module of theirs that is not found in the archive, or that is on every board."""
    board = blank()
    train = ("train", "--port", board.path, "--data", "iris", "--limit", 30, "--bits", 8)
    code, _, err = run(capsys, "deploy", "--port", board.path, "--boot")
    assert code == 0, err
    board.reset()
    code, _, err = run(capsys, *train)
    assert code == 1 and err.splitlines()[-1].endswith("model: hopfield8 is not on this board: deploy it"), err
    code, out, err = run(capsys, "deploy", "--port", board.path, "--boot", "--with", "int8")
    assert code == 0 and "; copied" in out, err
    board.reset()
    code, there, err = run(capsys, *train)
    assert code == 0, err
    code, here, _ = run(capsys, "simulate", *train[3:])
    assert code == 0 and there.splitlines()[-1].split()[-1] == here.splitlines()[-1].split()[-1]


def test_a_rig_is_there_only_when_it_is_asked_for(blank, capsys):
    """Catches: a driver that is not found in the archive, 20 KB of drivers on every board."""
    board = blank()
    driver = "from eqprop.rig.parts import driver_type; print(driver_type('mcp4251')(None, 0, 'U1').name)"
    code, _, err = run(capsys, "deploy", "--port", board.path)
    assert code == 0, err
    with open_board(board.path) as opened:
        opened.bye()
    with pytest.raises(subprocess.CalledProcessError) as failed:
        mpremote(board, "exec", driver)
    assert "ImportError" in failed.value.stdout + failed.value.stderr
    code, out, err = run(capsys, "deploy", "--port", board.path, "--with", "rig")
    assert code == 0 and "; copied" in out, err
    with open_board(board.path) as opened:
        opened.bye()
    assert mpremote(board, "exec", driver).strip() == "U1"
    code, _, err = run(capsys, "deploy", "--port", board.path, "--with", "rig", "--without", "resistive")
    assert (code, err.splitlines()[-1]) == (1, "eqprop: --without resistive: rig needs it")
    code, _, err = run(capsys, "deploy", "--port", board.path, "--with", "speed")
    assert code == 2 and "'speed': expected one of differential, rig, blackbox, net, int8" in err


def test_what_was_left_out_says_so(blank, capsys):
    """On the board, and to a host that asks for it."""
    board = blank()
    code, out, err = run(capsys, "deploy", "--port", board.path, "--without", "features,bench")
    assert code == 0 and "left out: features, bench\n" in out, err
    with open_board(board.path) as opened:
        opened.configure(LAYERS, 0, 0)
        with pytest.raises(BoardError, match="eqprop bench: not on this board, `eqprop deploy` left it out"):
            opened.bench(X[:1], Y[:1], False)
        opened.bye()
    with pytest.raises(subprocess.CalledProcessError) as failed:
        mpremote(board, "exec", "import eqprop.features.mel")
    said = failed.value.stdout + failed.value.stderr
    assert "ImportError: eqprop features: not on this board, `eqprop deploy` left it out" in said
    code, _, err = run(capsys, "deploy", "--port", board.path, "--without", "speed")
    assert code == 2 and "'speed': expected one of resistive, features, telemetry, chip, extras, bench" in err


def test_a_small_flash_gets_the_parts_that_fit_and_an_update_must_be_asked_for(blank, capsys, monkeypatch):
    """A flash of 64 KB, as an nRF52840 has. Catches: an update for which there is no room and no way."""
    board = blank(flash_kb=64, mount="/flash")
    code, out, err = run(capsys, "deploy", "--port", board.path, "--boot")
    assert code == 0 and re.search("left out: resistive.*, because the flash is small", out), err
    assert "nothing to copy" in run(capsys, "deploy", "--port", board.path)[1]
    with open_board(board.path) as opened:
        opened.configure((16, 8, 4), 0, 0)
        assert opened.save().written == 1
    monkeypatch.setattr(bundle.Compiled.__wrapped__, "joined", other_version(1))
    code, out, err = run(capsys, "deploy", "--port", board.path)
    assert (code, out) == (1, "")
    assert "no room for both the old runtime and the new one" in err and "`eqprop deploy --replace`" in err
    code, out, err = run(capsys, "deploy", "--port", board.path, "--replace")
    assert code == 0 and "; copied" in out, err
    board.reset()
    assert held(board.path).layers == (16, 8, 4)


def test_a_board_without_a_filesystem_is_told_so(blank, capsys):
    board = blank(format="none")
    code, out, err = run(capsys, "deploy", "--port", board.path)
    assert (code, out) == (1, "")
    assert err == (
        f"eqprop: port {board.path}: the board has no filesystem for eqprop: put firmware with one on the "
        "board, or freeze eqprop into the firmware (manifest.py)\n"
    )


# ---- another eqprop


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"eqprop.py": "print('my experiment')\nwhile True:\n    pass\n"}, "/eqprop.py"),
        ({"eqprop/__init__.py": "__version__ = '0.0.9'\n", "eqprop/service.py": ""}, "/eqprop"),
        ({"lib/eqprop.py": "print('mine')\n"}, "/lib/eqprop.py"),
        ({"mine/eqprop.mpy": "", "boot.py": "import sys\nsys.path.insert(0, '/mine')\n"}, "/mine/eqprop.mpy"),
    ],
    ids=["program", "older", "lib", "path"],
)
def test_another_eqprop_that_comes_first_is_named(files, found, blank, capsys):
    """Catches: a service of another version, a board that runs a user's program at each start; anything copied."""
    board = blank()
    put(board, files)
    before = probe(board.path)["flash"]
    code, out, err = run(capsys, "deploy", "--port", board.path, "--boot")
    assert (code, out) == (1, "")
    assert err == (
        f"eqprop: port {board.path}: `import eqprop` on the board finds {found}, which `eqprop deploy` did not put "
        "there: rename it or move it away\n"
    )
    assert probe(board.path)["flash"] == before


@pytest.fixture(scope="module")
def frozen(tmp_path_factory, cortex_m3):
    """A function that starts a board whose firmware has the runtime frozen in, by the project's own manifest.py."""
    built = freezing_board(ROOT / "manifest.py", tmp_path_factory.mktemp("frozen"))
    with contextlib.ExitStack() as switched_on:

        def start(heap_bytes):
            command = partial(built.blank, heap_bytes, qemu.Flash(512))
            return switched_on.enter_context(contextlib.closing(BlankBoard(command)))

        yield start


def test_a_runtime_in_the_firmware_is_named(frozen, capsys):
    """Catches: files in flash that no program ever imports, though deploy called them serving."""
    board = frozen(192 * 1024)
    before = probe(board.path)["flash"]
    code, out, err = run(capsys, "deploy", "--port", board.path, "--boot")
    assert (code, out) == (1, "")
    assert err == (
        f"eqprop: port {board.path}: `import eqprop` on the board finds the firmware's own, which `eqprop deploy` did "
        "not put there: use that, or other firmware\n"
    )
    assert probe(board.path)["flash"] == before


FROZEN_MAIN = """
import gc, micropython
micropython.kbd_intr(-1)
gc.threshold(4096)
import eqprop.service
gc.threshold(-1)
eqprop.service.main()
"""


def test_a_runtime_in_the_firmware_takes_no_heap(frozen):
    """It learns in a heap of 48 KB. Catches: a module that cannot be frozen, a part that is copied to the heap."""
    board = frozen(48 * 1024)
    put(board, {"main.py": FROZEN_MAIN})
    board.prompt()  # heard now, it is not taken for one after the reset
    board.reset()
    assert learn(board.path, 25).crc == crc_after(25)


def test_an_eqprop_that_appears_meanwhile_is_no_reason_to_start_it(blank, capsys, monkeypatch):
    """What the board imports after the update decides. Catches: main.py for a runtime that no program finds."""
    board = blank()
    monkeypatch.setattr(deployment, "_check_first", lambda *_: None)
    put(board, {"eqprop/__init__.py": "__version__ = '0.0.9'\n", "eqprop/service.py": "", "eqprop/selftest.py": SHAM})
    code, out, err = run(capsys, "deploy", "--port", board.path, "--boot")
    assert (code, out) == (1, "")
    assert "the board imports eqprop 0.0.9 from /eqprop/__init__.py, not " in err
    assert probe(board.path)["starts"] is None


SHAM = "def run():\n    return 'thumb', 1\n"


def test_the_modules_of_an_older_version_are_replaced(blank, capsys):
    """A runtime of separate files, as version 0.1 and MicroPython's mip install it."""
    board = blank()
    put(board, {"lib/eqprop/__init__.py": "__version__ = '0.1.0'\n"} | {"lib/eqprop/service.py": "x = 1\n"})
    code, out, err = run(capsys, "deploy", "--port", board.path)
    assert code == 0 and "; copied" in out, err
    with open_board(board.path) as opened:
        opened.bye()
    assert list(installed(board.path)) == ["eqprop.mpy"]
