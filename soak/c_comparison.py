"""Compare a training sample with the best C of the same bits and with backpropagation in C: a table for the docs.

PYTHONPATH=tests python -m soak.c_comparison [PAGE] writes it into a Markdown page between its markers, or prints it.

Each row is a mean over samples whose features are random, half of them at zero. A network is `Network.learn`; a kernel
is its machine code alone. C is tests/programs/cost/step.c for resistive networks and hopfield.c for the others, alone
and with its call, the better of -O2 and -O3. Its call is the least that MicroPython can take for one: a function with a
sample and its label that does nothing. Backpropagation (backprop.c), with its call, is of the same size, with one
hidden layer: other bits, and no settling.
"""

import sys
from pathlib import Path

from eqprop_host.files import write_whole
from eqprop_host.studies.running import placed
from support.compiled_c import SOURCES, counted

CORES = ("cortex-m0", "cortex-m3", "cortex-m4", "rv32")
SIZES = ("16-24-4", "64-16-10", "64-32-10", "64-64-10", "64-32-32-10", "256-32-10")
OPTIONS = ("-O2", "-O3")
SAMPLES = 100
ROOM = 80 * 1024  # bytes of the largest of these networks for backpropagation, 256-32-10, and more
BEGIN, END = "<!-- c comparison -->", "<!-- end -->"


def backpropagation(core, layers, samples):
    """Return the instructions of a sample, or None for more than one hidden layer."""
    sizes = layers.split("-")
    if len(sizes) != 3:
        return None
    sizes = [f"-D{name}={size}" for name, size in zip(("INPUTS", "HIDDEN", "OUTPUTS"), sizes, strict=True)]
    done = [counted(core, [each, *sizes], "hopfield", layers, samples, "backprop.c", ROOM) for each in OPTIONS]
    return min((alone + call) // samples for (alone, _), (call, _) in done)


def rows(samples=SAMPLES):
    """Yield the table's lines. Raises RuntimeError if C gives other conductances."""
    yield "| layers | core | model | network | kernel | C with its call | C | kernel / C | network / C | C, backprop |"
    yield "|---|---|---|---:|---:|---:|---:|---:|---:|---:|"
    for layers in SIZES:
        for core in CORES:
            rival = backpropagation(core, layers, samples)
            for model in SOURCES:
                measured = [counted(core, [each], model, layers, samples) for each in OPTIONS]
                if len({crc for each in measured for _, crc in each[:3]}) != 1:
                    raise RuntimeError(f"{model}:{layers} on {core}: C and kernels differ")
                network, kernel, _, call = (each[0] // samples for each in measured[0])
                best = min(each[2][0] // samples for each in measured)
                numbers = " | ".join(f"{n:,}" for n in (network, kernel, best + call, best))
                ratios = f"{kernel / best:.2f} | {network / (best + call):.2f}"
                yield f"| {layers} | {core} | {model} | {numbers} | {ratios} | {f'{rival:,}' if rival else ''} |"


def tell(rows, page=None, begin=BEGIN):
    """Print a table's rows as they come, then write them into `page`, between `begin` and END."""
    lines = []
    for line in rows:
        print(line, flush=True)
        lines.append(line)
    if page:
        text = "".join(f"{line}\n" for line in lines)
        write_whole(page, placed(Path(page), text, begin, END).encode())


def main(page=None):
    """Print the table, or write it into `page`."""
    tell(rows(), page)


if __name__ == "__main__":
    main(*sys.argv[1:])
