"""`eqprop new`: an application that works as it is written, in a folder that was empty."""

import os
import re
import subprocess
import sys

import pytest

from eqprop_host.deploy import application, templates
from support.places import PYTHONPATH, ROOT
from support.typed_command import run


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sensor", "gesture", "arm"])  # the others' programs have tests in tests/examples
def test_it_passes_its_own_test(name, tmp_path, capsys):
    """Catches a module that is left out, or that finds another only within this repository."""
    code, out, err = run(capsys, "new", name, tmp_path / "mine")
    assert code == 0 and f"put it on a board: eqprop deploy {tmp_path / 'mine'}" in out, err
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), "mine"]
    done = subprocess.run(
        argv, cwd=tmp_path, env={**os.environ, "PYTHONPATH": PYTHONPATH}, capture_output=True, text=True
    )
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout


@pytest.mark.parametrize("name", templates.TEMPLATES)
def test_nothing_in_it_leads_out_of_its_folder(name, tmp_path, capsys):
    """No link, no path, no import of a module that is elsewhere. Catches a page that shows commands of this tree."""
    mine = tmp_path / "a" / "mine"
    assert run(capsys, "new", name, mine)[0] == 0
    page = (mine / "README.md").read_text()
    assert "](../" not in page and f"examples/{name}" not in page and "examples/" not in (mine / "study.py").read_text()
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", page):
        assert (mine / link).exists(), link
    assert {path.name for path in mine.iterdir()} == {
        path.name for path in (ROOT / "examples" / name).iterdir() if path.is_file()
    }
    own = application.read(mine)
    assert "test_app.py" in own.stays and "study.py" in own.stays


def test_a_folder_with_something_in_it_is_left_as_it_is(tmp_path, capsys):
    """Catches a file of the user's that is written over, a name that is no template, half an application."""
    (tmp_path / "main.py").write_text("mine")
    code, out, err = run(capsys, "new", "gesture", tmp_path)
    assert (code, out) == (1, "") and err.endswith("exists and is not empty: name another folder\n")
    assert [path.name for path in tmp_path.iterdir()] == ["main.py"] and (tmp_path / "main.py").read_text() == "mine"
    assert run(capsys, "new", "gesture", tmp_path / "main.py")[0] == 1
    assert run(capsys, "new", "nothing", tmp_path / "x")[0] == 2


def test_the_current_folder_stays_the_one_that_a_shell_is_in(tmp_path, monkeypatch, capsys):
    """`eqprop new arm .` Caught: another folder took its place, so the shell was in one without a name."""
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path / "mine")
    assert run(capsys, "new", "arm", ".")[0] == 0
    assert os.path.samefile(".", tmp_path / "mine") and "main.py" in os.listdir(".")
    assert {*os.listdir(".")} == {path.name for path in (ROOT / "examples" / "arm").iterdir() if path.is_file()}


def test_it_is_whole_or_not_there(tmp_path, monkeypatch, capsys):
    """The disk is full halfway. Catches a folder that is left behind."""
    written = []

    def full(path, data):
        written.append(path)
        if len(written) == 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    code, _, err = run(capsys, "new", "arm", tmp_path / "mine")
    assert code == 1 and "cannot be written: No space left" in err
    assert not list(tmp_path.iterdir())
