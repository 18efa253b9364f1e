"""Train a network on this computer: with the board's own bits, or on a simulated analog chip."""

from pathlib import Path

from ...errors import DataError
from ...files import check_writable
from ...terminal.progress import show_progress
from ...training.chips import aged, energy_model, hardware, ledger, open_chip, siemens_per_step, write_netlist
from ...training.run import train
from .. import options as common
from . import chip_options, run_options


def add_options(parser):
    """Add the options of `eqprop simulate`."""
    chip_options.add_simulation_options(parser)
    run_options.add_file_options(parser)
    text = "with --physics analog: write the trained circuit as SPICE netlist, with the first test sample as input"
    parser.add_argument("--netlist", type=Path, metavar="PATH", help=text)
    text = "with --physics analog: leave the devices alone for so long after training, then test again"
    parser.add_argument("--age", type=common.positive, metavar="SECONDS", help=text)
    text = "with --physics analog: let this board drive the chip, which this computer simulates"
    parser.add_argument("--port", metavar="URL", help=text)


def run(options):
    """Train, write the requested files, and print the error, the CRC and a chip's energy."""
    if options.netlist:
        check_writable(options.netlist)
    options.model = energy_model(options.physics, options.model)
    return _on_a_chip(options) if options.physics == "analog" else _in_fixed_point(options)


def _in_fixed_point(options):
    for name in ("device", "set", "netlist", "age", "port"):
        if value := getattr(options, name):
            raise DataError(f"--{name} {value}: needs --physics analog")
    result = _train(options, None, {})
    run_options.write_results(options, result, physics=options.physics)
    return run_options.print_results(result)


def _on_a_chip(options):
    chip = hardware(options.device, options.set, options.age)
    place = {"physics": options.physics, "device": options.device or "ideal", "set": options.set}
    place |= {"port": options.port} if options.port else {}
    with open_chip(chip, options.port, common.tell) as board:
        result = _train(options, board, {"siemens_per_step": siemens_per_step(chip), **place})
        data = result.data
        if options.netlist:
            write_netlist(options.netlist, board.crossbar, data.test_x[0])
        found = ledger(board.crossbar, data.test_x, data.test_y, result.training_samples, common.tell)
        if options.age:
            place["age_seconds"] = options.age
            entries, words = aged(board, options.age, data)
            place |= entries
            print(f"{words} after {options.age:g} s")
    for line in chip_options.ledger_lines(found) if found else ():
        print(line)
    energies = found.to_dict() if found else dict.fromkeys(chip_options.ENERGIES)
    run_options.write_results(options, result, **place, **energies)
    return run_options.print_results(result)


def _train(options, board, about):
    """Train on an open board, or on the emulator if it is None; `about` goes into the log's configuration."""
    config, log = run_options.config(options), run_options.log_config(options, about)
    run_options.check_files(options, config)
    read_model = bool(options.save)
    with show_progress() as shown:
        return train(config, board=board, log=log, on_progress=shown, tell=common.tell, read_model=read_model)
