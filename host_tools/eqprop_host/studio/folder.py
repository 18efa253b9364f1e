"""All files of the studio's page: its own, MicroPython's WebAssembly build, the runtime, and the built-in digits."""

import functools
import hashlib
import json
import math
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

import numpy as np

import eqprop
from eqprop.network import DEFAULT
from eqprop_sim.sample_order import SampleOrder
from eqprop_sim.toolchain import interpreters

from .. import datasets
from ..deploy import bundle, deployment, repl
from ..errors import DataError, LogError
from ..files import make_folder, unwritable, write_whole
from ..report.page import charts
from ..training.config import ENERGY_MODELS, RunConfig, default_lr_halving_epochs
from .in_page.ear import BANDS, STEPS
from .in_page.motion import AXES, EACH

_BUILD = {
    "micropython.mjs": "ca8b79515ad7e673fd5c14ca6a811227dd83727d437cfb25ab1046fa1a7e88c5",
    "micropython.wasm": "86663bb8916f83ee879cf6cf15d7b63c881b423742c52a17676d9f4658a0e0e0",
}
"""SHA-256 of each file of MicroPython's official WebAssembly build that the page needs."""

_VERSION = "1.25.0"
_LEFT_OUT = ("rig/", "bench.py", "selftest.py", "watchdog.py")
"""Modules of the runtime that no page needs, in addition to those in machine code."""

_SHARED = ("eqprop_host/field/splitting.py", "eqprop_host/link/telling.py", "eqprop_sim/emulator/lanes.py")
"""Modules that MicroPython runs too: what reads a program's records, and the kernels of the board in the page."""

_PAGE = "index.html"
_ARCHITECTURES = (None, "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp", "xtensawin", "rv32imc")
_PROGRAMS = ("files", "probe", "stage", "check", "selftest", "install", "boot", "main")


def files(tell=lambda line: None, dataset=None):
    """Return the page's files: {name: bytes, or a function that returns them after seconds of work}.

    MicroPython's build is fetched if it is not in the user's cache. tell: called with one line before a download.
    dataset: the `Dataset` that the page begins with, instead of the digits. Raises LogError if the build cannot be had,
    DataError if it is not the official one, or for a data set that the page cannot hold.
    """
    page = resources.files(__package__) / "page"
    found = {each.name: each.read_bytes() for each in page.iterdir()}
    dataset = dataset or datasets.load("digits")
    data = datasets.prepare(_held(dataset), 0)
    config = RunConfig()
    return {
        **found,
        "charts.js": charts().encode(),
        **_micropython(tell),
        **_runtimes(),
        "deploy.json": json.dumps(_deploying()).encode(),
        "python.json": json.dumps(_python()).encode(),
        "digits.bin": _packed(data, SampleOrder.shuffled(len(data.train_y), 0), config.epochs),
        "facts.json": json.dumps(_facts(config, data, dataset.name)).encode(),
    }


def content(data):
    """Return the bytes of a file of `files`."""
    return data() if callable(data) else data


def write(folder, tell=lambda line: None, dataset=None):
    """Write the page's files into a folder, for any web host; make the folder if needed.

    Raises LogError if it cannot be written or holds other files, and as `files` does.
    """
    folder = Path(folder)
    if folder.exists():
        make_folder(folder)  # refuses a file before anything is fetched
    wanted = files(tell, dataset)
    make_folder(folder)
    try:
        others = sorted(each.name for each in folder.iterdir() if each.name not in wanted)
    except OSError as error:
        raise LogError(f"{folder}: cannot be written: {error.strerror or error}") from error
    if others:
        raise LogError(f"{folder}: holds {others[0]}, which is not the studio's: name an empty folder")
    tell("compiling the runtime for each processor")
    with ThreadPoolExecutor() as compilers:
        built = [*compilers.map(content, wanted.values())]
    wanted = dict(zip(wanted, built, strict=True))
    # Remove the page first and write it last: while it exists, so do all files that it loads, all of one version
    try:
        (folder / _PAGE).unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(folder / _PAGE, error) from error
    for name in sorted(wanted, key=lambda name: name == _PAGE):
        write_whole(folder / name, wanted[name])


