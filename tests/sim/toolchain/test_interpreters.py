"""MicroPython interpreters: run for real, looked for in made-up places, and refused in one line."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from eqprop_sim.emulated_board import rp2040
from eqprop_sim.toolchain import debian, installation, interpreters, micropython_source, nodejs
from support.places import ROOT


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A computer with an empty PATH and an empty cache; the folder that PATH names, in which `fake` writes commands."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(installation.platformdirs, "user_cache_path", lambda name: tmp_path / "cache" / name)
    monkeypatch.setattr(nodejs, "_folders", lambda: [])
    return folder


def fake(folder, name, text):
    """Write an executable shell script `name` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


def test_a_program_prints_and_knows_its_arguments(every_micropython, run):
    program = "import sys\nprint(sys.implementation.name, sys.argv[1:], __name__)"
    done = run(every_micropython, program, "a b", 3)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"micropython ['a b', '3'] __main__\n"


def test_standard_streams_are_binary(every_micropython, run):
    """Catches text or line buffering: bytes above 127, zeros and Ctrl-C must pass as they are."""
    program = "import sys\nb = sys.stdin.buffer.read(6)\nsys.stdout.buffer.write(b + b'|' + sys.stdin.buffer.read())"
    data = b"\x00\x03\xff\n\r\x04more\xfe"
    done = run(every_micropython, program, stdin=data)
    assert done.stdout == data[:6] + b"|" + data[6:]


@pytest.mark.parametrize(
    ("last", "code", "said"),
    [("sys.exit(3)", 3, b""), ("sys.exit()", 0, b""), ("sys.exit('no')", 1, b""), ("1 // 0", 1, b"ZeroDivisionError")],
)
def test_a_program_ends_with_its_exit_code(every_micropython, run, last, code, said):
    done = run(every_micropython, f"import sys\nprint('before')\n{last}")
    assert done.returncode == code
    assert done.stdout.splitlines()[0] == b"before"
    assert said in done.stderr


def test_modules_come_from_the_path_alone(every_micropython, run, tmp_path):
    """Catches a forgotten MICROPYPATH: the folder's module must be found, packages below it too."""
    package = tmp_path / "modules" / "somewhere"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from .inner import X\n")
    (package / "inner.py").write_text("X = 42\n")
    program = "import somewhere\nprint(somewhere.X)"
    assert run(every_micropython, program, path=[package.parent]).stdout == b"42\n"
    assert b"ImportError" in run(every_micropython, program).stderr


def test_the_runtime_learns(every_micropython, run):
    program = (
        "import eqprop\nnet = eqprop.Network((2, 4, 2))\n"
        "for _ in range(3):\n    net.learn(bytes((1, 2)), 1)\nprint(net.sample)"
    )
    done = run(every_micropython, program, path=[ROOT / "runtime"])
    assert (done.stdout, done.stderr) == (b"3\n", b"")


def test_the_heap_is_limited(unix_micropython, run):
    """Catches a heap size that is not passed on: 48 KB fit into 64 KB, 80 KB only into 96 KB."""
    assert unix_micropython.limits_heap
    program = "import sys\nb = bytearray(int(sys.argv[1]))\nprint(len(b))"
    small, large = 64 * 1024, 96 * 1024
    assert run(unix_micropython, program, 48 * 1024, heap_bytes=small).stdout == b"49152\n"
    assert b"MemoryError" in run(unix_micropython, program, 80 * 1024, heap_bytes=small).stderr
    assert run(unix_micropython, program, 80 * 1024, heap_bytes=large).stdout == b"81920\n"


def test_the_path_comes_first(bare, tmp_path):
    """Catches a wrong order: PATH before the cache."""
    cached = tmp_path / "cache" / "eqprop" / "micropython" / f"unix-{micropython_source.VERSION}"
    fake(cached, "micropython", "echo micropython 1 25 0")
    assert interpreters.find().path == cached / "micropython"
    on_path = fake(bare, "micropython", "echo micropython 1 26 1")
    assert interpreters.find() == interpreters.Interpreter("unix", on_path, "1.26.1")
    assert interpreters.obtain() == interpreters.find()


def test_the_webassembly_build_needs_node(bare, tmp_path):
    build = tmp_path / "cache" / "eqprop" / "micropython" / f"webassembly-{micropython_source.VERSION}"
    build.mkdir(parents=True)
    assert interpreters.find() is None
    node = fake(bare, "node", "echo micropython 1 25 0")
    assert interpreters.find() == interpreters.Interpreter("webassembly", build, "1.25.0", node)
    assert interpreters.find("unix") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("echo micropython 1 19 1", "is 1.19.1, older than 1.23"),
        ("echo hello", "is not MicroPython"),
        ("echo it broke >&2; exit 3", "micropython: it broke"),
        ("exit 3", "micropython: exit code 3"),
    ],
)
def test_a_wrong_micropython_is_passed_over(bare, text, reason):
    fake(bare, "micropython", text)
    assert interpreters.find() is None
    with pytest.raises(interpreters.Unavailable, match=reason):
        interpreters.obtain("unix")


