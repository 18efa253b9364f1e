"""Runs an application, as it is, on a simulated board in a simulated field.

The application's scene.py says what there is around the board and what happens: `play(act, flash)`. The program, its
scene and the parts run in one interpreter: this Python, a real MicroPython, or an emulated board's, for which all is
compiled as `eqprop deploy` does.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import eqprop
import eqprop_sim
from eqprop_sim.emulated_board import qemu
from eqprop_sim.toolchain import installation, interpreters, micropython_source

from ..errors import BoardError, DataError
from ..terminal.printing import printable
from . import application
from .bundle import compile_module, extras_of, runtime_files

PORTS = ("sim:", "sim:micropython", *(f"sim:{cpu}" for cpu in qemu.CPUS))
HEAP_BYTES = 96 * 1024
"""The heap of an emulated board for the program and the runtime."""

_FIELD_BYTES = 96 * 1024  # more, for the field around it
_SIMULATOR = Path(eqprop_sim.__file__).parent.parent
_FIRMWARE = Path(eqprop_sim.__file__).parent / "firmware"
_FIELD = _FIRMWARE / "field"
_MICROPYTHON = _FIELD / "on_micropython"  # what MicroPython alone is to find there
_RUNTIME = Path(eqprop.__file__).parent.parent
# A traceback's last line, where a scene will not play
_REFUSED = re.compile(r"^ValueError: ((?:act|flash): .*)\s*\Z", re.MULTILINE)


def simulate(folder, port="sim:", act="main", flash=None, program="main", options=(), tell=lambda line: None):
    """Run the application in `folder` until its scene ends; return what it printed.

    port: one of PORTS. act: of its scene. flash: the folder that is the board's flash; None for an empty one, which
    vanishes. program: its module, if not main. options: as firmware/field/start.py has them, such as "per_us=125".
    tell: called with each line as soon as it is printed. Raises DataError for no such application or act, BoardError
    if the program fails, caused by a RuntimeError with its traceback.
    """
    own = application.read(folder, f"{program}.py", "scene.py")
    with tempfile.TemporaryDirectory(prefix="eqprop-") as work:
        flash = Path(flash or Path(work) / "flash")
        flash.mkdir(exist_ok=True)
        words = [str(flash.resolve()), program, act, *options]
        argv, environment = _command(Path(folder), own, port, words, flash, Path(work) / "board")
        printed, complaint, code = _run(argv, environment, tell)
    if code:
        if refused := _REFUSED.search(printed + complaint):
            raise DataError(refused[1])
        last = (complaint.strip() or printed.strip() or "no reason").splitlines()[-1]
        raise BoardError(f"{own.name}: {program}.py fails: {printable(last)}") from RuntimeError(complaint)
    return printed


def _run(argv, environment, tell):
    """Run a command; return (what it printed, its standard error, its exit code)."""
    lines, complaints = [], []
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(argv, env=environment, text=True, stdin=nothing, stdout=pipe, stderr=pipe) as process:
        listening = threading.Thread(target=lambda: complaints.append(process.stderr.read()))
        listening.start()
        try:
            for line in process.stdout:
                lines.append(line)
                tell(line.rstrip("\n"))
        except BaseException:
            process.kill()
            raise
        finally:
            listening.join()
    return "".join(lines), "".join(complaints), process.returncode


def _command(folder, own, port, words, flash, work):
    """Return (argv, environment) that run an application. work: a folder to make, for what is compiled."""
    script = _FIELD / "start.py"
    folders = [_FIELD, folder.resolve(), _RUNTIME, _FIRMWARE, _SIMULATOR]
    if port == "sim:":
        path = os.pathsep.join(map(str, folders))
        return [sys.executable, "-u", str(script), *words], {**os.environ, "PYTHONPATH": path}
    asyncio = installation.cache() / f"source-{micropython_source.VERSION}" / "extmod" / "asyncio"
    if port == "sim:micropython":
        return interpreters.obtain("unix").command(script, *words, path=[_MICROPYTHON, *folders, asyncio.parent])
    cpu = port.removeprefix("sim:")
    board = qemu.obtain(cpu)
    _compile(own, qemu.CORES[cpu].architecture, asyncio, work)
    shutil.copy2(script, work)
    words.append(f"heap={HEAP_BYTES}")
    return board.command(work / script.name, *words, heap_bytes=HEAP_BYTES + _FIELD_BYTES, flash=flash)


def _compile(own, architecture, asyncio, work):
    """Compile an application, what is around it, and the runtime into the folder `work`."""
    extras, _ = extras_of(own.imports)
    sources = {f"eqprop/{name}": source for name, source in runtime_files(architecture, extras=extras).items()}
    if any(name.startswith("eqprop_sim.rig") for name in own.imports):
        chips = [*(_SIMULATOR / "eqprop_sim" / "rig").glob("*.py"), _SIMULATOR / "eqprop_sim" / "__init__.py"]
        sources.update((source.relative_to(_SIMULATOR).as_posix(), source) for source in chips)
    sources.update((f"asyncio/{source.name}", source) for source in asyncio.glob("*.py"))
    for at in (_FIRMWARE, _FIELD, _MICROPYTHON):  # of two modules of a name, the last
        sources.update((source.name, source) for source in at.glob("*.py"))
    sources.update((f"parts/{source.name}", source) for source in (_FIELD / "parts").glob("*.py"))
    for name, data in {**own.modules, **own.data}.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_bytes(data)
    sources.update((name, work / name) for name in own.modules)
    for name, source in sources.items():
        compile_module(name, source, (work / name).with_suffix(".mpy"), architecture)
    for name in own.modules:
        (work / name).unlink()
