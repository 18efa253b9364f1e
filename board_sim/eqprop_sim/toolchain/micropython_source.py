"""MicroPython's source, from Debian's source package, kept in the user's cache."""

from . import debian
from .installation import Failure, cache, filling

VERSION = "1.25.0"

# Most of the source is ports for other boards
_PARTS = ("drivers", "extmod", "lib", "mpy-cross", "ports/rp2", "ports/unix", "py", "shared", "tools")


def obtain(tell=lambda line: None):
    """Return the source's folder, downloading it if missing. The folder is read-only by agreement.

    Call with the cache locked. tell: called with one line before a download. Raises Failure.
    """
    name = f"source-{VERSION}"
    if not all((cache() / name / part).exists() for part in _PARTS):
        mirror = debian.mirror()
        tell(f"fetching MicroPython {VERSION} from Debian's source package")
        with filling(name) as result:
            unpacked = debian.Archive(result.parent, mirror).source("micropython")
            if unpacked.name != f"micropython-{VERSION}":
                raise Failure(f"Debian's source package is {unpacked.name}, not {VERSION}")
            for part in _PARTS:
                (result / part).parent.mkdir(exist_ok=True)
                (unpacked / part).rename(result / part)
    return cache() / name
