"""Other hosts: every Python at hand, with the least and the most of what eqprop needs, runs the README's commands.

    python -m soak.hosts [VERSION ...]      all of 3.10 ... 3.14, or those named; exit code 1 if one fails

Each host is an environment of its own: a Python, the extras (`minimal` has none), and what resolves them: `lowest`, the
bounds that pyproject.toml names, or `newest`. Bounds are held at the oldest Python only: for newer ones there are no
wheels of the oldest libraries. `make hosts` runs them all; a Python that is not on this machine is named and left out.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from support.places import ROOT

VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
FRAME = "import eqprop_host; print(len(eqprop_host.open_log('run.arrow').frame('metrics')))"
MINIMAL = (
    ("eqprop train --port sim:micropython --limit 200 --save digits.npz", "conductance CRC 20141d34"),
    ("eqprop evaluate digits.npz --port sim:micropython", "of 360 samples"),
    ("eqprop ports", ""),
)
"""Commands that need no extra, and what each prints."""


def interpreter(version):
    """Return the path of a Python of that version, None where there is none."""
    shims = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which(f"python{version}"), *sorted(shims.glob(f"{version}.*/bin/python"))]
    for path in filter(None, candidates):
        told = subprocess.run([path, "-c", "import sys; print(*sys.version_info[:2], sep='.')"], capture_output=True)
        if told.stdout.decode().strip() == version:
            return str(path)
    return None


def transcripts():
    """Return (command, what it prints) of each transcript of the README."""
    text = (ROOT / "README.md").read_text()
    return [(f"eqprop {said}", out) for said, out in re.findall(r"^\$ eqprop (.*)\n((?:(?!\$|```).*\n)*)", text, re.M)]


class Host:
    """An environment with eqprop in it."""

    def __init__(self, folder, python, what, resolution):
        """Install `what` (such as ".[all]"'s wheel) into a new environment below `folder`."""
        self.folder = Path(folder)
        self._uv("venv", "--python", python, str(self.folder / "venv"))
        bound = ["--resolution", "lowest-direct"] if resolution == "lowest" else []
        self._uv("pip", "install", "--python", str(self.folder / "venv"), *bound, what)

    def _uv(self, *words):
        subprocess.run([sys.executable, "-m", "uv", *words, "--quiet", "--no-python-downloads"], check=True)

    def run(self, command):
        """Run a command there and return it, finished."""
        program, *words = shlex.split(command)
        argv = [str(self.folder / "venv/bin" / program), *words]
        return subprocess.run(argv, cwd=self.folder, capture_output=True, text=True, timeout=600)

    def check(self, commands):
        """Run commands in turn; return what went wrong, a line each."""
        wrong = []
        for command, expected in commands:
            done = self.run(command)
            if done.returncode or expected not in done.stdout:
                last = (done.stderr.strip().splitlines() or [""])[-1]
                wrong.append(f"{command}: exit code {done.returncode}, printed {done.stdout!r}, {last}")
        return wrong


def commands(extras):
    """Return the commands that a host with these extras runs, and what each prints."""
    return MINIMAL if not extras else [*transcripts(), (f"python -c {shlex.quote(FRAME)}", "10\n")]


def main(versions):
    """Make every host and check it; print a line each, and return the exit code."""
    failed = False
    for version in versions:
        python = interpreter(version)
        if not python:
            print(f"{version}: not on this machine")
            continue
        resolutions = ("lowest", "newest") if version == VERSIONS[0] else ("newest",)
        for extras in ("", "[all]"):
            for resolution in resolutions:
                with tempfile.TemporaryDirectory(prefix="eqprop-host-") as folder:
                    wrong = Host(folder, python, f"{ROOT}{extras}", resolution).check(commands(extras))
                print(f"{version} {extras or 'minimal'} {resolution}: {'; '.join(wrong) or 'right'}", flush=True)
                failed |= bool(wrong)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or VERSIONS))
