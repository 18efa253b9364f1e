"""The user's cache of programs that take long to obtain; one process fills it at a time, each entry in one step."""

import contextlib
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import platformdirs

try:
    import fcntl
except ImportError:  # Windows has no advisory locks
    fcntl = None


class Unavailable(RuntimeError):
    """A program is missing and could not be obtained; the one-line message says why and what helps."""


class Failure(Exception):
    """One way of obtaining a program failed, for the reason in the message."""


def cache():
    """Return the cache's folder, which may not exist yet."""
    return platformdirs.user_cache_path("eqprop") / "micropython"


@contextlib.contextmanager
def lock(tell=lambda line: None):
    """Lock the cache against other processes; the lock ends with the context or with this process.

    tell: called with a line if another process has it. Raises Failure if the cache cannot be written.
    """
    try:
        cache().mkdir(parents=True, exist_ok=True)
        file = open(cache() / "lock", "w")  # noqa: SIM115 (closed below)
    except OSError as error:
        raise Failure(f"{error.filename}: {error.strerror}") from error
    with file:
        if fcntl:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                tell("waiting for another eqprop to obtain an interpreter or a board, which takes minutes")
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def filling(name):
    """Yield a folder to fill; it becomes the cache's folder `name` in one step, or is removed.

    Its parent is a work folder, which is removed in either case.
    """
    target = cache() / name
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=cache(), ignore_cleanup_errors=True) as work:
        result = Path(work) / "result"
        result.mkdir()
        yield result
        shutil.rmtree(target, ignore_errors=True)
        result.rename(target)


def need(*commands):
    """Raise Failure, naming them, unless all `commands` are on PATH."""
    missing = [command for command in commands if not shutil.which(command)]
    if missing:
        raise Failure(f"needs {' and '.join(missing)}")


def run(argv, **options):
    """Return the command's output. Raises Failure with the most telling line of its error output.

    It runs in a folder of our own, so that no file of the user's can be imported in place of a library.
    """
    options.setdefault("cwd", Path(__file__).parents[2])
    try:
        done = subprocess.run(
            argv, check=True, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, **options
        )
    except OSError as error:
        raise Failure(f"{argv[0]}: {error.strerror}") from error
    except subprocess.CalledProcessError as error:
        lines = (error.stderr.strip() or error.stdout.strip() or f"exit code {error.returncode}").splitlines()
        # make and apt end with a summary; the line with "error" says what happened
        said = next((line for line in lines if re.search(r"\b(error|E):", line, re.IGNORECASE)), lines[-1])
        raise Failure(f"{Path(argv[0]).name}: {said.strip()}") from error
    return done.stdout


def make(folder, *arguments):
    """Run make in `folder`, on all processors. Raises Failure as `run` does."""
    # If make started this process, its flags and variables must not reach the new one
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    run(["make", "-s", "-C", str(folder), f"-j{os.cpu_count() or 1}", *arguments], env=environment)


def unpack(archive, folder):
    """Unpack a tar archive. Raises tarfile.TarError."""
    with tarfile.open(archive) as tar:
        tar.extraction_filter = getattr(tarfile, "data_filter", lambda member, path: member)
        tar.extractall(folder)
