"""Record labelled samples from a running board, into a Parquet table that --data reads."""

import argparse
import getpass
import sys
import time

from ...errors import DataError
from ...field import recorders
from ...field.listener import listening
from ...field.recording import Recording, Window, trace
from ...field.typed import Typed
from ...terminal.interrupts import on_ctrl_c
from ...terminal.live_line import LiveLine
from ...terminal.printing import printable
from .. import options as common

_HELP = "Enter: record; u: undo the last; s: skip this label; q: end. What was recorded is kept; run it again to go on"
_COUNTDOWN = 3
_BARS = 48
_SILENCE = 3.0  # seconds without a reading, after which a sample is given up; or its length, if that is longer


def add_options(parser):
    """Add the options of `eqprop record`."""
    add = parser.add_argument
    add("data", type=common.named(".parquet", "a recording"), help="the .parquet file to write, or to go on with")
    text = "the port of a board whose program tells readings, features or answers with features"
    add("--port", metavar="URL", required=True, help=text)
    text = "first start a recorder of this sensor on the board, which has eqprop: %(choices)s"
    add("--sensor", choices=recorders.SENSORS, help=text)
    add("--rate", metavar="HZ", type=common.whole(1, recorders.FASTEST_HZ), help="readings a second of --sensor")
    text = "pins of --sensor, such as scl=5,sda=4, or pin=26"
    add("--pins", metavar="PINS", type=_pins, default={}, help=text)
    add("--labels", metavar="NAMES", type=common.names, required=True, help="the labels to record, such as wave,circle")
    add("--repeat", metavar="N", type=common.whole(1, 10_000), default=10, help="samples a label (default: 10)")
    add("--seconds", metavar="S", type=common.positive, default=2.0, help="length of a sample (default: 2)")
    add("--countdown", metavar="S", type=common.whole(0, 60), default=_COUNTDOWN, help="before each (default: 3)")
    add("--who", metavar="NAME", default=None, help="whose samples these are (default: your user name)")
    add("--settings", metavar="TEXT", default="", help="how the sensor is set, kept with each sample")


def _pins(text):
    try:
        pins = {name: int(pin) for name, pin in (each.split("=") for each in text.split(","))}
    except ValueError:
        pins = {}
    if not pins or not set(pins) <= {name for each in recorders.SENSORS.values() for name in each if name != "rate_hz"}:
        raise argparse.ArgumentTypeError(f"expected pins such as scl=5,sda=4 or pin=26, got {text!r}")
    return pins


def run(options):
    """Record what is missing of each label; each sample is in the file as soon as it is recorded."""
    if len(options.labels) < 2:
        raise DataError(f"--labels {options.labels[0]}: expected two or more")
    settings = options.settings
    if options.sensor:
        rate = {"rate_hz": options.rate} if options.rate else {}
        used = recorders.settings(options.sensor, **options.pins, **rate)
        recorders.start(options.port, options.port, options.sensor, used)
        settings = " ".join(filter(None, [settings, *(f"{key}={value}" for key, value in used.items())]))
    with listening(options.port, common.tell) as listener, on_ctrl_c() as interrupt:
        about = listener.wait_for_about()
        recording = Recording(options.data, options.who or getpass.getuser(), about.identity, settings)
        common.tell(_HELP)
        session = _Session(options, listener, recording, interrupt)
        for label in options.labels:
            if not session.record(label):
                break
    counts = recording.counts
    missing = sum(max(0, options.repeat - counts.get(label, 0)) for label in options.labels)
    print(f"{options.data}: " + ", ".join(f"{counts.get(label, 0)} {label}" for label in options.labels))
    if session.cut_off and missing:
        raise DataError(
            f"{options.data}: the input ended, {missing} samples are missing: run the command again to record them"
        )


class _Session:
    """The conversation with who records."""

    def __init__(self, options, listener, recording, interrupt):
        self._options = options
        self._listener = listener
        self._recording = recording
        self._interrupt = interrupt
        self._typed = Typed()

    @property
    def cut_off(self):
        """Whether the input ended by itself."""
        return self._typed.ended

    def record(self, label):
        """Record what is missing of a label; return False to end."""
        asked = None
        while (count := self._recording.counts.get(label, 0)) < self._options.repeat:
            if asked != count:
                print(f"{label} {count + 1}/{self._options.repeat}: press Enter", flush=True)
                asked = count
            self._drain()
            line = self._typed.line()
            if self._typed.ended or self._interrupt.requested or line == "q":
                return False
            if line == "s":
                return True
            if line == "u":
                undone = self._recording.undo()
                print("nothing to undo in this session" if undone is None else f"took back a sample of {undone}")
                asked = None
            elif line == "":
                self._sample(label)
                asked = None
            elif line is not None:
                common.tell(f"{line!r}: {_HELP}")
        return True

    def _drain(self):
        for each in self._listener.poll():
            if isinstance(each, str):
                print(printable(each), flush=True)

    def _sample(self, label):
        """Record one sample."""
        for left in range(self._options.countdown, 0, -1):
            print(f"  {left}", flush=True)
            until = time.monotonic() + 1
            while time.monotonic() < until:
                self._drain()
        self._listener.poll()
        live = LiveLine(sys.stdout)
        if not sys.stdout.isatty():
            print("  now", flush=True)
        window = Window(self._recording.width)
        heard, until = time.monotonic(), None  # a sample begins with the first reading that comes
        silence = max(_SILENCE, self._options.seconds)
        while not window.is_full() and not self._interrupt.requested:
            now = time.monotonic()
            if now - heard > silence or (until and now > until and not self._recording.width):
                break
            came = len(window.values)
            for each in self._listener.poll():
                window.take(each)
            if len(window.values) > came:
                heard, until = now, until or now + self._options.seconds
            share = 1 - max(0.0, until - now) / self._options.seconds if until else 0.0
            live.show(f"  now {trace(window.values, max(1, round(_BARS * share)))}")
        live.end()
        try:
            sample = window.sample()
            self._recording.add(label, sample)
            print(f"  {label}: {len(sample)} values {trace(sample, _BARS)}", flush=True)
        except DataError as error:
            common.tell(error)
