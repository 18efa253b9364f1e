"""`eqprop simulate-app`: an application of one's own in its simulated field, on every board."""

import json
import os
import signal
import subprocess
import sys

import pytest

from eqprop_host.deploy import simulation
from support.places import PYTHONPATH, ROOT
from support.typed_command import run

EXAMPLES = ROOT / "examples"
MAIN = """
from machine import lightsleep
with open(__file__.rpartition("/")[0] + "/words.json") as file:
    print(file.read())
while True:
    print("here")
    lightsleep(LASTS)
"""
SCENE = """
from clock import clock
def leave():
    raise SystemExit
def play(act, flash):
    clock.at(1500000, leave)
"""


def folder(at, main=MAIN, lasts=1000):
    """Write an application, and return its folder."""
    at.mkdir()
    (at / "main.py").write_text(main.replace("LASTS", str(lasts)))
    (at / "scene.py").write_text(SCENE)
    (at / "words.json").write_text(json.dumps(["some", "words"]))
    (at / "study.py").write_text("this is not even Python\n" if main == MAIN else "")
    return at


@pytest.mark.usefixtures("unix_micropython", "cortex_m3")
@pytest.mark.parametrize("port", ["sim:", "sim:micropython", "sim:cortex-m3"])
def test_it_runs_anywhere_with_its_data(port, tmp_path, capsys):
    """Catches: data that is not found, modules that no board sees and that are compiled all the same."""
    mine = folder(tmp_path / "mine")
    (mine / "study.py").write_text("")
    assert run(capsys, "simulate-app", mine, "--port", port) == (0, '["some", "words"]\nhere\nhere\n', "")


def test_each_line_is_shown_as_it_is_printed(tmp_path):
    """By a program that then computes for seconds; Ctrl-C ends it. Catches output that is kept until the end."""
    mine = folder(tmp_path / "mine", "print('here')\nfor n in range(100_000_000):\n    pass\nprint('there')\n")
    argv = [sys.executable, "-m", "eqprop_host", "simulate-app", str(mine)]
    environment = {**os.environ, "PYTHONPATH": PYTHONPATH}
    environment.pop("PYTHONUNBUFFERED", None)
    with subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout.readline() == "here\n"
        running.send_signal(signal.SIGINT)
        assert "there" not in running.stdout.read()
        assert running.wait(60) == 130


def test_what_it_raises_is_shown_with_its_line(tmp_path, capsys):
    """Catches a failure that exits 0, or of which only the last line is left."""
    mine = folder(tmp_path / "mine", "print('here')\n\nraise OSError(5)\n")
    code, out, err = run(capsys, "simulate-app", mine)
    assert (code, out) == (1, "here\n") and 'main.py", line 3, in <module>' in err
    assert err.splitlines()[-1] == "eqprop: mine: main.py fails: OSError: 5"


@pytest.mark.usefixtures("unix_micropython", "cortex_m3", "capsys")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["drif"], "drif: is not a folder: name the one that holds your main.py"),
        (["board"], "board: has no main.py, which a board starts"),
        (["arm"], "arm: has no scene.py, which is the simulated world around the board"),
        (["drift", "--program", "man"], "drift: has no man.py, which is asked for"),
        (["drift", "--act", "man"], "act: man is not one of main, short, measured, faults"),
        (
            ["drift", "--port", "sim:micropython", "--act", "man"],
            "act: man is not one of main, short, measured, faults",
        ),
        (["drift", "--port", "sim:cortex-m3", "--act", "man"], "act: man is not one of main, short, measured, faults"),
        (["anomaly", "--act", "man"], "act: man is not one of main, faults, measured, imbalance, "),
        (["words"], "flash: "),
        (["drift", "--mhz", "125"], "--mhz: 125, but sim: is not an emulated board"),
    ],
)
def test_what_there_is_not_to_be_run_is_named(words, message, capsys):
    """Catches a traceback for a slip of the pen."""
    code, out, err = run(capsys, "simulate-app", EXAMPLES / words[0], *words[1:])
    assert (code, out) == (1, "") and err.count("\n") == 1
    assert message in err


def test_a_program_that_hangs_is_ended_with_the_command(tmp_path, monkeypatch):
    """Catches a process that outlives what started it."""
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **b: started.append(popen(*a, **b)) or started[-1])

    def interrupt(line):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulation.simulate(folder(tmp_path / "mine", "print('here')\nwhile True:\n    pass\n"), tell=interrupt)
    assert started[0].poll() is not None
