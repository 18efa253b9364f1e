"""Runs ngspice, if it is installed, on a netlist of `analog.circuits.netlist` and reads its voltages."""

import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from ..errors import ConvergenceError
from .netlist import write

try:
    import resource
except ImportError:  # Windows
    resource = None

_VOLTAGE = re.compile(r"^v\((v\d+_\d+)\) = (\S+)", re.MULTILINE)


class Unavailable(RuntimeError):
    """ngspice is not installed."""


def ngspice():
    """Return the path of ngspice. Raises `Unavailable` where there is none."""
    path = shutil.which("ngspice")
    if not path:
        raise Unavailable("ngspice is not installed: install the package ngspice (apt, brew)")
    return path


def run(netlist):
    """Return what ngspice prints for a netlist, a text."""
    with tempfile.TemporaryDirectory(prefix="eqprop-") as folder:
        path = Path(folder) / "circuit.cir"
        path.write_text(netlist)
        done = subprocess.run([ngspice(), "-b", str(path)], capture_output=True, text=True, cwd=folder)
    return done.stdout + done.stderr


def operating_point(circuit, x, **options):
    """Return ngspice's node voltages, [None, layer 1 (n_1,), ...], of what `netlist.write` takes.

    Raises ConvergenceError with ngspice's words when it finds none.
    """
    said = run(write(circuit, x, **options))
    found = dict(_VOLTAGE.findall(said))
    if len(found) != sum(circuit.layers[1:]):
        words = [line for line in said.splitlines() if "rror" in line or "onverge" in line]
        raise ConvergenceError(f"ngspice finds no operating point: {' '.join(words[:2])}")
    sizes = enumerate(circuit.layers[1:], 1)
    return [None, *(np.array([float(found[f"v{layer}_{j}"]) for j in range(n)]) for layer, n in sizes)]


def _children_s():
    """Return the CPU seconds of this process's children so far, or the clock's seconds if the system does not count."""
    if resource is None:
        return time.perf_counter()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds_per_point(circuit, x, points, **options):
    """Return the CPU seconds that ngspice takes for one more operating point of a loaded netlist.

    It is measured as the difference of a run of `points` + 1 and a run of one, each point with new inputs.
    """

    def timed(count):
        text = write(circuit, x, **options)
        change = "alter " + ("I1n_0" if options.get("folded") else "Vp0b")
        more = "".join(f"{change} = {0.5 / (n + 2):g}\nop\n" for n in range(count))
        before = _children_s()
        run(text.replace("\nop\n", "\nop\n" + more))
        return _children_s() - before

    return (timed(points) - timed(0)) / points
