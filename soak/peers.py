"""Compare eqprop's network with neural networks in C that others wrote: a table of instructions for the docs.

PYTHONPATH=tests:. python -m soak.peers FANN [PAGE] writes it into a Markdown page between its markers, or prints it.

FANN is the source of that library as Debian has it, the folder that `apt-get source libfann` makes. emlearn is the
Python package, installed. Each peer runs on emulated boards with the cheapest settings with which it learns: glue and
settings are in tests/programs/cost/peers. Figures are means over samples whose features are random, half of them zero,
and the better of -O2 and -O3. C counts alone and with its input in its own numbers; eqprop counts with MicroPython.
"""

import importlib.metadata
import importlib.util
import re
import sys
from pathlib import Path

from soak.c_comparison import OPTIONS, SAMPLES, tell
from support.compiled_c import compiler, counted_peer
from support.places import PROGRAMS

LAYERS = "64-32-10"
CORES = {"cortex-m0": False, "cortex-m3": False, "cortex-m4": False, "cortex-m4 with FPU": True, "rv32": False}
"""{column: whether C may use a floating-point unit}."""
GLUE = PROGRAMS / "cost/peers"
BEGIN = "<!-- peers -->"


def missing(fann):
    """Return what is missing, each with how to install it."""
    lacks = []
    if not emlearn():
        lacks.append("emlearn (pip install --no-deps emlearn)")
    if not (Path(fann) / "src/floatfann.c").exists():
        lacks.append(f"FANN's source in {fann} (apt-get source libfann)")
    if not compiler("cortex-m3"):
        lacks.append("arm-none-eabi-gcc (apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi)")
    if not compiler("rv32"):
        lacks.append("riscv64-unknown-elf-gcc (apt-get install gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf)")
    return lacks


def emlearn():
    """Return the folder of the package emlearn, which has its C code, or None."""
    found = importlib.util.find_spec("emlearn")
    return found and found.submodule_search_locations[0]


def learners(fann):
    """Return {name: (numbers, C files and options, or None for eqprop)} of all networks to compare."""
    source = Path(fann) / "src"
    (version,) = re.findall(r'define VERSION "(.+)"', (source / "include/config.h").read_text())
    # `-w`: the warnings are the peers' own
    of_fann = [GLUE / "fann.c", "-w", "-DFANN_NO_SEED", f"-I{source}", f"-I{source}/include"]
    return {
        "eqprop, `hopfield`": ("16-bit integers", None),
        "backprop.c": ("32-bit integers", [GLUE / "backprop.c"]),
        f"FANN {version}, fixed point": ("32-bit integers", [*of_fann, "-DFIXED"]),
        f"FANN {version}": ("32-bit floats", of_fann),
        f"emlearn {importlib.metadata.version('emlearn')}": (
            "32-bit floats",
            [GLUE / "emlearn.c", "-w", f"-I{emlearn()}"],
        ),
    }


def measured(column, sources, samples=SAMPLES):
    """Return a network's instructions to learn a sample, None if it cannot, and to infer one.

    Raises RuntimeError if it did not learn ten patterns, or infers one class only.
    """
    core, fpu = column.split()[0], CORES[column]
    if sources is None:
        done = [counted_peer(core, LAYERS, samples)]
    else:
        done = [counted_peer(core, LAYERS, samples, [each], sources, fpu) for each in OPTIONS]
    if any(learning and known < 10 or classes < 2 for learning, _, known, classes in done):
        raise RuntimeError(f"{sources} on {column} does not work: {done}")
    learning, inferring = (min(each[n] for each in done) // samples for n in (0, 1))
    return learning or None, inferring


def rows(fann):
    """Yield the table's lines."""
    yield f"| instructions for a sample | numbers | {' | '.join(CORES)} |"
    yield f"|---|---|{'---:|' * len(CORES)}"
    inferring = []
    for name, (numbers, sources) in learners(fann).items():
        learn, infer = zip(*(measured(column, sources) for column in CORES), strict=True)
        if all(learn):
            yield line(f"learn: {name}", numbers, learn)
        inferring.append(line(f"infer: {name}", numbers, infer))
    yield from inferring


def line(name, numbers, counts):
    """Return a line of the table."""
    return f"| {name} | {numbers} | {' | '.join(f'{each:,}' for each in counts)} |"


def main(fann, page=None):
    """Print the table, or write it into `page`."""
    if lacks := missing(fann):
        sys.exit(f"soak.peers: missing {'; '.join(lacks)}")
    tell(rows(fann), page, BEGIN)


if __name__ == "__main__":
    main(*sys.argv[1:])
