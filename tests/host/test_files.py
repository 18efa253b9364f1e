"""Files written whole or not at all."""

import os
import stat

import pytest

from eqprop_host.errors import LogError
from eqprop_host.files import check_writable, write_whole


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
