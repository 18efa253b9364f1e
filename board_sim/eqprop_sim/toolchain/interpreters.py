"""Finds real MicroPython interpreters on this computer, or obtains one and keeps it in the user's cache.

It tries, in this order: `micropython` on PATH; the unix port, built from Debian's source package (half a minute, on
Debian); the official WebAssembly build from npm, run by node, which comes from PATH or from PyPI.

    python -m eqprop_sim.toolchain.interpreters       print the interpreter, obtaining one if needed
"""

import json
import os
import re
import shutil
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import micropython_source, nodejs
from .installation import Failure, Unavailable, cache, filling, lock, make, need, run

KINDS = ("unix", "webassembly")
OLDEST = (1, 23)  # the oldest version that the runtime was tested on
HOW_TO = "install the package micropython (apt, brew), or node and npm, and try again"

_NPM_PACKAGE = "@micropython/micropython-webassembly-pyscript"
_RUNNER = Path(__file__).parent / "webassembly.mjs"
_ASK_VERSION = "import sys\nprint(sys.implementation.name, *sys.implementation.version[:3])\n"


@dataclass(frozen=True)
class Interpreter:
    """A MicroPython interpreter that has reported its name and version."""

    kind: str
    """One of KINDS."""
    path: Path
    """The executable (unix), or the folder of micropython.mjs (webassembly)."""
    version: str = ""
    """Such as "1.25.0"."""
    node: Path | None = None
    """The node that runs a WebAssembly build."""

    @property
    def limits_heap(self):
        """Whether a program that needs more than `heap_bytes` fails with MemoryError, as on a board.

        The WebAssembly build does not collect garbage while a program runs: its heap starts at that size and grows.
        """
        return self.kind == "unix"

    def command(self, script, *args, heap_bytes=None, path=()):
        """Return (argv, environment) that run the file `script` with arguments `args`.

        heap_bytes: size of the heap; None for the interpreter's own default. See `limits_heap`.
        path: the folders to import from. The unix port also searches the script's folder, as CPython does. The
        WebAssembly build sees a copy of the modules in these folders and of the script, and no other file.
        """
        folders = [os.path.abspath(folder) for folder in path]
        if self.kind == "unix":
            heap = [] if heap_bytes is None else ["-X", f"heapsize={heap_bytes}"]
            environment = {**os.environ, "MICROPYPATH": os.pathsep.join([".frozen", *folders])}
            return [str(self.path), *heap, str(script), *map(str, args)], environment
        argv = [os.path.abspath(script), *map(str, args)]
        specification = json.dumps({"argv": argv, "heap_bytes": heap_bytes, "path": folders})
        return [str(self.node), str(_RUNNER), str(self.path), specification], dict(os.environ)


def find(kind=None):
    """Return the first interpreter (of `kind`, if given) on PATH or in the cache, or None. Fetches nothing."""
    _refuse_unknown(kind)
    found = (_find(each, []) for each in KINDS if kind in (None, each))
    return next(filter(None, found), None)


def obtain(kind=None, tell=lambda line: None):
    """Return an interpreter (of `kind`, if given), building or fetching it into the user's cache if none exists.

    tell: called with one line before each step that takes long. Raises Unavailable.
    """
    _refuse_unknown(kind)
    reasons = []
    for each, how in (("unix", _build_unix), ("webassembly", _fetch_webassembly)):
        if kind not in (None, each):
            continue
        if found := _find(each, reasons):
            return found
        try:
            with lock(tell):
                # Another process may have obtained one while this one waited
                return _find(each, []) or how(tell)
        except (Failure, OSError, tarfile.TarError) as reason:
            reasons.append(f"{each}: {reason}")
    raise Unavailable(f"no MicroPython interpreter ({'; '.join(reasons)}): {HOW_TO}")


