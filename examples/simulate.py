"""Run an example's program, as it is, on a simulated board in a simulated field.

    python examples/simulate.py EXAMPLE [PORT [ACT]]      such as: gesture sim:cortex-m0

EXAMPLE is a folder here: its main.py, and scene.py, which says what there is around the board and what happens; ACT is
one of the scene's. PORT is sim: (this Python), sim:micropython, or an emulated board such as sim:cortex-m0 or sim:rv32,
whose runtime and program are compiled as `eqprop deploy` does.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import eqprop
import eqprop_sim
from eqprop_host.deploy.bundle import compile_module, runtime_files
from eqprop_host.errors import EqpropError
from eqprop_sim.emulated_board import qemu
from eqprop_sim.toolchain import installation, interpreters, micropython_source
from eqprop_sim.toolchain.installation import Unavailable

HERE = Path(__file__).parent
FIRMWARE = Path(eqprop_sim.__file__).parent / "firmware"
FIELD = FIRMWARE / "field"
SIMULATOR = Path(eqprop_sim.__file__).parent.parent
MICROPYTHON = FIELD / "on_micropython"  # what MicroPython alone is to find there
RUNTIME = Path(eqprop.__file__).parent.parent
PORTS = ("sim:", "sim:micropython", *(f"sim:{cpu}" for cpu in qemu.CPUS))
HEAP_BYTES = 96 * 1024  # of an emulated board, for the program and the runtime
_FIELD_BYTES = 96 * 1024  # more, for the field around it
# A traceback's last line, where a scene will not play
_REFUSED = re.compile(r"^ValueError: ((?:act|flash): .*)\s*\Z", re.MULTILINE)
_ON_A_PC = {"recordings.py", "study.py", "tape.py"}  # what an example has that no board sees


def command(example, port, act, flash, work, program="main", options=()):
    """Return (argv, environment) that run a program of the folder `example` on a board.

    act: of its scene. flash: the folder where the program's files are. work: an empty folder, for what is compiled.
    options: as firmware/field/start.py has them, such as "per_us=125".
    Raises ValueError when there is no such example or program.
    """
    for name in ("scene", program):
        if not (HERE / example / f"{name}.py").is_file():
            folders = ", ".join(sorted(path.parent.name for path in HERE.glob("*/scene.py")))
            raise ValueError(f"example: {example} has no {name}.py; there are {folders}")
    words = [str(Path(flash).resolve()), program, act, *options]
    script = FIELD / "start.py"
    folders = [FIELD, HERE / example, RUNTIME, FIRMWARE, SIMULATOR]
    if port == "sim:":
        path = os.pathsep.join(map(str, folders))
        return [sys.executable, str(script), *words], {**os.environ, "PYTHONPATH": path}
    asyncio = installation.cache() / f"source-{micropython_source.VERSION}" / "extmod" / "asyncio"
    if port == "sim:micropython":
        return interpreters.obtain("unix").command(script, *words, path=[MICROPYTHON, *folders, asyncio.parent])
    cpu = port.removeprefix("sim:")
    board = qemu.obtain(cpu)
    architecture = qemu.CORES[cpu].architecture
    rig = "eqprop_sim.rig" in (HERE / example / "scene.py").read_text(encoding="utf-8")
    extras = ("rig",) if rig else ()
    sources = {f"eqprop/{name}": source for name, source in runtime_files(architecture, extras=extras).items()}
    if rig:
        chips = [*(SIMULATOR / "eqprop_sim" / "rig").glob("*.py"), SIMULATOR / "eqprop_sim" / "__init__.py"]
        sources.update((source.relative_to(SIMULATOR).as_posix(), source) for source in chips)
    sources.update((f"asyncio/{source.name}", source) for source in asyncio.glob("*.py"))
    for folder in (FIRMWARE, HERE / example, FIELD, MICROPYTHON):  # of two modules of a name, the last
        sources.update((source.name, source) for source in folder.glob("*.py") if source.name not in _ON_A_PC)
    sources.update((f"parts/{source.name}", source) for source in (FIELD / "parts").glob("*.py"))
    for name, source in sources.items():
        compile_module(name, source, (work / name).with_suffix(".mpy"), architecture)
    shutil.copy2(script, work)
    words.append(f"heap={HEAP_BYTES}")
    return board.command(work / script.name, *words, heap_bytes=HEAP_BYTES + _FIELD_BYTES, flash=flash)


def simulate(example, port="sim:", act="main", flash=None, **more):
    """Run an example as `command`, in a folder of its own if `flash` is None; return what it printed.

    Raises RuntimeError with what the board says when it fails, ValueError for no such example, program or act.
    """
    with tempfile.TemporaryDirectory(prefix="eqprop-") as work:
        flash = Path(flash or Path(work) / "flash")
        flash.mkdir(exist_ok=True)
        argv, environment = command(example, port, act, flash, Path(work) / "board", **more)
        done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        if refused := _REFUSED.search(done.stdout + done.stderr):
            raise ValueError(refused[1])
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout


def main(arguments):
    """Run what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="simulate.py", description=__doc__.partition("\n")[0])
    parser.add_argument("example", help="a folder here, or its path")
    parser.add_argument("port", nargs="?", default="sim:", choices=PORTS)
    parser.add_argument("act", nargs="?", default="main")
    parser.add_argument("--program", default="main", help="its module, if not main")
    parser.add_argument("--flash", type=Path, help="the folder that is its flash, kept; without it, an empty one")
    parser.add_argument(
        "--hang", type=int, default=0, metavar="S", help="let the sensor's bus hang from this second on"
    )
    parser.add_argument(
        "--rot", type=int, default=0, metavar="S", help="let a bit of a conductance flip at this second"
    )
    parser.add_argument("--mhz", type=int, default=0, help="let computing take time, on emulated boards")
    asked = parser.parse_args(arguments)
    given = {"per_us": asked.mhz, "hang_s": asked.hang, "rot_s": asked.rot}
    options = [f"{name}={value}" for name, value in given.items() if value]
    try:
        if asked.mhz and asked.port.removeprefix("sim:") not in qemu.CPUS:
            raise ValueError(f"--mhz: {asked.mhz}, but {asked.port} is not an emulated board, such as sim:cortex-m0")
        shown = simulate(asked.example, asked.port, asked.act, asked.flash, program=asked.program, options=options)
    except (OSError, RuntimeError, ValueError, EqpropError, Unavailable) as error:
        print(f"eqprop: {error}", file=sys.stderr)
        return 1
    print(shown, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
