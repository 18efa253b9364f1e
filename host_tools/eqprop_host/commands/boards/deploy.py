"""Put eqprop on a board that has MicroPython, test it there, and start it."""

import argparse
from pathlib import Path

from ...boards.ports import powered
from ...deploy import bundle, deployment
from ...replacing import check_replaceable
from .. import options as common
from .prompt_port import add_port, checked_port

_WATCHDOG_MS = 8000  # an RP2040 allows 8388 at most
_FAT = (
    "the filesystem is FAT, which a power cut can damage: of 1224 cuts in a test 154 left it unmountable and 139 lost "
    "files: format it as littlefs (docs/how-to/deploy.md says how)"
)
_TASKS = (("digits", (64, 32, 10)), ("gestures", (36, 16, 6)))


def add_options(parser):
    """Add the options of `eqprop deploy`."""
    add_port(parser)
    text = "start eqprop by itself after power-up, with its last checkpoint"
    parser.add_argument("--boot", action="store_true", help=text)
    text = "parts of the runtime to leave out, to save flash: some of " + ",".join(bundle.PARTS)
    parser.add_argument("--without", metavar="PARTS", type=_parts(bundle.PARTS), default=(), help=text)
    text = "parts to add: some of " + ",".join(bundle.EXTRAS)
    parser.add_argument("--with", dest="extras", metavar="PARTS", type=_parts(bundle.EXTRAS), default=(), help=text)
    text = "remove the old runtime before copying the new one, if the flash has no room for both"
    parser.add_argument("--replace", action="store_true", help=text)
    text = (
        "start a hardware watchdog that resets a board that hangs for MS milliseconds (default: 8000); implies --boot"
    )
    parser.add_argument(
        "--watchdog", metavar="MS", type=_milliseconds, nargs="?", const=_WATCHDOG_MS, default=0, help=text
    )
    parser.add_argument(
        "--json", metavar="PATH", type=Path, help="write the board's properties and the steps done, as JSON"
    )


def run(options):
    """Deploy, and print the board's properties and the widest networks that fit."""
    if options.json:
        check_replaceable(options.json, "results")
    port = checked_port(options.port)
    boot = options.boot or options.watchdog > 0
    asked = {
        "without": options.without,
        "extras": options.extras,
        "replace": options.replace,
        "watchdog_ms": options.watchdog,
    }
    with powered(port, common.tell) as path:
        done = deployment.deploy(path, port, boot, common.tell, **asked)
    found, built = done.found, done.built
    print(f"{found.machine}, MicroPython {found.version}, {found.heap} bytes of heap free, {found.flash} of flash")
    how = "copied" if done.copied else "nothing to copy"
    files = f"{len(built.files)} files" if len(built.files) > 1 else "1 file"
    print(f"runtime {built.form}: {done.size} bytes in {files}, hashes verified; {how}")
    if built.left_out:
        why = "" if set(built.left_out) <= set(options.without) else ", because the flash is small"
        print(f"left out: {', '.join(built.left_out)}{why}")
    print(f"self-test passed: tier {done.tier}, conductance CRC {done.crc:08x} after 20 samples")
    print(f"serving, {done.heap} bytes of heap free: {', '.join(_rooms(done))}")
    if found.fat:
        print(_FAT)
    results = {
        "machine": found.machine,
        "micropython": found.version,
        "architecture": found.architecture,
        "heap_bytes": done.heap,
        "flash_bytes": found.flash,
        "filesystem": "fat" if found.fat else "littlefs",
        "files_copied": len(built.files) if done.copied else 0,
        "files_kept": 0 if done.copied else len(built.files),
        "left_out": list(built.left_out),
        "tier": done.tier,
        "conductance_crc": f"{done.crc:08x}",
        "boot": done.boots,
    }
    common.write_json(options.json, results)


def _parts(known):
    def parse(text):
        parts = tuple(dict.fromkeys(text.split(",")))
        for part in parts:
            if part not in known:
                raise argparse.ArgumentTypeError(f"{part!r}: expected some of {','.join(known)}")
        return parts

    return parse


def _milliseconds(text):
    if not text.isdecimal() or not 1000 <= int(text) <= 600_000:
        raise argparse.ArgumentTypeError(f"{text!r}: expected milliseconds, 1000 to 600000")
    return int(text)


def _rooms(done):
    for _, (inputs, _, outputs) in _TASKS:
        yield f"room for {inputs}-N-{outputs} up to N = {done.widest((inputs, 1, outputs))}"
