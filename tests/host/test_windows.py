"""What Windows lacks, taken away: no terminals to make, no locks, no SIGHUP, and output that is not UTF-8.

An imitation: a start-up file hides the modules and functions that Python has on POSIX systems only.
"""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

HIDE = """
import builtins, os, signal

imported = builtins.__import__
HIDDEN = ("fcntl", "grp", "pty", "pwd", "resource", "termios", "tty")

def hiding(name, scope=None, *rest, **named):
    if name in HIDDEN and str((scope or {}).get("__name__")).startswith("eqprop"):  # pyserial has a Windows half
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return imported(name, scope, *rest, **named)

builtins.__import__ = hiding
for name in ("fork", "forkpty", "killpg", "mkfifo", "openpty", "setsid", "sync"):
    delattr(os, name)
for name in ("SIGALRM", "SIGHUP", "SIGUSR1", "SIGUSR2"):
    delattr(signal, name)
"""


@pytest.fixture
def windows(tmp_path):
    """Return a function that runs the command there; it returns (exit code, stdout, stderr)."""
    (tmp_path / "start").mkdir()
    (tmp_path / "start/sitecustomize.py").write_text(HIDE)
    (tmp_path / "a folder").mkdir()
    paths = [str(tmp_path / "start"), *filter(None, sys.path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}

    def run(*words):
        argv = [sys.executable, "-m", "eqprop_host", *map(str, words)]
        done = subprocess.run(argv, cwd=tmp_path / "a folder", env=environment, capture_output=True, timeout=300)
        return done.returncode, done.stdout.decode("cp1252"), done.stderr.decode("cp1252")

    return run


def test_a_run_and_all_that_is_done_with_its_log(windows):
    """Catches an import, a signal or a lock that Windows lacks, and a character that its terminal cannot show."""
    code, said, told = windows(
        *("train", "--data=iris", "--layers=4-8-3", "--epochs=1", "--log=run.arrow", "--save=é.npz")
    )
    assert code == 0 and "conductance CRC" in said, told
    for words, each in (
        (("evaluate", "é.npz"), "test error"),
        (("log", "info", "run.arrow"), "test error"),
        (("log", "verify", "run.arrow"), "intact"),
        (("log", "export", "run.arrow", "run.csv"), "rows"),
        (("log", "merge", "run.arrow", "--to", "fleet.parquet"), "1 new of 1 runs"),
        (("monitor", "run.arrow", "--once"), "the run ended: closed"),
        (("report", "run.arrow"), "run.html"),
        (("simulate", "--data=xor", "--layers=2-4-2", "--epochs=1"), "conductance CRC"),
        (("ports",), "sim:"),
        (("--help",), "usage"),
    ):
        code, said, told = windows(*words)
        assert code == 0 and each in said, (words, told)


def test_what_needs_a_terminal_says_so(windows):
    code, said, told = windows("train", "--data=xor", "--layers=2-4-2", "--port=sim:?flip=1e-4")
    assert (code, said) == (1, "") and "faults need a system with pseudo terminals" in told and told.count("\n") == 1
