"""The pages of docs/: what is generated is up to date, what they link to is there.

As a program, this writes the generated parts.
"""

import ast
import functools
import importlib
import importlib.util
import inspect
import re
import runpy

import pytest

import eqprop
import eqprop.checkpoint
from eqprop.protocol import messages
from eqprop_host import model
from eqprop_host.deploy import catalogue
from eqprop_host.runlog import schema
from support.places import ROOT

DOCS = ROOT / "docs"
PACKAGES = (ROOT / "runtime/eqprop", ROOT / "host_tools/eqprop_host", ROOT / "board_sim/eqprop_sim")
CATALOGUE = DOCS / "reference/boards.md"


def boards_page():
    """Return the page of boards with the table as it is now."""
    page = CATALOGUE.read_text()
    return re.sub(r"\| board \|.*", lambda _: catalogue.table(), page, count=1, flags=re.DOTALL)


def test_the_catalogue_is_what_plan_computes():
    """Catches: a table not updated when a network takes more memory."""
    assert CATALOGUE.read_text() == boards_page(), "run `make generated`"


def test_the_catalogue_names_the_widest_network():
    for kind in catalogue.BOARDS:
        room = 1024 * kind.heap_kb - catalogue.RUNTIME_BYTES[kind.emitter] - catalogue.SPARE_BYTES
        for inputs, _, outputs in catalogue.TASKS.values():
            n = kind.widest((inputs, 1, outputs))
            if n < 2047:  # the widest layer of a hopfield network
                assert eqprop.plan((inputs, n + 1, outputs)).bytes > room
            assert n == 0 or eqprop.plan((inputs, n, outputs)).bytes <= room


def test_the_figure_is_what_the_network_does():
    """Catches: a picture of an older circuit."""
    picture = runpy.run_path(str(DOCS / "figures/equilibrium.py"))["picture"]
    assert (DOCS / "figures/equilibrium.svg").read_text() == picture(), "run docs/figures/equilibrium.py"


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: str(page.relative_to(DOCS)))
def test_what_a_page_links_to_is_there(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


PAGES = [*DOCS.rglob("*.md"), *(ROOT / f"{name}.md" for name in ("README", "ARCHITECTURE", "CONTRIBUTING", "SECURITY"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_modules_and_files_that_a_page_names_exist(page):
    """Catches a page left behind by a module that was renamed or moved."""
    text = page.read_text()
    for name in re.findall(r"`((?:eqprop|eqprop_host|eqprop_sim)(?:\.[A-Za-z_]+)+)", text):
        if not name.endswith((".md", ".py", ".mpy")):
            assert resolved(name) is not None, name
    for path in re.findall(r"`((?:runtime|host_tools|board_sim|tests|docs|examples|benchmarks|soak)/[\w./-]*)`", text):
        assert (ROOT / path).exists(), path


def resolved(name):
    """Return the module, class or function of a dotted name, None if there is none."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        module = ".".join(parts[:count])
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name in parts or error.name == module:
                continue
            found = importlib.util.find_spec(module)  # MicroPython's alone
        return functools.reduce(lambda value, part: getattr(value, part, None), parts[count:], found)
    return None


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


def test_the_messages_that_the_page_on_deploying_explains_exist():
    """Catches a message that was reworded without the page that says what to do about it."""
    sources = "".join(file.read_text() for file in (ROOT / "host_tools").rglob("*.py"))
    said = re.sub(r'"\s*\n\s*f?"', "", sources)
    table = (DOCS / "how-to/deploy.md").read_text().partition("## What the messages mean")[2]
    messages_shown = re.findall(r"^\| ([^|]+?)(?: \.\.\.)? \|", table, re.MULTILINE)[1:]
    assert len(messages_shown) >= 10
    assert [message for message in messages_shown if message not in said] == []


def test_the_compatibility_names_the_versions_of_today():
    """Catches a format that changed without a word on what reads the old one."""
    text = (ROOT / "CHANGELOG.md").read_text()
    stated = dict(re.findall(r"^\| (protocol|checkpoint|log|saved network)[^|]* \| (\d+) \|", text, re.MULTILINE))
    checkpoint = re.search(r"_FORMAT = const\((\d+)\)", inspect.getsource(eqprop.checkpoint))[1]
    now = {"protocol": messages.PROTOCOL, "checkpoint": checkpoint, "log": schema.FORMAT, "saved network": model.FORMAT}
    assert stated == {name: str(version) for name, version in now.items()}


if __name__ == "__main__":
    CATALOGUE.write_text(boards_page())
