"""Writes files whole or not at all, and keeps threads that read Python's syntax apart."""

import contextlib
import os
import secrets
import stat
import threading
from pathlib import Path

from .errors import LogError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PARSING = threading.Lock()
"""Hold it while `ast` parses, and while NumPy reads an array's file, whose header it parses with `ast`.

CPython 3.11 keeps one count of depth for all the trees that it builds. If it collects garbage while it builds one, and
another thread then builds a second, the first thread gets a SystemError (gh-106905).
"""


STDOUT = Path("-")
"""The path that stands for standard output."""


def unwritable(path, error):
    """Return a LogError that says why `path` could not be written; return a LogError as it is."""
    if isinstance(error, LogError):
        return error
    return LogError(f"{path}: cannot be written: {error.strerror or error}")


def write_whole(path, data):
    """Write bytes to the file at `path`: whole or, on any failure, not at all.

    The bytes go to a temporary file in the same folder and to disk; then that file takes the old one's name and
    permissions. If `path` is a symbolic link, its target is written. Raises LogError naming the path and the reason.
    """
    with _beside(path) as (target, beside):
        with open(beside, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            os.chmod(beside, stat.S_IMODE(target.stat().st_mode))
        os.replace(beside, target)
        sync_folder(target.parent)


def claim(file, path):
    """Claim the open `file` (a descriptor) for this process until it is closed. Raises LogError if another has it."""
    if fcntl:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LogError(f"{path}: another run is writing it") from error
        except OSError:  # a filesystem without locks
            return


def is_claimed(path):
    """Return whether a process has claimed the file at `path`, where the system can tell."""
    if fcntl:
        with open(path, "rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            except OSError:
                pass
    return False


@contextlib.contextmanager
def new_file(path):
    """Yield a binary file open for writing; it appears at `path` whole or, on any failure, not at all.

    Raises LogError naming the path if it exists already or cannot be written.
    """
    with _beside(path) as (target, beside):
        if target.exists():
            raise LogError(f"{path}: exists already: it is not overwritten")
        with open(beside, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _take_name(beside, target, path)
        sync_folder(target.parent)


def _take_name(beside, target, path):
    """Give a file the name `target`, without replacing anything, even a file made a moment ago."""
    try:
        os.link(beside, target)
    except FileExistsError as error:
        raise LogError(f"{path}: exists already: it is not overwritten") from error
    except OSError:  # a filesystem without links
        os.rename(beside, target)
    else:
        beside.unlink()


def sync_folder(folder):
    """Force a folder's entries to disk if the system can, so that a new name survives a power cut."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def make_folder(path):
    """Make a folder, and those above it, unless it is there. Raises LogError naming it and the reason."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise LogError(f"{path}: is a file: name a folder") from error
    except OSError as error:
        raise LogError(f"{path}: cannot be made: {error.strerror or error}") from error


def check_writable(path):
    """Raise LogError unless `write_whole` can write at `path`; call it before work whose results go there."""
    with _beside(path) as (_, beside):
        open(beside, "xb").close()
        beside.unlink()


@contextlib.contextmanager
def _beside(path):
    """Yield the resolved `path` and the path of a temporary file in its folder, which is removed on any failure."""
    if path == STDOUT:
        raise LogError("-: only --json writes to standard output: name a file")
    try:
        target = Path(os.path.realpath(path))
        beside = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}")
        if target.exists() and not target.is_file():
            raise LogError(f"{path}: is not a regular file")
        try:
            yield target, beside
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
    except OSError as error:
        raise unwritable(path, error) from error
