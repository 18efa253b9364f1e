"""The names that `eqprop_host` exports: loaded when they are used, typed, and the only way in for its own commands."""

import ast
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

import eqprop_host
from eqprop_host import cli, commands
from support.places import PYTHONPATH, ROOT

HOST = ROOT / "host_tools" / "eqprop_host"


def test_every_name_is_there():
    assert all(getattr(eqprop_host, name) for name in eqprop_host.__all__)
    assert set(eqprop_host.__all__) <= set(dir(eqprop_host))
    with pytest.raises(AttributeError, match="has no attribute 'trian'"):
        eqprop_host.trian  # noqa: B018


def test_a_minimal_installation_imports_it_and_trains_on_a_board():
    """Catches an import of pyarrow, numba or another extra on the way to a board."""
    code = f"""
import sys
sys.modules.update(dict.fromkeys({sorted(cli.EXTRAS)}))
from eqprop_host import LogConfig, Model, RunConfig, load_data, open_board, resume, train
try:
    train(RunConfig(data="iris"), board="/dev/nowhere")
except OSError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": PYTHONPATH}, capture_output=True, text=True)
    assert done.stdout.startswith("port '/dev/nowhere' cannot be opened"), done.stderr


def test_importing_it_loads_nothing():
    code = "import sys, eqprop_host; print(*[name for name in sys.modules if name in ('numpy', 'serial', 'rich')])"
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": PYTHONPATH}, capture_output=True, text=True)
    assert done.stdout.strip() == "", done.stderr


@pytest.mark.parametrize("package", ["eqprop", "eqprop_host", "eqprop_sim"])
def test_its_hints_are_for_users_too(package):
    assert (resources.files(package) / "py.typed").is_file()


def imports(path):
    """Yield the dotted names that a module of eqprop_host imports, those within functions included."""
    package = path.relative_to(HOST.parent).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [*package[: len(package) - node.level]] if node.level else []
            origin = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


COMMANDS = {f"eqprop_host.commands.{package}.{name}" for name, package in commands.COMMANDS.items()}


@pytest.mark.parametrize("path", sorted(HOST.rglob("*.py")), ids=lambda path: str(path.relative_to(HOST)))
def test_no_module_imports_a_command_or_makes_its_options_up(path):
    """Catches a command that is called as a library; what is shared has a module of its own."""
    assert not COMMANDS & {".".join(name.split(".")[:4]) for name in imports(path)}
    assert "Namespace(" not in path.read_text()


@pytest.mark.parametrize("path", sorted((HOST / "studies").glob("*.py")), ids=lambda path: path.stem)
def test_studies_neither_parse_nor_print(path: Path):
    assert not any(name.split(".")[0] == "argparse" or ".commands" in name for name in imports(path))
    assert "print(" not in path.read_text()
