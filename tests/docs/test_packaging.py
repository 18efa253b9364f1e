"""What is shipped: to boards (package.json, for mip) and to computers (the wheel), and what may not be in it.

As a program, write package.json anew: `make generated`.
"""

import ast
import json
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from array import array
from pathlib import Path

import pytest

import eqprop
from eqprop_host.deploy import templates
from support.places import ROOT
from support.surroundings import IN_CI

RUNTIME = ROOT / "runtime"
PACKAGES = {"runtime/eqprop", "host_tools/eqprop_host", "board_sim/eqprop_sim"}


def package_json():
    """Return the text of package.json: every module of the runtime, by paths relative to the repository."""
    files = [file.relative_to(RUNTIME).as_posix() for file in RUNTIME.rglob("*.py")]
    urls = [json.dumps([file, f"runtime/{file}"]) for file in sorted(files)]
    lines = ",\n    ".join(urls)
    return f'{{\n  "urls": [\n    {lines}\n  ],\n  "deps": [],\n  "version": "{eqprop.__version__}"\n}}\n'


def shipped():
    """Return the files that belong to the project: what git knows or would add, without what it ignores."""
    listing = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, check=True, capture_output=True, text=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def repository():
    """Skip where there is no git checkout, as in an unpacked source distribution."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("needs git and a checkout")


def build(target, folder):
    """Build "wheel" or "sdist" into `folder` with the backend itself, as pip would; return the file."""
    builder = pytest.importorskip(f"hatchling.builders.{target}")
    make = {"wheel": "WheelBuilder", "sdist": "SdistBuilder"}[target]
    (file,) = getattr(builder, make)(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return Path(file)


def test_package_json_lists_the_runtime():
    """Catches a file that came or went, or a version that changed."""
    text = (ROOT / "package.json").read_text()
    assert text == package_json(), "package.json is out of date: run `make generated`"
    for target, source in json.loads(text)["urls"]:
        assert (ROOT / source).is_file()
        assert target.startswith("eqprop/")


@pytest.mark.slow
def test_the_wheel_holds_the_three_packages_and_their_data(tmp_path, repository):
    """And the templates of `eqprop new`.

    Catches a package, or data beside the modules, left out; and a test, another example or an ignored file taken in.
    """
    wheel = build("wheel", tmp_path)
    assert wheel.name == f"eqprop-{eqprop.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        commands = next(archive.read(name).decode() for name in archive.namelist() if name.endswith("entry_points.txt"))
        about = next(archive.read(name).decode() for name in archive.namelist() if name.endswith("METADATA"))
    expected = []
    for file in shipped():
        root, *inside = file.relative_to(ROOT).parts
        if inside and f"{root}/{inside[0]}" in PACKAGES:
            expected.append("/".join(inside))
        if inside and root == "examples" and inside[0] in templates.TEMPLATES:
            expected.append("/".join(["eqprop_host/templates", *inside]))
    assert sorted(names) == sorted(expected)
    assert "eqprop = eqprop_host.__main__:main" in commands
    assert f"Version: {eqprop.__version__}\n" in about


def test_the_wheel_is_light_and_its_demo_runs_in_a_clean_environment(unix_micropython, tmp_path):
    """Installed by pip, first as it is, to work with boards; then with what simulation and logs take.

    Catches a library that is needed and not named, one that is named and not needed there, a file left out.
    """
    venv.create(tmp_path / "venv", with_pip=True, symlinks=True)
    wheel = build("wheel", tmp_path)

    def run(program, *words):
        argv = [str(tmp_path / "venv" / "bin" / program), *map(str, words)]
        return subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, timeout=300)

    def install(what):
        done = run("pip", "install", "--quiet", what)
        if done.returncode and not IN_CI:
            pytest.skip(f"pip reaches no index: {done.stderr.splitlines()[-1]}")
        assert done.returncode == 0, done.stderr

    install(wheel)
    names = run("pip", "list", "--format=freeze").stdout.lower()
    assert not re.search("^(numba|scipy|pyarrow|matplotlib)=", names, re.MULTILINE)
    done = run("eqprop", "train", "--port", "sim:micropython", "--limit", 200, "--save", "digits.npz")
    assert done.returncode == 0 and "conductance CRC 20141d34" in done.stdout, done.stderr
    done = run("eqprop", "evaluate", "digits.npz", "--port", "sim:micropython")
    assert done.returncode == 0 and "of 360 samples" in done.stdout, done.stderr
    for command, told in (
        ("train", "port sim: needs numba: pip install 'eqprop[sim]'"),
        ("log", "log: needs pyarrow: pip install 'eqprop[host]'"),
    ):
        done = run("eqprop", command)
        assert (done.returncode, done.stderr.splitlines()[-1]) == (1, f"eqprop: {told}")
    install(f"{wheel}[host,sim]")
    done = run("eqprop", "demo", "--folder", "demo")
    assert done.returncode == 0, done.stderr
    assert "test error" in done.stdout


@pytest.mark.slow
def test_the_source_distribution_can_be_tested(tmp_path):
    with tarfile.open(build("sdist", tmp_path)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Makefile", "LICENSE", "package.json", "tests/conftest.py", "runtime/eqprop/__init__.py"} <= names
    assert not [name for name in names if name.startswith((".venv", ".cache"))]


def test_micropython_imports_the_runtime_from_its_folder(micropython, tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import eqprop\nprint(eqprop.__version__)")
    argv, environment = micropython.command(program, path=[RUNTIME])
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == (eqprop.__version__ + "\n", "")
    if micropython.kind == "unix":
        argv = [str(micropython.path), "-c", "import eqprop; print(eqprop.__version__)"]
        done = subprocess.run(
            argv, env={"MICROPYPATH": "runtime"}, cwd=ROOT, capture_output=True, text=True, timeout=60
        )
        assert (done.stdout, done.stderr) == (eqprop.__version__ + "\n", "")


def test_the_runtime_uses_no_method_that_micropython_lacks(micropython, tmp_path):
    """Catches `memoryview.cast`, `array.frombytes`, `str.removeprefix` and the like, on lines that no test reaches.

    The type checker cannot: MicroPython's stubs keep CPython's builtin types as they are.
    """
    types = [array, bytearray, bytes, dict, int, list, memoryview, set, str, tuple]
    program = tmp_path / "methods.py"
    names = ", ".join(each.__name__ for each in types)
    program.write_text(f"from array import array\nfor each in ({names}):\n    print(*dir(each))\n")
    argv, environment = micropython.command(program)
    present = set(subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60).stdout.split())
    assert "append" in present
    lacking = {name for each in types for name in dir(each) if callable(getattr(each, name))} - present
    assert {"cast", "frombytes", "removeprefix"} <= lacking
    trees = {file.name: list(ast.walk(ast.parse(file.read_text()))) for file in RUNTIME.rglob("*.py")}
    own = {node.name for tree in trees.values() for node in tree if isinstance(node, ast.FunctionDef)}
    for name, tree in trees.items():
        used = [node for node in tree if isinstance(node, ast.Attribute) and not node.attr.startswith("__")]
        wrong = [f"{name}:{node.lineno} .{node.attr}" for node in used if node.attr in lacking - own]
        assert not wrong


def test_no_file_names_a_machine_or_a_registry(repository):
    """Catches what only works here: absolute paths of a home or a work folder, hosts of package registries."""
    # Written so that this file does not match itself
    home = "|".join(["work", "home/[a-z]", "root/[.a-z]", "Users/[A-Za-z]", "tmp/[a-z]"])
    hosts = "|".join([r"pypi\.org", r"pythonhosted\.org", r"npmjs\.(org|com)", r"deb\.debian\.org", r"proxy\.golang"])
    wrong = re.compile(rf"(?<![\w.])/({home})\b|https?://[^/\s]*({hosts})")
    found = []
    for file in shipped():
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{file.relative_to(ROOT)}: {match.group()}" for match in wrong.finditer(text)]
    assert not found


if __name__ == "__main__":
    sys.path.insert(0, str(RUNTIME))
    (ROOT / "package.json").write_text(package_json())