def _micropython(tell):
    try:
        folder = interpreters.obtain_webassembly(_VERSION, tell).path
    except interpreters.Unavailable as error:
        raise LogError(str(error)) from error
    found = {name: (folder / name).read_bytes() for name in _BUILD}
    for name, expected in _BUILD.items():
        actual = hashlib.sha256(found[name]).hexdigest()
        if actual != expected:
            raise DataError(
                f"{folder / name}: expected SHA-256 {expected}, got {actual}: delete the folder, and try again"
            )
    return found


def _runtimes():
    """Return the runtime for each kind of processor, each a function that compiles it."""

    def compiled(architecture):
        return functools.cache(lambda: bundle.Compiled(architecture).joined())

    return {f"runtime-{each or 'bytecode'}.mpy": compiled(each) for each in _ARCHITECTURES}


def _deploying():
    """Return how the page puts a runtime on a board."""
    return {
        "version": eqprop.__version__,
        "mpy": bundle.compiled_version(),
        "file": bundle.FILE,
        "oldest": deployment.OLDEST,
        "mark": deployment.MARK,
        "architectures": [each if each in _ARCHITECTURES else "" for each in bundle.ARCHITECTURES],
        "programs": {name: repl.program_text(name) for name in _PROGRAMS},
    }


def _python():
    """Return the Python that the page runs: {path: text}."""
    runtime = Path(eqprop.__file__).parent
    found = {}
    for path in sorted(runtime.rglob("*.py")):
        name = path.relative_to(runtime).as_posix()
        if not name.startswith(_LEFT_OUT) and not any(tier in name for tier in ("rv32", "thumb", "viper", "xtensa")):
            found[f"eqprop/{name}"] = path.read_text("utf-8")
    for name in _SHARED:
        package, _, module = name.partition("/")
        found[name] = (resources.files(package) / module).read_text("utf-8")
    for each in (resources.files(__package__) / "in_page").iterdir():
        if each.name.endswith(".py"):
            found[f"in_page/{each.name}"] = each.read_text("utf-8")
    return found


def _held(dataset):
    """Return the data set. Raises DataError if it is larger than the page's numbers, or has no classes."""
    samples, features = dataset.features.shape
    if dataset.targets is not None:
        raise DataError(f"{dataset.name}: has numbers to learn: the studio teaches classes, `eqprop train` both")
    for count, what, most in (
        (samples, "samples", 65535),
        (features, "features", 1024),
        (dataset.classes, "classes", 64),
    ):
        if count > most:
            raise DataError(f"{dataset.name}: {count} {what}, the studio holds up to {most}")
    return dataset


def _packed(data, order, epochs):
    """Return a data set as `in_page.collection.load` reads it: with the order in which `eqprop train` learns it."""
    samples, features = data.train_x.shape
    orders = np.concatenate([order.epoch(n) for n in range(epochs)])
    parts = (
        np.array([samples, features, epochs, len(data.test_y)], "<u2"),
        data.train_x,
        data.train_y.astype(np.uint8),
        orders.astype("<u2"),
        data.test_x,
        data.test_y.astype(np.uint8),
    )
    return b"".join(part.tobytes() for part in parts)


def _facts(config, data, name):
    """Return what the page's JavaScript takes from the host."""
    digits = {
        "title": "Handwritten digits" if name == "digits" else name,
        "layers": [data.train_x.shape[1], 32, data.classes],
        "columns": math.ceil(math.sqrt(data.train_x.shape[1])),
        "halving": default_lr_halving_epochs(config.epochs) * len(data.train_y),
        "names": list(data.class_names) or [str(n) for n in range(data.classes)],
        "file": "/digits.bin",
        "about": {"data": name, "scaling": data.scaling.to_dict()},
    }
    return {
        "version": eqprop.__version__,
        "model": DEFAULT,
        "models": list(ENERGY_MODELS),
        "digits": digits,
        "ear": [BANDS, STEPS],
        "motion": [EACH, AXES],
    }
