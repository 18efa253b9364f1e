"""Fetches Debian packages with the system's own apt from the system's own mirror, without installing anything.

MicroPython's source and its firmware's dependencies come from one release of Debian, whatever runs here.
"""

import contextlib
import re
import tarfile
from pathlib import Path

from .installation import Failure, need, run, unpack

RELEASE = "trixie"  # its source package of MicroPython is `micropython_source.VERSION`

_KEYRINGS = ("debian-archive-keyring.gpg", "debian-archive-keyring.pgp")


class Archive:
    """The packages of RELEASE, fetched into the folder `work`. Every method raises Failure."""

    def __init__(self, work, uri):
        """Fetch the lists of packages from the mirror `uri`; the system's apt keeps its own sources and lists."""
        self._work = work
        (work / "lists" / "partial").mkdir(parents=True)
        keyring = next((file for name in _KEYRINGS if (file := Path("/usr/share/keyrings") / name).exists()), None)
        lines = ["Types: deb deb-src", f"URIs: {uri}", f"Suites: {RELEASE}", "Components: main"]
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
        self._apt = ["apt-get", "-qq", *(part for key, value in settings.items() for part in ("-o", f"{key}={value}"))]
        # Without this, apt-get reports success although an index could not be fetched
        run([*self._apt, "--error-on=any", "update"], cwd=work)

    def source(self, package):
        """Return the folder of a source package's original source."""
        work = self._work / package
        work.mkdir()
        run([*self._apt, "source", "--download-only", package], cwd=work)
        for archive in work.glob("*.orig.tar.*"):
            with contextlib.suppress(tarfile.TarError):  # its signature
                unpack(archive, work)
        folders = [entry for entry in work.iterdir() if entry.is_dir()]
        if len(folders) != 1:
            raise Failure(f"Debian's source package {package} holds {len(folders)} folders instead of one")
        return folders[0]

    def files(self, *packages):
        """Return a folder with the files of these binary packages, laid out as under the root folder."""
        need("dpkg-deb")
        root = self._work / "root"
        root.mkdir()
        run([*self._apt, "download", *packages], cwd=self._work)
        for package in self._work.glob("*.deb"):
            run(["dpkg-deb", "--extract", str(package), str(root)])
        return root


def mirror(*options):
    """Return the URI of the Debian mirror that the system's own apt is configured with, in whatever format.

    options: further arguments for apt-get. Raises Failure if apt is configured without one.
    """
    need("apt-get")
    about = "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)"
    command = ["apt-get", *options, "indextargets", "--no-release-info", "--format", about, "Target-Of: deb"]
    targets = [line.split() for line in run(command).splitlines()]
    suites = _suites()
    mirrors = [uri for uri, suite, component, *_ in targets if component == "main" and suite in suites]
    if not mirrors:
        raise Failure("apt is configured without a Debian mirror")
    return mirrors[0]


def _suites():
    """Return the names that this system's apt may use for its own Debian release; empty if this is not Debian."""
    release = Path("/etc/os-release")
    text = release.read_text() if release.exists() else ""
    fields = dict(re.findall(r'^(\w+)="?([^"\n]*)', text, re.MULTILINE))
    if fields.get("ID") != "debian":
        raise Failure("this system is not Debian")
    return {fields.get("VERSION_CODENAME"), "oldstable", "stable", "testing", "unstable", "sid"}
