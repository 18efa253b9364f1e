"""Run an application of your own on a simulated board, in the simulated field of its scene.py."""

import sys
from pathlib import Path

from eqprop_sim.emulated_board import qemu
from eqprop_sim.toolchain.installation import Unavailable

from ...deploy import simulation
from ...errors import BoardError, DataError
from ...terminal.printing import printable
from .. import options as common


def add_options(parser):
    """Add the options of `eqprop simulate-app`."""
    add = parser.add_argument
    add("application", metavar="APP", type=Path, help="a folder with a main.py and a scene.py")
    text = "sim: (this Python), sim:micropython, or an emulated board such as sim:cortex-m0 (default: sim:)"
    add("--port", metavar="URL", choices=simulation.PORTS, default="sim:", help=text)
    add("--act", metavar="NAME", default="main", help="what happens: one of its scene's acts (default: main)")
    add("--program", metavar="NAME", default="main", help="its module, if not main")
    add("--flash", metavar="FOLDER", type=Path, help="the folder that is the board's flash (default: an empty one)")
    text = "let the sensor's bus hang from this second on"
    add("--hang", metavar="S", type=common.whole(1, 1_000_000), default=0, help=text)
    text = "let a bit of a conductance flip at this second"
    add("--rot", metavar="S", type=common.whole(1, 1_000_000), default=0, help=text)
    text = "let computing take time: so many million instructions a second (emulated boards)"
    add("--mhz", metavar="N", type=common.whole(1, 10_000), default=0, help=text)


def run(options):
    """Run it, and print each line as the program prints it."""
    if options.mhz and options.port.removeprefix("sim:") not in qemu.CPUS:
        raise DataError(f"--mhz: {options.mhz}, but {options.port} is not an emulated board, such as sim:cortex-m0")
    given = {"per_us": options.mhz, "hang_s": options.hang, "rot_s": options.rot}
    words = [f"{name}={value}" for name, value in given.items() if value]
    try:
        simulation.simulate(
            options.application,
            options.port,
            options.act,
            options.flash,
            options.program,
            words,
            lambda line: print(printable(line), flush=True),
        )
    except Unavailable as error:
        raise BoardError(str(error)) from error
    except BoardError as error:
        print(error.__cause__, end="", file=sys.stderr)  # the program's own traceback
        raise
