"""A fleet of blank simulated boards, deployed, trained and pulled at once, while three of them fail.

    python -m soak.fleets [BOARDS [JOBS]]     20 boards by default, all at once; exit code 1 unless all others are right

Of the boards one has no port, one a flash full of something else, and one is unplugged while it learns and never comes
back. Each other one is MicroPython's firmware in QEMU, on the cores of `CORES` in turn.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from eqprop_host import cli
from eqprop_host.deploy.repl import Remote
from eqprop_host.terminal.board_lines import BoardLines
from support.places import PYTHONPATH

CORES = ("cortex-m3", "cortex-m0", "cortex-m4", "cortex-m7", "rv32")
FAILING = ("dead", "full", "gone")
SAMPLES = 200
RIGHT = "20141d34"
"""The CRC-32 of the conductances that a run of `SAMPLES` digits ends with."""

_FLASH_KB, _FULL_KB = 512, 128
_FILLED = 80_000  # bytes that leave less than the smallest runtime needs


@contextlib.contextmanager
def board(url, folder):
    """Yield (port, a function that takes the board and its port away) of a simulated board's own process.

    The port is a link in the folder: the name of a terminal that is gone may become that of another program's.
    """
    argv = [sys.executable, "-m", "eqprop_sim.simulated_board", url]
    environment = {**os.environ, "PYTHONPATH": PYTHONPATH}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(argv, env=environment, **pipes) as process:
        port = folder / f"port{process.pid}"
        port.symlink_to(process.stdout.readline().strip())

        def unplug():
            port.unlink(missing_ok=True)
            process.stdin.close()

        try:
            yield str(port), unplug
        finally:
            process.stdin.close()
            process.wait()


def fill(path):
    """Fill a board's flash."""
    with contextlib.closing(Remote(path, path)) as remote:
        remote.reach()
        remote.write({"recordings": os.urandom(_FILLED)}, "")


def typed(*words):
    """Return (exit code, standard output, standard error) of a command of this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main([str(word) for word in words])
    return code, out.getvalue(), err.getvalue()


def fly(folder, boards, jobs=None):
    """Do it in a folder, with so many boards; return what is wrong, a line each, and the last line of each command."""
    wrong, last = [], []
    with contextlib.ExitStack() as on:
        ports = {"dead": "/dev/no-such-board"}
        ports["full"], _ = on.enter_context(board(f"sim:cortex-m3?blank={_FULL_KB}k", folder))
        ports["gone"], unplug = on.enter_context(board(f"sim:cortex-m3?blank={_FLASH_KB}k", folder))
        for n in range(boards - len(FAILING)):
            core = CORES[n % len(CORES)]
            ports[f"board{n}"], _ = on.enter_context(board(f"sim:{core}?blank={_FLASH_KB}k", folder))
        fill(ports["full"])
        tables = [f'[boards.{name}]\nport = "{port}"\n' for name, port in ports.items()]
        path = folder / "fleet.toml"
        path.write_text(f"[train]\nlimit = {SAMPLES}\n\n" + "\n".join(tables))
        right = [name for name in ports if name not in FAILING]
        moved = BoardLines.moved

        def unplugged(lines, name, text):
            if name == "gone" and text.startswith("sample "):
                unplug()
            moved(lines, name, text)

        on.callback(setattr, BoardLines, "moved", moved)
        BoardLines.moved = unplugged
        for action in ("deploy", "train", "pull"):
            failing = FAILING[:2] if action == "deploy" else FAILING
            results = folder / f"{action}.json"
            code, out, err = typed("fleet", path, action, "--json", results, *(["--jobs", jobs] if jobs else []))
            last.append(err.splitlines()[-1])
            said = json.loads(results.read_text())
            if code != 1 or said["failed"] != sorted(failing) or not err.endswith(f"failed: {', '.join(failing)}\n"):
                wrong.append(f"{action}: exit code {code}, failed: {said['failed']}: {err[-1500:]}")
            for name in right if action != "deploy" else ():
                if said["boards"][name].get("conductance_crc") != RIGHT:
                    wrong.append(f"{action}: {name}: {said['boards'][name]}")
        for name in right:
            if len(list(folder.glob(f"fleet/runs.parquet/run/board={name}/run_id=*"))) != 1:
                wrong.append(f"{name}: its run is not in the dataset")
    return wrong, last


def main(words):
    """Do it and print how it went; return the exit code."""
    count = int(words[0]) if words else 20
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="eqprop-fleet-") as folder:
        wrong, last = fly(Path(folder), count, int(words[1]) if words[1:] else None)
    print("\n".join([*last, *wrong, f"{count} boards, {time.monotonic() - started:.0f} s"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