def obtain_webassembly(version, tell=lambda line: None):
    """Return the WebAssembly build of a version named as in npm ("1.23.0", "1.28.0-6"); otherwise like `obtain`."""
    build, node = cache() / f"webassembly-{version}", nodejs.find()
    try:
        if build.exists() and node:  # without waiting for another process that builds something else
            return _checked("webassembly", build, node)
        with lock(tell):
            return _fetch_webassembly(tell, version)
    except (Failure, OSError, tarfile.TarError) as reason:
        raise Unavailable(f"no MicroPython {version} ({reason}): {HOW_TO}") from reason


def _refuse_unknown(kind):
    if kind not in (None, *KINDS):
        raise ValueError(f"kind={kind} is not one of {', '.join(KINDS)}")


def _find(kind, reasons):
    """Return the first working interpreter of that kind, or None; add to `reasons` why others failed."""
    if kind == "unix":
        files = [shutil.which("micropython"), cache() / f"unix-{micropython_source.VERSION}" / "micropython"]
        candidates = [(Path(file), None) for file in files if file and os.path.exists(file)]
    else:
        build, node = cache() / f"webassembly-{micropython_source.VERSION}", nodejs.find()
        candidates = [(build, node)] if build.exists() and node else []
    for path, node in candidates:
        try:
            return _checked(kind, path, node)
        except Failure as failure:
            reasons.append(str(failure))
    return None


def _checked(kind, path, node=None):
    """Return the Interpreter at a path after asking its version. Raises Failure if it is not one, or is too old."""
    with tempfile.TemporaryDirectory(prefix="eqprop-") as folder:
        script = Path(folder) / "version.py"
        script.write_text(_ASK_VERSION)
        argv, environment = Interpreter(kind, path, node=node).command(script)
        answer = run(argv, env=environment)
    match = re.fullmatch(r"micropython (\d+) (\d+) (\d+)\s*", answer)
    if not match:
        raise Failure(f"{path} is not MicroPython")
    version = tuple(map(int, match.groups()))
    if version < OLDEST:
        raise Failure(f"{path} is {_dotted(version)}, older than {_dotted(OLDEST)}")
    return Interpreter(kind, path, _dotted(version), node)


def _dotted(version):
    return ".".join(map(str, version))


def _build_unix(tell):
    """Build the unix port and install it in the cache."""
    need("make", "gcc")
    source = micropython_source.obtain(tell)
    name = f"unix-{micropython_source.VERSION}"
    tell(f"building MicroPython {micropython_source.VERSION}'s unix port")
    with filling(name) as result:
        build = result.parent / "build"
        # FFI, TLS and the database need libraries, and boards lack them anyway
        without = ["FROZEN_MANIFEST=", "MICROPY_PY_BTREE=0", "MICROPY_PY_SSL=0", "MICROPY_PY_FFI=0"]
        make(source / "ports" / "unix", f"BUILD={build}", *without)
        shutil.copy2(build / "micropython", result)
        _checked("unix", result / "micropython")
    return _checked("unix", cache() / name / "micropython")


def _fetch_webassembly(tell, version=micropython_source.VERSION):
    """Install the WebAssembly build of that version from npm in the cache, and node from PyPI if there is none."""
    name = f"webassembly-{version}"
    if not (cache() / name).exists():
        with filling(name) as result:
            package = nodejs.unpacked(f"{_NPM_PACKAGE}@{version}", result.parent, tell)
            for file in ("micropython.mjs", "micropython.wasm"):
                shutil.copy2(package / file, result)
            _checked("webassembly", result, nodejs.obtain(tell))
    return _checked("webassembly", cache() / name, nodejs.obtain(tell))


def main():
    """Print the available interpreter, obtaining one if needed; return the exit code."""
    try:
        interpreter = obtain(tell=lambda line: print(f"eqprop: {line}", file=sys.stderr))
    except Unavailable as error:
        print(f"eqprop: {error}", file=sys.stderr)
        return 1
    print(interpreter.path, interpreter.kind, interpreter.version)
    return 0


if __name__ == "__main__":
    sys.exit(main())
