"""Where the machine code that numba makes is kept: the user's cache folder, under a digest of all it was made from."""

import atexit
import contextlib
import hashlib
import shutil
import tempfile
from pathlib import Path

import numba
from platformdirs import user_cache_path


@contextlib.contextmanager
def cached(*sources):
    """Keep what numba compiles meanwhile in a folder that belongs to these source files alone."""
    digest = hashlib.sha256(b"".join(Path(source).read_bytes() for source in sources)).hexdigest()[:16]
    before = numba.config.CACHE_DIR
    folder = user_cache_path("eqprop") / "numba" / digest
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:  # nowhere to keep it: compile for this process alone. Numba's own choice would not know the digest
        folder = Path(tempfile.mkdtemp(prefix="eqprop-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    numba.config.CACHE_DIR = str(folder)
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before
