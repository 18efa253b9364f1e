"""Train a network here, without board or link: in the board's own bits, or on a simulated analog chip."""

import contextlib
from pathlib import Path

from eqprop.fixed import G_MAX
from eqprop_sim.analog import PhysicsError
from eqprop_sim.analog.crossbar import AnalogNetwork
from eqprop_sim.in_process import EmulatedBoard

from ...boards.chip_board import ChipBoard
from ...boards.ports import open_board
from ...errors import DataError
from ...files import check_writable
from .. import options as common
from . import chip_options, train

PHYSICS = ("fixed", "analog")
"""What a simulation may be made of."""


def add_options(parser):
    """Add the options of `eqprop simulate`."""
    add_learning_options(parser)
    train.add_file_options(parser)
    text = "with --physics analog: write the trained circuit, the first test sample on its rows, for SPICE"
    parser.add_argument("--netlist", type=Path, metavar="PATH", help=text)
    text = "with --physics analog: let this board drive the chip that is simulated here"
    parser.add_argument("--port", metavar="URL", help=text)


def add_learning_options(parser):
    """Add what decides what is learnt."""
    text = "fixed: a board's own arithmetic, bit for bit; analog: a chip of real devices (default: %(default)s)"
    parser.add_argument("--physics", choices=PHYSICS, default="fixed", help=text)
    chip_options.add_options(parser)
    train.add_learning_options(parser)


def run(options):
    """Train, write what was asked for, and print the error and the CRC, and the energy of a chip."""
    if options.netlist:
        check_writable(options.netlist)
    return train.tell_results(simulate(options, netlist=options.netlist, port=options.port, tell=print))


def simulate(options, netlist=None, port=None, tell=lambda line: None, **details):
    """Train in this process as the options say; `details` and what is returned are those of `train.train_network`.

    tell: called with each line of a chip's ledger.
    """
    place = {"physics": options.physics}
    if options.physics == "fixed":
        for name, value in (("device", options.device), ("set", options.set), ("netlist", netlist), ("port", port)):
            if value:
                raise DataError(f"--{name} {value}: needs --physics analog")
        return train.train_network(options, place, lambda: contextlib.nullcontext(EmulatedBoard()), **details)
    hardware = chip_options.hardware(options.device, options.set)
    chips = AnalogNetwork.on(hardware)
    made: list = []

    @contextlib.contextmanager
    def opened():
        with contextlib.ExitStack() as stack:
            if port:
                made.append(ChipBoard(stack.enter_context(open_board(port, common.tell)), chips))
            else:
                made.append(EmulatedBoard(chips, "analog chip"))
            yield made[0]

    def finish(data, results):
        crossbar = made[0].crossbar
        if netlist:
            chip_options.write_netlist(netlist, crossbar, data.test_x[0])
        found, lines = chip_options.ledger(crossbar, data.test_x, data.test_y, results["training_samples"])
        for line in lines:
            tell(line)
        return found.to_dict()

    place = {**place, "device": options.device or "ideal", "set": options.set, **({"port": port} if port else {})}
    try:
        step = hardware.device.g_on / G_MAX
        return train.train_network(options, place, opened, finish=finish, siemens_per_step=step, **details)
    except PhysicsError as error:  # a circuit that does not settle
        raise DataError(str(error)) from error
