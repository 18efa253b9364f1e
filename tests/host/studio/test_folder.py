"""The files of the page."""

import json
from importlib import resources

import numpy as np
import pytest

from eqprop_host import cli, datasets
from eqprop_host.files import write_whole
from eqprop_host.studio import folder
from eqprop_sim.sample_order import SampleOrder


@pytest.fixture
def without_build(monkeypatch, compiled_once):
    """MicroPython's build as some bytes, so that nothing is fetched; the runtime for one kind of processor."""
    monkeypatch.setattr(folder, "_ARCHITECTURES", (None,))
    monkeypatch.setattr(folder, "_micropython", lambda tell: {"micropython.mjs": b"js", "micropython.wasm": b"wasm"})


def test_a_folder_has_all_that_the_page_loads(without_build, tmp_path, capsys):
    """Catches a file that is left out: each name in the page and its scripts must be there."""
    assert cli.main(["studio", f"--folder={tmp_path / 'site'}"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'site'}\n"
    there = {each.name for each in (tmp_path / "site").iterdir()}
    own = resources.files("eqprop_host.studio") / "page"
    assert {each.name for each in own.iterdir()} < there
    assert {
        "micropython.mjs",
        "micropython.wasm",
        "python.json",
        "digits.bin",
        "facts.json",
        "deploy.json",
        "runtime-bytecode.mpy",
    } < there
    assert cli.main(["studio", f"--folder={tmp_path / 'site'}"]) == 0  # a newer version may replace it


def test_a_page_that_is_replaced_is_never_of_two_versions(without_build, tmp_path, monkeypatch, capsys):
    """Caught: an interrupted replacement left the old page among new files."""
    site = tmp_path / "site"
    assert cli.main(["studio", f"--folder={site}"]) == 0
    before = {each.name: each.read_bytes() for each in site.iterdir()}
    written = []

    def interrupted(path, data):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(path)
        write_whole(path, data)

    with monkeypatch.context() as patched:
        patched.setattr(folder, "write_whole", interrupted)
        assert cli.main(["studio", f"--folder={site}"]) == 130
    assert {each.name for each in site.iterdir()} == before.keys() - {"index.html"}
    assert cli.main(["studio", f"--folder={site}"]) == 0
    assert {each.name: each.read_bytes() for each in site.iterdir()} == before


def test_a_folder_with_other_files_is_left_alone(without_build, tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert cli.main(["studio", f"--folder={tmp_path}"]) == 1
    said = capsys.readouterr().err
    assert said == f"eqprop: {tmp_path}: holds mine.txt, which is not the studio's: name an empty folder\n"
    assert [each.name for each in tmp_path.iterdir()] == ["mine.txt"]


def test_a_folder_that_cannot_be_made_is_told(without_build, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert cli.main(["studio", f"--folder={tmp_path / 'file' / 'site'}"]) == 1
    assert "cannot be made" in capsys.readouterr().err


def test_another_build_of_micropython_is_refused(monkeypatch, tmp_path, capsys):
    """Catches a file that was changed in the cache, or on its way."""
    for name in ("micropython.mjs", "micropython.wasm"):
        (tmp_path / name).write_bytes(b"another")
    found = type("Found", (), {"path": tmp_path})
    monkeypatch.setattr(folder.interpreters, "obtain_webassembly", lambda *_: found)
    assert cli.main(["studio", f"--folder={tmp_path / 'site'}"]) == 1
    said = capsys.readouterr().err
    assert (
        said.startswith(f"eqprop: {tmp_path / 'micropython.mjs'}: expected SHA-256 ca8b7951")
        and "delete the folder" in said
    )
    assert not (tmp_path / "site").exists()


def test_the_digits_are_those_that_train_learns(without_build):
    """Catches a split, a scale or an order of another seed."""
    data = datasets.prepare(datasets.load("digits"), 0)
    packed = folder.files()["digits.bin"]
    samples, features, epochs, tests = np.frombuffer(packed, "<u2", 4).tolist()
    assert (samples, features, epochs, tests) == (1437, 64, 10, 360)
    at = 8 + samples * features
    assert np.array_equal(np.frombuffer(packed, np.int8, samples * features, 8).reshape(-1, 64), data.train_x)
    assert np.array_equal(np.frombuffer(packed, np.uint8, samples, at), data.train_y)
    orders = np.frombuffer(packed, "<u2", samples * epochs, at + samples).reshape(epochs, samples)
    assert np.array_equal(orders[3], SampleOrder.shuffled(samples, 0).epoch(3))
    at += samples + 2 * samples * epochs
    assert np.array_equal(np.frombuffer(packed, np.int8, tests * features, at).reshape(-1, 64), data.test_x)
    assert np.array_equal(np.frombuffer(packed, np.uint8, tests, at + tests * features), data.test_y)


def test_a_data_set_that_the_page_cannot_hold_is_refused(without_build, tmp_path, capsys):
    """Catches more classes than the page has room for, and numbers that are taught as classes."""
    many = tmp_path / "many.csv"
    many.write_text("x,label\n" + "".join(f"{37 * n % 701},class {n // 10}\n" for n in range(700)))
    numbers = tmp_path / "numbers.csv"
    numbers.write_text("x,y\n" + "".join(f"{37 * n % 101},{n / 3}\n" for n in range(100)))
    assert cli.main(["studio", f"--folder={tmp_path / 'site'}", f"--data={many}"]) == 1
    assert capsys.readouterr().err.endswith("many.csv: 70 classes, the studio holds up to 64\n")
    assert cli.main(["studio", f"--folder={tmp_path / 'site'}", f"--data={numbers}", "--task=regression"]) == 1
    assert "has numbers to learn: the studio teaches classes" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_the_page_runs_all_of_the_runtime_that_a_browser_can(without_build):
    names = json.loads(folder.files()["python.json"])
    assert {"eqprop/service/__init__.py", "eqprop/hopfield/kernels/plain.py", "in_page/studio.py"} < names.keys()
    assert not [name for name in names if "viper" in name or "thumb" in name]
