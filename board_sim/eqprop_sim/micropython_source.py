"""MicroPython's source, from Debian's source package, kept in the user's cache."""

import contextlib
import re
import tarfile
from pathlib import Path

from .installation import Failure, cache, filling, need, run, unpack

VERSION = "1.25.0"

_SUITE = "trixie"  # the Debian release whose source package is VERSION
_KEYRINGS = ("debian-archive-keyring.gpg", "debian-archive-keyring.pgp")
# Ports for other boards are most of it
_PARTS = ("extmod", "lib", "mpy-cross", "ports/unix", "py", "shared", "tools")


def obtain(tell=lambda line: None):
    """Return the source's folder, downloaded when it is not there yet. Nobody may write into it.

    To be called with the cache locked. tell: called with one line before a download. Raises Failure.
    """
    name = f"source-{VERSION}"
    if not (cache() / name).exists():
        need("apt-get")
        mirror = _debian_mirror()
        tell(f"fetching MicroPython {VERSION} from Debian's source package")
        with filling(name) as result:
            unpacked = _debian_source(result.parent, mirror)
            for part in _PARTS:
                (result / part).parent.mkdir(exist_ok=True)
                (unpacked / part).rename(result / part)
    return cache() / name


def _debian_source(work, mirror):
    """Download the source package from `mirror` and unpack it into `work`; return its folder.

    The system's own apt keeps its sources and its lists.
    """
    (work / "lists" / "partial").mkdir(parents=True)
    keyring = next((file for name in _KEYRINGS if (file := Path("/usr/share/keyrings") / name).exists()), None)
    lines = ["Types: deb-src", f"URIs: {mirror}", f"Suites: {_SUITE}", "Components: main"]
    sources = work / "eqprop.sources"
    sources.write_text("\n".join(lines + ([f"Signed-By: {keyring}"] if keyring else [])) + "\n")
    settings = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "-",
        "Dir::State::Lists": work / "lists",
        "Dir::Cache": work,
        "Acquire::Retries": 1,
        "APT::Sandbox::User": "root",  # the sandbox's user could not write into this folder
    }
    apt = ["apt-get", "-qq", *(part for key, value in settings.items() for part in ("-o", f"{key}={value}"))]
    # apt-get reports an index that it could not fetch, and calls that a success
    run([*apt, "--error-on=any", "update"], cwd=work)
    run([*apt, "source", "--download-only", "micropython"], cwd=work)
    for archive in work.glob("micropython_*.orig.tar.*"):
        with contextlib.suppress(tarfile.TarError):  # its signature
            unpack(archive, work)
    source = work / f"micropython-{VERSION}"
    if not source.is_dir():
        raise Failure(f"Debian's source package is not {VERSION}")
    return source


def _debian_mirror(*options):
    """Return the URI of the Debian mirror that the system's own apt is configured with, in whatever format.

    options: further arguments for apt-get. Raises Failure where it is configured with none.
    """
    about = "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)"
    command = ["apt-get", *options, "indextargets", "--no-release-info", "--format", about, "Target-Of: deb"]
    targets = [line.split() for line in run(command).splitlines()]
    suites = _debian_suites()
    mirrors = [uri for uri, suite, component, *_ in targets if component == "main" and suite in suites]
    if not mirrors:
        raise Failure("apt is configured with no Debian mirror")
    return mirrors[0]


def _debian_suites():
    """Return the names by which this system's apt may call its own Debian release: none, if it is not Debian."""
    release = Path("/etc/os-release")
    text = release.read_text() if release.exists() else ""
    fields = dict(re.findall(r'^(\w+)="?([^"\n]*)', text, re.MULTILINE))
    if fields.get("ID") != "debian":
        raise Failure("this system is not Debian")
    return {fields.get("VERSION_CODENAME"), "oldstable", "stable", "testing", "unstable", "sid"}
