"""The compiled emulator's machine code, kept where it may be, and never another source's."""

import ast
import importlib
import os
import subprocess
import sys
from pathlib import Path

import numba
import pytest

import eqprop
from eqprop_sim.emulator import compiled_network
from eqprop_sim.emulator.compiling import kernel_cache
from support.places import ROOT

pytestmark = pytest.mark.slow

PROGRAM = """
from eqprop_sim.emulator.compiled_network import Network
network = Network("2-2")
network.learn(bytearray(2), 1)
print(network.crc())
"""


def test_nothing_is_kept_beside_the_sources():
    for module in (eqprop, compiled_network):
        assert not list(Path(module.__file__).parent.rglob("*.nbi"))
    assert not numba.config.CACHE_DIR


def test_a_cache_that_cannot_be_written_costs_time_only(tmp_path):
    """Catches numba's own choice, which keeps machine code beside the sources and does not see them change."""
    paths = os.pathsep.join(str(ROOT / folder) for folder in ("runtime", "board_sim"))
    environment = {**os.environ, "PYTHONPATH": paths, "XDG_CACHE_HOME": "/dev/null/none", "TMPDIR": str(tmp_path)}
    environment["HOME"] = "/dev/null/none"
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True)
    network = eqprop.Network("2-2")
    network.learn(bytes(2), 1)
    assert done.stdout == f"{network.crc()}\n", done.stderr
    assert not list(tmp_path.iterdir())
    test_nothing_is_kept_beside_the_sources()


def test_another_compiler_makes_another_folder(monkeypatch, tmp_path):
    """Catches: machine code of the same sources that an earlier compiler of kernels made."""
    compiler = tmp_path / "arithmetic.py"
    monkeypatch.setattr(kernel_cache, "COMPILER", (compiler,))
    compiler.write_text("a")
    before = kernel_cache.folder_of([__file__])
    compiler.write_text("b")
    assert kernel_cache.folder_of([__file__]) != before


def numbers_from(source):
    """Return the files that a module takes numbers from, by its imports of names."""
    path = Path(source)
    rooms = path.with_suffix("").parts
    root = next(n for n, room in enumerate(rooms) if room in ("eqprop", "eqprop_sim"))
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            above = ".".join(rooms[root : len(rooms) - node.level]) if node.level else ""
            name = ".".join(filter(None, (above, node.module)))
            if name.startswith("eqprop") and not name.endswith("viper"):  # CPython cannot import Viper's modules
                module = importlib.import_module(name)
                names = [each.name for each in node.names]
                found |= {module.__file__ for each in names if isinstance(getattr(module, each), int)}
    return found


@pytest.mark.parametrize("model", ["EMULATOR", "HOPFIELD", "HOPFIELD8", "DIFFERENTIAL"])
def test_no_number_changes_unseen(model):
    """Catches: machine code that still holds the old FREE, CURRENT_MAX or ROT when its module gives another."""
    sources = getattr(kernel_cache, f"{model}_SOURCES")
    held = {str(file) for file in (*sources, *kernel_cache.COMPILER, *kernel_cache.CONSTANTS)}
    taken = set().union(*map(numbers_from, sources))
    assert taken and taken <= held
