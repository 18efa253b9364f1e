"""What tests/programs print under MicroPython, and what they must print: the same on CPython, by plain kernels."""

import runpy
import subprocess

import eqprop
from support.places import PROGRAMS, RUNTIME

_HEAP_BYTES = 1 << 20  # room to compile the assembler of all models from its source; boards get it compiled


def printed(micropython, program, *arguments, path=RUNTIME, heap_bytes=_HEAP_BYTES):
    """Run one of tests/programs on an interpreter or a board; return the lines that it prints. path: the runtime's."""
    argv, environment = micropython.command(PROGRAMS / program, *arguments, path=[str(path)], heap_bytes=heap_bytes)
    result = subprocess.run(argv, env=environment, input="", capture_output=True, text=True, timeout=300)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout.splitlines()


def reported(layers, samples, lr_halving_samples, seed, build=eqprop.Network):
    """Return the lines of programs/learning/training.py on CPython, with plain kernels or with the networks `build`."""
    report = runpy.run_path(str(PROGRAMS / "learning/training.py"))["report"]
    return report(build, layers, samples, lr_halving_samples, seed)
