"""Every command and every program on every page runs as a reader types it, page by page, each page in a fresh folder.

All commands are parsed as `eqprop` parses them, so that no page shows an option that does not exist. CI runs those that
take seconds; `make docs-commands` runs them all. What cannot run here is named below with the reason. A board on
/dev/ttyACM0 is an emulated one as it is bought, with MicroPython's prompt and an empty flash.
"""

import contextlib
import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass

import pytest

from eqprop_host import cli
from support.places import PYTHONPATH, ROOT

PAGES = [ROOT / "README.md", *sorted(ROOT.glob("*/README.md")), *sorted(ROOT.glob("examples/*/README.md"))]
PAGES += [ROOT / "CONTRIBUTING.md", ROOT / "ARCHITECTURE.md", *sorted(ROOT.glob("docs/**/*.md"))]
ALL = os.environ.get("EQPROP_PAGES") == "all"
PORT = "/dev/ttyACM0"

ELSEWHERE = {
    r"pip install": "needs the network; `make hosts` installs and runs what is installed",
    r"make ": "runs this test, or trains for the eye what others test",
    r"eqprop studio$": "serves until Ctrl-C; tests/host/studio opens its page",
    r".*mnist:mnist": "needs the files of MNIST, and hours",
    r"python examples/words/tape.py TAPE --folder FOLDER": "needs recordings of the reader's own",
    r"eqprop (monitor|teach|record|console|pull --log) .*--port": "needs a board's program; tests/host/field has one",
    r"eqprop train --program": "the same",
    r"eqprop fleet": "needs a fleet; tests/soak/test_fleets.py and tests/host/fleet have one",
    r"eqprop (log|report) .*--scheduler": "needs a Dask cluster; tests/soak/test_many_runs.py has one",
    r"eqprop log (verify|replay) alone": "needs a board's black box; tests/host/field/alone has one",
    r"eqprop deploy (?!--)": "needs an application; tests/host/deploy/test_application.py has one",
    r"import os, vfs": "erases the flash of the board on which it runs",
    r"import eqprop, json": "needs a network in /; tests/host/boards/test_description.py runs it",
}
"""Commands and programs, as patterns of how they begin, that no test can run as they stand, and why."""

LONG = (
    r"eqprop study fleet",
    r"eqprop study learning",
    r"eqprop study mismatch",
    r"eqprop study regression",
    r"eqprop study rig",
    r"eqprop sweep",
    r"eqprop simulate --physics analog --set",
    r"eqprop deploy --port",
    r"eqprop deploy --boot --port",
    r"eqprop deploy --with rig",
    r"eqprop (train|bench|evaluate|push|pull) .*" + PORT,
    r"eqprop bench",
    r"python examples/",
    r"eqprop simulate-app",
    r"MICROPYPATH=",
)
"""Commands, as patterns, that take longer, or that another test runs and compares with what the page shows."""

COMPARED_ELSEWHERE = (r"eqprop deploy", r"eqprop simulate-app", r"python examples/")
"""Commands, as patterns, whose output another test compares: parts of it differ from run to run."""

PREPARED = {"from eqprop import watchdog": "def step():\n    raise SystemExit"}
"""What the reader brings to a program: text in it, and the Python that comes first."""

_WORDS = r"(?:\$ )?((?:[A-Z]+=\S+ )?(?:eqprop|python|pip|make|mpremote|micropython) .*)"
_FIELD = ROOT / "board_sim/eqprop_sim/firmware/field"  # the simulated `machine` of the examples
_DONE = "-- done --\n"
_SESSION = f"""
import json, sys, traceback
names = {{"__name__": "__main__"}}
for line in sys.stdin:
    try:
        exec(json.loads(line), names)
    except Exception:
        traceback.print_exc(file=sys.stdout)
    except SystemExit:
        pass
    print({_DONE!r}, end="", flush=True)
"""
"""A Python that runs each line of its input, a program as JSON, and says when it is done."""


@dataclass(frozen=True)
class Step:
    """A command or a program that a page shows."""

    text: str
    program: bool = False
    """Whether it is Python."""

    output: str | None = None
    """What the page shows that the command prints; None where it shows nothing."""


def steps(page):
    """Return the commands and programs that a page shows in its blocks of code, in order."""
    found = []
    for indent, language, block in re.findall(r"^( *)```(\w*)[^\n]*\n(.*?)^ *```", page.read_text(), re.M | re.S):
        lines = [line.removeprefix(indent) for line in block.splitlines()]
        if language == "python":
            found.append(Step("\n".join(lines), program=True))
        elif language in ("", "sh", "bash", "console"):
            found += _commands(lines)
    return found


