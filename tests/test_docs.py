"""The pages of docs/: what is generated is up to date, what they link to is there.

As a program, this writes the generated parts.
"""

import ast
import re
import runpy
import shlex
from pathlib import Path

import pytest

import eqprop
from eqprop_host import cli, commands
from eqprop_host.deploy import catalogue

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PACKAGES = (ROOT / "runtime/eqprop", ROOT / "host_tools/eqprop_host", ROOT / "board_sim/eqprop_sim")
BOARDS = """# Boards

The table shows how much heap and flash boards usually have free under MicroPython, and the widest network that
`eqprop.plan` finds room for. That leaves room for the runtime with its service (44 KB; 52 KB where its machine code is
viper's) and 16 KB for everything else. 64-N-10 is for the 8×8 digits, 36-N-6 for gestures of 12 readings on three axes.
Heap and flash differ between versions and builds; `eqprop deploy` asks the board.

Sources: #N is an issue of MicroPython's repository, in which a user shows the free memory. Where no user measurement
was found, the figure comes from MicroPython's source, version 1.25.0. The filesystem is the one that each port makes on
an empty flash, by its `_boot.py`, `inisetup.py`, `factoryreset.c` or `flashbdev.c`.

On a flash with blocks of 4 KB the runtime takes 76 KB, and 56 KB without its optional parts ([field.md](field.md)). A
micro:bit cannot run it: its MicroPython has neither an emitter of machine code nor `crc32`, `select` and `uctypes`. On
an ESP32-C3, MicroPython 1.23 has no machine code, so the tier there is plain.

"""


def boards_page():
    return BOARDS + catalogue.table()


def test_the_catalogue_is_what_plan_computes():
    """Catches: a table not updated when a network takes more memory."""
    assert (DOCS / "boards.md").read_text() == boards_page(), "run tests/test_docs.py"


def test_the_catalogue_names_the_widest_network():
    for kind in catalogue.BOARDS:
        room = 1024 * kind.heap_kb - catalogue.RUNTIME_BYTES[kind.emitter] - catalogue.SPARE_BYTES
        for inputs, _, outputs in catalogue.TASKS.values():
            n = kind.widest((inputs, 1, outputs))
            assert eqprop.plan((inputs, n + 1, outputs)).bytes > room
            assert n == 0 or eqprop.plan((inputs, n, outputs)).bytes <= room


def test_the_figure_is_what_the_network_does():
    """Catches: a picture of an older circuit."""
    picture = runpy.run_path(str(DOCS / "equilibrium.py"))["picture"]
    assert (DOCS / "equilibrium.svg").read_text() == picture(), "run docs/equilibrium.py"


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_what_a_page_links_to_is_there(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_every_command_that_a_page_shows_exists():
    for page in [*DOCS.glob("*.md"), ROOT / "README.md"]:
        shown = re.findall(r"^(?:\$ )?eqprop ([a-z]+)", page.read_text(), re.MULTILINE)
        assert set(shown) <= set(commands.COMMANDS), page


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_every_public_function_is_documented(package):
    """Catches: a function or class, not hidden by an underscore, of which nothing says what it does."""
    without = []
    for file in package.rglob("*.py"):
        if file.parent.name in ("on_board", "firmware") or file.name.startswith("_"):
            continue
        for node in ast.parse(file.read_text()).body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and not ast.get_docstring(node):
                without.append(f"{file.name}: {node.name}")
    assert not without


FAULTY = re.findall(r"^eqprop (train .+)$", (DOCS / "simulation.md").read_text(), re.MULTILINE)


@pytest.mark.usefixtures("unix_micropython")
@pytest.mark.parametrize("line", FAULTY)
def test_training_on_the_faulty_boards_of_the_simulation_page_ends(line, tmp_path, monkeypatch):
    """In an empty folder, as a reader types it; `test_pages` runs the others. Catches a fault that no host outlasts."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(shlex.split(line)) == 0


if __name__ == "__main__":
    (DOCS / "boards.md").write_text(boards_page())
