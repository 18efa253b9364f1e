"""Programs that learn in turns, each with the packages of another commit: a busy machine then slows all alike."""

import contextlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@contextlib.contextmanager
def roots(before=None):
    """Yield the folders to compare, {name: folder}: "now", and "before" if that commit is named."""
    with tempfile.TemporaryDirectory(prefix="eqprop-") as folder:
        found = {"now": ROOT}
        if before:
            packed = subprocess.run(["git", "archive", before], cwd=ROOT, capture_output=True, check=True)
            with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
                archive.extractall(folder, filter="data")
            found["before"] = Path(folder)
        yield found


@contextlib.contextmanager
def started(program, roots, *words):
    """Yield {name: process} of a Python program's text, one for each of `roots`, and end them."""
    processes = {}
    try:
        for name, root in roots.items():
            path = os.pathsep.join(str(root / folder) for folder in ("runtime", "host_tools", "board_sim"))
            environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
            processes[name] = subprocess.Popen(
                [sys.executable, "-c", program, *words],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        yield processes
    finally:
        for process in processes.values():
            process.kill()
            process.wait()


def turn(process, samples):
    """Let a process learn so many samples; return the words that it prints, processor's seconds first."""
    print(samples, file=process.stdin, flush=True)
    return process.stdout.readline().split()


def compared(rates):
    """Return the samples per second {name: rate} in words, with their ratio if there are two."""
    told = ", ".join(f"{name} {rate:,.0f} samples/s" for name, rate in rates.items())
    return told + (f", {rates['now'] / rates['before']:.1f} times as fast" if "before" in rates else "")
