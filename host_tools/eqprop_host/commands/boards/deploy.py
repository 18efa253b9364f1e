"""Put eqprop on a board that has MicroPython, test it there, and start it, or an application of your own."""

import argparse
import shlex
from pathlib import Path

from eqprop_sim.simulated_board import SCHEME, keeps_programs

from ...boards.ports import powered
from ...deploy import application, bundle, deployment, serving
from ...errors import DataError
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
    text = "your application: a folder with a main.py, which the board starts after power-up in place of the service"
    parser.add_argument("application", metavar="APP", type=Path, nargs="?", help=text)
    add_port(parser)
    text = "start eqprop by itself after power-up, with its last checkpoint"
    parser.add_argument("--boot", action="store_true", help=text)
    text = "parts of the runtime to leave out, to save flash: any of " + ",".join(bundle.PARTS)
    parser.add_argument("--without", metavar="PARTS", type=_parts(bundle.PARTS), default=(), help=text)
    text = "parts to add: any of " + ",".join(bundle.EXTRAS)
    parser.add_argument("--with", dest="extras", metavar="PARTS", type=_parts(bundle.EXTRAS), default=(), help=text)
    text = "serve there after power-up: usb (the default), tcp, tcp:NUMBER, uart:ID,BAUD or ble:NAME; implies --boot"
    parser.add_argument("--serve", metavar="PORT", type=_served, help=text)
    text = f"the Wi-Fi to join; its password is asked for, or taken from {serving.PASSWORD}"
    parser.add_argument("--wifi", metavar="NAME", help=text)
    text = "the file of the secret that hosts share with the board; it is made if it is not there"
    parser.add_argument("--secret", metavar="FILE", type=Path, help=text)
    text = "remove the old runtime or application before copying the new one, if the flash has no room for both"
    parser.add_argument("--replace", action="store_true", help=text)
    text = (
        "start a hardware watchdog that resets a board that hangs for MS milliseconds (default: 8000); implies --boot; "
        "an application that feeds a watchdog gets one without being asked"
    )
    parser.add_argument(
        "--watchdog", metavar="MS", type=_milliseconds, nargs="?", const=_WATCHDOG_MS, default=0, help=text
    )
    common.add_json(parser, "write the board's properties and the steps done, as JSON")


def run(options):
    """Deploy, and print the board's properties and the widest networks that fit, or what of an application is there."""
    own = _application(options) if options.application else None
    port = checked_port(options.port)
    boot = options.boot or bool(options.serve) or (options.watchdog > 0 and not own)
    asked = {
        "without": options.without,
        "extras": options.extras,
        "replace": options.replace,
        "watchdog_ms": options.watchdog or (_WATCHDOG_MS if own and own.watchdog else 0),
        "application": own,
        "served": _serving(options, own),
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
    if own:
        _print_application(own, done.planned, asked["watchdog_ms"])
    if done.application:
        print(f"started {done.application}{_seen(port)}")
    else:
        at = f" at {done.where}" if done.where else ""
        print(f"serving{at}, {done.heap} bytes of heap free: {', '.join(_rooms(done))}")
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
        "serves": done.where or None,
        "application": done.application,
        "application_files_copied": 0 if not own or done.planned.same else len(done.planned.files),
    }
    common.write_json(options.json, results)


def _application(options):
    if options.boot:
        raise DataError("--boot: starts the service after power-up; an application starts by itself")
    own = application.read(options.application)
    if options.watchdog and not own.watchdog:
        raise DataError(f"--watchdog: {own.name} feeds none: let it call `eqprop.watchdog.start` and what that returns")
    return own


def _serving(options, own):
    """Return the `Serving` that the options ask for, None for what the board has."""
    over_tcp = own or (options.serve or "").startswith("tcp")
    if own and options.serve:
        raise DataError(f"--serve {options.serve}: an application chooses its ports itself (eqprop.net.port)")
    if (options.wifi or options.secret) and not over_tcp:
        raise DataError("--wifi and --secret are for a board that is reached over TCP: add --serve tcp")
    about = {}
    if options.wifi or options.secret:
        about = serving.settings(options.wifi, options.secret, common.tell)
    return serving.Serving(options.serve or serving.USB, about) if options.serve or about else None


def _served(text):
    if not serving.is_port(text):
        raise argparse.ArgumentTypeError(f"{text!r}: expected usb, tcp, tcp:4242, uart:0,115200 or ble:NAME")
    return text


def _print_application(own, planned, watchdog_ms):
    size = sum(map(len, planned.files.values()))
    how = "nothing to copy" if planned.same else "copied"
    print(f"application {own.name}: {', '.join(sorted(planned.files))}: {size} bytes, hashes verified; {how}")
    if own.stays:
        print(f"not imported by main.py, so not copied: {', '.join(own.stays)}")
    if watchdog_ms:
        print(f"a watchdog resets the board when it hangs for {watchdog_ms} ms")


def _seen(port):
    """Return how to see what an application on the board at `port` prints."""
    if port.startswith(SCHEME) and not keeps_programs(port):
        return "; this simulated board ends here and keeps nothing; sim:rp2040?blank&flash=FOLDER keeps its flash"
    return f": `eqprop console --port {shlex.quote(port)}` shows what it prints"


def _parts(known):
    def parse(text):
        parts = tuple(dict.fromkeys(text.split(",")))
        for part in parts:
            if part not in known:
                raise argparse.ArgumentTypeError(f"{part!r}: expected one of {', '.join(known)}")
        return parts

    return parse


def _milliseconds(text):
    if not text.isdecimal() or not 1000 <= int(text) <= 600_000:
        raise argparse.ArgumentTypeError(f"{text!r}: expected milliseconds, 1000 to 600000")
    return int(text)


def _rooms(done):
    for _, (inputs, _, outputs) in _TASKS:
        yield f"room for {inputs}-N-{outputs} up to N = {done.widest((inputs, 1, outputs))}"
