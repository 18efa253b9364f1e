"""What networks take of a real MicroPython heap, and whether that is what their plans say."""

import subprocess

from support.places import PROGRAMS, RUNTIME

SIZES = ("1-1", "5-3", "2-8-2", "6-4-5-2", "64-32-10", "784-4-10", "64-100-10", "16-16-16-16-4", "2-2-2-2-2-2-2-2-2")


def measure(interpreter, *networks, heap_bytes=None):
    """Return the bytes of a block of the heap, and the lines that programs/cost/memory.py prints."""
    argv, environment = interpreter.command(
        PROGRAMS / "cost/memory.py", *networks, heap_bytes=heap_bytes, path=[str(RUNTIME)]
    )
    result = subprocess.run(argv, env=environment, input="", capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    block, *lines = result.stdout.splitlines()
    return int(block), lines


def check_planned_bytes(interpreter, model):
    """Check that networks take what their plans say, to the allocator's block; return {layers: planned bytes}."""
    block, lines = measure(interpreter, *(f"{model}:{layers}" for layers in SIZES), heap_bytes=500000)
    found = {}
    for layers, line in zip(SIZES, lines, strict=True):
        planned, taken = map(int, line.split()[1:])
        assert planned - block <= taken <= planned, line
        found[layers] = planned
    return found