def _commands(lines):
    """Yield the commands in the lines of a block, without prompts and comments."""
    for place, line in enumerate(lines):
        if match := re.fullmatch(_WORDS, line):
            text = shlex.join(shlex.split(match[1], comments=True)) if " #" in line else match[1]
            output = None
            if line.startswith("$ "):
                end = next((n for n in range(place + 1, len(lines)) if lines[n].startswith("$ ")), len(lines))
                output = "".join(f"{printed}\n" for printed in lines[place + 1 : end])
            yield Step(text, output=output)


def commands(page):
    """Return the commands that a page shows in its blocks of code."""
    return [step.text for step in steps(page) if not step.program]


def inline(page):
    """Return the whole commands that a page shows within a sentence."""
    return re.findall(r"`(eqprop [a-z]+ [^`]*[^` .])(?<! --resume)`", page.read_text())


def name(page):
    return str(page.relative_to(ROOT))


def matches(text, patterns):
    return any(re.match(pattern, text) for pattern in patterns)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_is_one_that_eqprop_takes(page):
    """Catches an option that was renamed, in a command that takes too long to be run here too."""
    for line in [*commands(page), *inline(page)]:
        program, *words = shlex.split(line)
        if program == "eqprop" and not {"...", "PORT", "COMMAND"} & {*words}:
            options = cli._parser(words[:1]).parse_args(words)
            assert options.run, line


class Reader:
    """Types what a page shows into a shell in a folder of its own."""

    def __init__(self, folder, port, micropython):
        """Make the folder. port: of the board on PORT. micropython: the interpreter's path, None without one."""
        python = shlex.quote(sys.executable)
        programs = {"eqprop": f"PYTHONSAFEPATH=1 {python} -m eqprop_host", "python": python}
        if micropython:
            programs["micropython"] = shlex.quote(micropython)
        (folder / "bin").mkdir()
        for program, typed in programs.items():  # a link to an environment's Python would not find its libraries
            (folder / "bin" / program).write_text(f'#!/bin/sh\nexec env {typed} "$@"\n')
            (folder / "bin" / program).chmod(0o755)
        self.here = folder / "here"
        self.here.mkdir()
        for part in ("examples", "runtime"):
            (self.here / part).symlink_to(ROOT / part)
        path = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
        self.environment = {**os.environ, "PYTHONPATH": PYTHONPATH, "PATH": path}
        self.port = port
        self._python = None

    def command(self, step):
        """Type a command; compare what it prints with what the page shows."""
        line = step.text.replace(PORT, self.port)
        done = subprocess.run(["bash", "-c", line], cwd=self.here, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{step.text}: {done.stdout[-300:]}{done.stderr[-300:]}"
        if step.output is not None and not matches(step.text, COMPARED_ELSEWHERE):
            assert done.stdout == step.output, step.text

    def program(self, step):
        """Type a program into the Python in which those before it on the page were typed."""
        if not self._python:
            environment = {**self.environment, "PYTHONPATH": os.pathsep.join([PYTHONPATH, str(_FIELD)])}
            argv = [sys.executable, "-c", _SESSION]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
            self._python = subprocess.Popen(argv, cwd=self.here, env=environment, text=True, **pipes)
        before = [text for needle, text in PREPARED.items() if needle in step.text]
        self._python.stdin.write(json.dumps("\n".join([*before, step.text])) + "\n")
        self._python.stdin.flush()
        printed = []
        while (line := self._python.stdout.readline()) != _DONE:
            assert line, "".join(printed)  # it has ended
            printed.append(line)
        assert not any(line.startswith("Traceback") for line in printed), "".join(printed)

    def close(self):
        """End the Python that was started."""
        if self._python:
            self._python.communicate()


@pytest.mark.parametrize("page", [page for page in PAGES if steps(page)], ids=name)
@pytest.mark.slow
def test_everything_runs_in_a_fresh_folder(page, tmp_path, request):
    """In order: what one writes another reads. Catches what a page promises and the command no longer does."""
    shown = [step for step in steps(page) if not matches(step.text, ELSEWHERE)]
    todo = [step for step in shown if ALL or step.program or not matches(step.text, LONG)]
    port = request.getfixturevalue("blank")().path if any(PORT in step.text for step in todo) else PORT
    needs = any("micropython" in step.text for step in todo)
    reader = Reader(tmp_path, port, str(request.getfixturevalue("unix_micropython").path) if needs else None)
    with contextlib.closing(reader):
        for step in todo:
            (reader.program if step.program else reader.command)(step)


def test_each_reason_is_of_a_command():
    """Catches a reason that outlived its command."""
    shown = [step.text for page in PAGES for step in steps(page)]
    for pattern in ELSEWHERE:
        assert any(re.match(pattern, text) for text in shown), pattern
