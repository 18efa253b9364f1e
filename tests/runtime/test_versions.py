"""The runtime on every version of MicroPython from the oldest that it promises to the newest, as npm has them."""

import shutil
import subprocess

import numpy as np
import pytest

from eqprop_host import datasets
from eqprop_host.deploy import bundle, repl
from eqprop_host.deploy.repl import Remote
from eqprop_sim.sample_order import SampleOrder
from eqprop_sim.toolchain import interpreters, nodejs
from eqprop_sim.toolchain.installation import Failure, Unavailable, cache, filling, lock
from support.places import PROGRAMS, RUNTIME
from support.surroundings import obtained
from support.typed_command import run

pytestmark = pytest.mark.micropython

VERSIONS = ("1.23.0", "1.24.0", "1.24.1", "1.25.0", "1.26.0", "1.27.0", "1.28.0-6", "1.29.0-6")
LEARN = """
import sys
import eqprop
from lesson import SAMPLES
from digits import train
crc = train(eqprop.Network("64-32-10", 0, 1437), SAMPLES)
mpy = sys.implementation._mpy
print(sys.implementation.version[:3], "%08x" % crc, (mpy & 255, mpy >> 8 & 3))
"""


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """A folder with the module `lesson`: the 200 samples that `eqprop train --limit 200` learns first."""
    data = datasets.prepare(datasets.load("digits"), 0)
    order = SampleOrder.shuffled(len(data.train_y), 0).epoch(0)[:200]
    samples = np.column_stack([data.train_x[order].view(np.uint8), data.train_y[order].astype(np.uint8)]).tobytes()
    folder = tmp_path_factory.mktemp("lesson")
    (folder / "lesson.py").write_text(f"SAMPLES = {samples!r}\n")
    return folder


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_learns_the_same_bits(version, lesson, tmp_path):
    """And takes the .mpy files that mpy-cross writes. Catches what one version cannot compile or computes otherwise."""
    interpreter = obtained(interpreters.obtain_webassembly, version)
    script = tmp_path / "learn.py"
    script.write_text(LEARN)
    argv, environment = interpreter.command(script, path=[RUNTIME, PROGRAMS / "learning", lesson])
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=300)
    release = ", ".join(version.partition("-")[0].split("."))
    assert done.stdout == f"({release}) 09633c35 {bundle.compiled_version()}\n", done.stderr


OLDER = "1.21.0-279"  # as npm calls it; it is a preview of 1.22.0, and says so


def older_build():
    """Return (node, folder) of MicroPython 1.22 for WebAssembly, kept in the user's cache. Raises Unavailable."""
    name = f"webassembly-{OLDER}"
    try:
        with lock():
            if not (cache() / name).exists():
                with filling(name) as result:
                    package = nodejs.unpacked(f"@micropython/micropython-webassembly-pyscript@{OLDER}", result.parent)
                    for file in ("micropython.mjs", "micropython.wasm"):
                        shutil.copy2(package / file, result)
            return nodejs.obtain(), cache() / name
    except (Failure, OSError) as reason:
        raise Unavailable(str(reason)) from reason


def test_a_real_micropython_1_22_is_refused_by_its_name(tmp_path, capsys, monkeypatch):
    """It is asked what a board is asked. Catches: a question that 1.22 cannot answer, another fault told instead."""
    node, build = obtained(older_build)
    program = tmp_path / "probe.py"
    program.write_text(f"ARGUMENTS = {{}}\n{repl.program_text('files')}{repl.program_text('probe')}")
    argv = [node, PROGRAMS / "older.mjs", build, program]
    said = subprocess.run(argv, capture_output=True, timeout=300)
    monkeypatch.setattr(Remote, "reach", lambda _: None)
    monkeypatch.setattr(Remote, "_execute", lambda *_, **__: said.stdout)
    code, out, err = run(capsys, "deploy", "--port", "loop://")
    assert (code, out) == (1, ""), said.stderr
    assert err == "eqprop: port loop://: micropython 1.22.0 is too old: put MicroPython 1.23 or newer on the board\n"
