"""Files written whole or not at all; Python's syntax read by one thread at a time."""

import ast
import gc
import os
import stat
import sys
import threading
import time

import numpy as np
import pytest

from eqprop_host import RunConfig, datasets, open_log, train
from eqprop_host.deploy import application, folding
from eqprop_host.deploy.repl import Remote
from eqprop_host.errors import LogError
from eqprop_host.files import PARSING, check_writable, write_whole
from eqprop_host.model import Model
from eqprop_host.runlog.export import export


def refusal(path, data):
    """Return what `write_whole` says against `path`, without the path itself."""
    with pytest.raises(LogError) as caught:
        write_whole(path, data)
    start = f"{path}: "
    assert str(caught.value).startswith(start)
    return str(caught.value)[len(start) :]


def test_a_whole_file_is_written_with_the_permissions_and_links_it_had(tmp_path):
    path, link = tmp_path / "a.bin", tmp_path / "link.bin"
    write_whole(path, b"one")
    path.chmod(0o640)
    link.symlink_to(path)
    write_whole(link, b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert link.is_symlink()
    assert sorted(tmp_path.iterdir()) == [path, link]


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("kind", [OSError, KeyboardInterrupt])
def test_a_failing_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, step, kind):
    """Caught: writing to the file itself; leaving the temporary one behind."""
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def fail(*_):
        raise kind(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    if kind is OSError:
        assert refusal(path, b"new") == "cannot be written: No space left on device"
    else:
        with pytest.raises(kind):
            write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_whole_file_needs_a_place(tmp_path):
    (tmp_path / "a.bin").touch()
    assert refusal(tmp_path, b"") == "is not a regular file"
    assert refusal(tmp_path / "none" / "a.bin", b"") == "cannot be written: No such file or directory"
    assert refusal(tmp_path / "a.bin" / "b", b"") == "cannot be written: Not a directory"
    write_whole(tmp_path / ("n" * 255), b"long")
    assert len(list(tmp_path.iterdir())) == 2


def test_a_place_for_a_file_is_checked_without_making_it(tmp_path):
    check_writable(tmp_path / "new.bin")
    (tmp_path / "old.bin").write_bytes(b"old")
    check_writable(tmp_path / "old.bin")
    for bad in (tmp_path, tmp_path / "none" / "a.bin", tmp_path / "old.bin" / "b"):
        with pytest.raises(LogError, match="cannot be written|is not a regular file"):
            check_writable(bad)
    assert [path.name for path in tmp_path.iterdir()] == ["old.bin"]


LITERAL = f"[{', '.join(map(str, range(400)))}]"


def answer():
    """Read a board's answer."""
    Remote._literal(None, LITERAL)


def fold():
    """Fold a module that the runtime might have."""
    folding.fold({"__init__.py": "A = const(1)\n" * 100})


def test_threads_that_parse_at_once_do_not_spoil_each_others_trees():
    """A fleet's threads fold the runtime and read boards' answers, and collecting garbage may change the thread.

    Catches, on CPython 3.11, SystemError: AST constructor recursion depth mismatch.
    """
    failed = []

    def often(work):
        try:
            for _ in range(40):
                work()
        except SystemError as error:
            failed.append(str(error))

    def switch(phase, info):
        time.sleep(0)

    threshold, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.callbacks.append(switch)
    try:
        gc.set_threshold(100)
        sys.setswitchinterval(1e-6)
        threads = [threading.Thread(target=often, args=(work,)) for work in (answer, fold, answer)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        gc.callbacks.remove(switch)
        gc.set_threshold(*threshold)
        sys.setswitchinterval(interval)
    assert not failed


def test_whoever_parses_python_holds_the_lock(tmp_path, monkeypatch):
    """Each place that has `ast` parse, itself or by NumPy's headers. Catches one that does not wait for the others."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.py").write_text("import time\n")
    np.save(tmp_path / "data.npy", np.eye(4))
    train(RunConfig(data="xor", epochs=1, hidden="2"), log=tmp_path / "run.arrow").model.save(tmp_path / "network.npz")
    export(tmp_path / "run.arrow", tmp_path / "run.npz")
    held, parse = [], ast.parse

    def watched(*args, **options):
        held.append(PARSING.locked())
        return parse(*args, **options)

    monkeypatch.setattr(ast, "parse", watched)
    places = (
        answer,
        fold,
        lambda: folding.without_unused({"a.py": "", "b.py": "def f(): pass"}, "b.py"),
        lambda: folding.is_empty("x = 1"),
        lambda: application.read(tmp_path / "app"),
        lambda: Model.load(tmp_path / "network.npz"),
        lambda: open_log(tmp_path / "run.npz"),
        lambda: datasets.load(str(tmp_path / "data.npy")),
    )
    for place in places:
        held.clear()
        place()
        assert held and all(held), place
