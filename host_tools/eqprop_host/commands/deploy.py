"""Put eqprop on a board that has MicroPython, test it there, and start it."""

from pathlib import Path

from eqprop_sim import boards

from .. import deploying
from ..errors import BoardError
from ..ports import powered
from . import options as common

_TASKS = (("digits", (64, 32, 10)), ("gestures", (36, 16, 6)))


def add_port(parser):
    """Add `--port`, for commands that need a board with MicroPython's prompt."""
    text = "its serial port, any pyserial URL, or a blank simulated board (the only board connected by USB)"
    parser.add_argument("--port", metavar="URL", help=text)


def add_options(parser):
    """Add what may be typed behind `eqprop deploy`."""
    add_port(parser)
    text = "have it start by itself after power-up, with its last checkpoint"
    parser.add_argument("--boot", action="store_true", help=text)
    parser.add_argument("--json", metavar="PATH", type=Path, help="write what was found and done, as JSON")


def run(options):
    """Deploy, and tell what was found and what the board can hold."""
    port = checked_port(options.port)
    with powered(port, common.tell) as path:
        done = deploying.deploy(path, port, options.boot, common.tell)
    found = done.found
    print(f"{found.machine}, MicroPython {found.version}, {found.heap} bytes of heap free, {found.flash} of flash")
    how = f"{len(done.copied)} files copied, {len(done.kept)} kept" if done.copied else "nothing to copy"
    print(f"runtime {done.form}: {done.size} bytes in {len(done.copied + done.kept)} files, hashes verified; {how}")
    print(f"self-test passed: tier {done.tier}, conductance CRC {done.crc:08x} after 20 samples")
    print(f"serving, {done.heap} bytes of heap free: {', '.join(_rooms(done))}")
    results = {
        "machine": found.machine,
        "micropython": found.version,
        "architecture": found.architecture,
        "heap_bytes": done.heap,
        "flash_bytes": found.flash,
        "files_copied": len(done.copied),
        "files_kept": len(done.kept),
        "tier": done.tier,
        "conductance_crc": f"{done.crc:08x}",
        "boot": options.boot or found.boots_eqprop,
    }
    common.write_json(options.json, results)


def _rooms(done):
    for _, (inputs, _, outputs) in _TASKS:
        yield f"room for {inputs}-N-{outputs} up to N = {done.widest((inputs, 1, outputs))}"


def checked_port(port):
    """Return the port of the board to work on. Raises PortError for none or several, BoardError for a simulated one."""
    if port is None:
        return deploying.only_board()
    if port.startswith(boards.SCHEME) and not boards.is_blank(port):
        raise BoardError(f"port {port}: has eqprop already; a blank board is sim:cortex-m3?blank=512k")
    return port