def test_every_reason_is_told_in_one_line(bare, monkeypatch):
    fake(bare, "apt-get", "echo 'E: no network' >&2; exit 100")
    for tool in ("make", "gcc"):
        fake(bare, tool, "exit 0")
    monkeypatch.setattr(nodejs, "_install", lambda: installation.run(["pip"]))
    told = []
    with pytest.raises(interpreters.Unavailable) as caught:
        interpreters.obtain(tell=told.append)
    message = str(caught.value)
    assert "\n" not in message
    assert "unix: apt-get: E: no network" in message
    assert "webassembly: pip: No such file or directory" in message
    assert message.endswith(interpreters.HOW_TO)
    assert told == [f"installing node from PyPI's {nodejs.PACKAGE}"]


def test_a_pico_that_cannot_be_had_is_one_line(bare, monkeypatch):
    monkeypatch.setattr(nodejs, "_install", lambda: installation.run(["pip"]))
    with pytest.raises(installation.Unavailable) as caught:
        rp2040.obtain()
    assert str(caught.value) == f"no emulated rp2040 (pip: No such file or directory): {rp2040.HOW_TO}"


def test_another_webassembly_build_that_cannot_be_had_is_one_line(bare, monkeypatch):
    fake(bare, "node", "exit 0")
    fake(bare, "npm", "echo 'npm ERR! network' >&2; exit 1")
    with pytest.raises(installation.Unavailable) as caught:
        interpreters.obtain_webassembly("1.23.0")
    assert str(caught.value) == f"no MicroPython 1.23.0 (npm: npm ERR! network): {interpreters.HOW_TO}"


def test_a_failed_build_leaves_nothing_behind(bare, tmp_path, monkeypatch):
    """Catches an installation that is not atomic: half a build would be found next time."""
    for tool in ("apt-get", "gcc"):
        fake(bare, tool, "exit 0")
    fake(bare, "make", 'echo "main.c:1: error: wrong" >&2; exit 2')
    monkeypatch.setattr(micropython_source, "obtain", lambda tell: tmp_path)
    with pytest.raises(interpreters.Unavailable, match=r"make: main.c:1: error: wrong"):
        interpreters.obtain("unix")
    assert os.listdir(tmp_path / "cache" / "eqprop" / "micropython") == ["lock"]


def test_two_at_once_build_once(bare, tmp_path, monkeypatch):
    """The other says that it waits. Catches a missing lock, or a missing second look after it: both would build."""
    builds, started, proceed = [], threading.Event(), threading.Event()

    def build(tell):
        builds.append(tell)
        started.set()
        assert proceed.wait(60)
        with installation.filling(f"unix-{micropython_source.VERSION}") as result:
            fake(result, "micropython", "echo micropython 1 25 0")
        return interpreters.find()

    monkeypatch.setattr(interpreters, "_build_unix", build)
    waiting, told, found = threading.Event(), [], []

    def tell(line):
        told.append(line)
        waiting.set()

    threads = [threading.Thread(target=lambda: found.append(interpreters.obtain("unix", tell))) for _ in range(2)]
    threads[0].start()
    assert started.wait(60)
    threads[1].start()
    assert waiting.wait(60)
    proceed.set()
    for thread in threads:
        thread.join()
    assert len(builds) == 1
    assert told == ["waiting for another eqprop to obtain an interpreter or a board, which takes minutes"]
    assert found[0] == found[1] == interpreters.find()


def test_an_unknown_kind_is_refused():
    for ask in (interpreters.find, interpreters.obtain):
        with pytest.raises(ValueError, match="kind=windows is not one of unix, webassembly"):
            ask("windows")


SOURCES = {
    "debian.sources": """
Types: deb
URIs: file:///mirror/security
Suites: trixie-security
Components: main

Enabled: no
Types: deb
URIs: file:///mirror/disabled
Suites: trixie
Components: main

Types: deb deb-src
URIs: file:///mirror/debian
Suites: trixie trixie-updates
Components: main contrib
""",
    "classic.list": """
deb [trusted=yes] file:///mirror/other trixie stable
# deb file:///mirror/disabled trixie main
deb [arch=amd64 signed-by=/some/key.gpg] file:///mirror/debian trixie main
""",
}


@pytest.mark.skipif(not Path("/usr/bin/apt-get").exists(), reason="reads apt's configuration: needs apt-get")
@pytest.mark.parametrize("name", SOURCES)
def test_the_mirror_is_the_one_that_apt_uses(name, tmp_path, monkeypatch):
    """Catches a guess by file format, by order, or by suite alone."""
    monkeypatch.setattr(debian, "_suites", lambda: {"trixie"})
    sources = tmp_path / name
    sources.write_text(SOURCES[name])
    options = [
        "-o",
        f"Dir::Etc::sourcelist={sources}",
        "-o",
        "Dir::Etc::sourceparts=-",
        "-o",
        "APT::Architecture=amd64",
    ]
    assert debian.mirror(*options) == "file:/mirror/debian/"


def test_the_command_prints_where(every_micropython):
    argv = [sys.executable, "-m", "eqprop_sim.toolchain.interpreters"]
    folders = [str(ROOT / folder) for folder in ("runtime", "board_sim")]
    done = subprocess.run(
        argv, env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)}, capture_output=True, text=True, check=True
    )
    found = interpreters.find()
    assert done.stdout == f"{found.path} {found.kind} {found.version}\n"
