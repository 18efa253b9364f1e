"""Every command on every page runs as a reader types it, page by page, each page in a fresh folder.

All of them are read as the command reads them, so that no page shows an option that is no more. CI runs those that
take seconds; `make docs-commands` runs them all. What cannot run here is named below with the reason.
"""

import os
import re
import shlex
import subprocess
import sys

import pytest

from eqprop_host import cli
from support.places import PYTHONPATH, ROOT

PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*/*.md")), *sorted(ROOT.glob("examples/*/README.md"))]
ALL = os.environ.get("EQPROP_PAGES") == "all"

ELSEWHERE = {
    r"pip install": "needs the network; `make hosts` installs and runs what is installed",
    r"make ": "runs this test, or trains for the eye what others test",
    r"eqprop (deploy|train|undeploy|pull|push|bench)( .*)?--port /dev/": "needs a board on that port",
    r"eqprop deploy --boot$": "needs a board connected by USB",
    r".*mnist:mnist": "needs the files of MNIST, and hours",
    r"python examples/words/tape.py TAPE --folder FOLDER": "needs recordings of the reader's own",
}
"""Commands, as patterns, that no test can run as they stand, and why."""

LONG = (
    r"eqprop study mismatch",
    r"eqprop sweep",
    r"eqprop train --limit 500",
    r"eqprop simulate --physics analog",
    r"eqprop deploy",
    r"eqprop evaluate digits.npz --port sim:micropython",
    r"eqprop train .*reset_every",
    r"eqprop bench",
    r"python examples/",
    r"MICROPYPATH=",
)
"""Commands, as patterns, that take longer, or that another test runs and compares with what the page shows."""

_WORDS = r"(?:\$ )?((?:[A-Z]+=\S+ )?(?:eqprop|python|pip|make|mpremote|micropython) .*)"


def commands(page):
    """Return the commands that a page shows in its blocks of code, without prompts and comments."""
    lines, language = [], None
    for line in map(str.strip, page.read_text().splitlines()):
        if line.startswith("```"):
            language = line.strip("`") if language is None else None
        elif language in ("", "sh", "bash", "console"):
            lines.append(line)
    found = [match[1] for line in lines if (match := re.fullmatch(_WORDS, line))]
    return [shlex.join(shlex.split(line, comments=True)) if " #" in line else line for line in found]


def inline(page):
    """Return the whole commands that a page shows within a sentence."""
    return re.findall(r"`(eqprop [a-z]+ [^`]*[^` .])(?<! --resume)`", page.read_text())


def name(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_is_one_that_eqprop_takes(page):
    """Catches an option that was renamed, in a command that takes too long to be run here too."""
    for line in [*commands(page), *inline(page)]:
        program, *words = shlex.split(line)
        if program == "eqprop" and "..." not in words:
            options = cli._parser(words[:1]).parse_args(words)
            assert options.run, line


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=name)
def test_every_command_runs_in_a_fresh_folder(page, tmp_path, request):
    """In order: what one writes another reads."""
    shown = [line for line in commands(page) if not any(re.match(pattern, line) for pattern in ELSEWHERE)]
    todo = [line for line in shown if ALL or not any(re.match(pattern, line) for pattern in LONG)]
    python = shlex.quote(sys.executable)
    programs = {"eqprop": f"PYTHONSAFEPATH=1 {python} -m eqprop_host", "python": python}
    if any("micropython" in line for line in todo):
        programs["micropython"] = shlex.quote(str(request.getfixturevalue("unix_micropython").path))
    (tmp_path / "bin").mkdir()
    for program, typed in programs.items():  # a link to an environment's Python would not find its libraries
        (tmp_path / "bin" / program).write_text(f'#!/bin/sh\nexec env {typed} "$@"\n')
        (tmp_path / "bin" / program).chmod(0o755)
    here = tmp_path / "here"
    here.mkdir()
    for part in ("examples", "runtime"):
        (here / part).symlink_to(ROOT / part)
    path = os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]])
    environment = {**os.environ, "PYTHONPATH": PYTHONPATH, "PATH": path}
    for line in todo:
        typed = line.replace("/tmp/board", str(tmp_path / "board"))
        done = subprocess.run(["bash", "-c", typed], cwd=here, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{line}: {done.stdout[-300:]}{done.stderr[-300:]}"


def test_each_reason_is_of_a_command():
    """Catches a reason that outlived its command."""
    shown = [line for page in PAGES for line in commands(page)]
    for pattern in ELSEWHERE:
        assert any(re.match(pattern, line) for line in shown), pattern
