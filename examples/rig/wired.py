"""The rig on this board: its pins, its parts, its calibration. Wiring in README.md."""

import time

from eqprop.rig import calibration
from eqprop.rig.bus import SelectedSPI
from eqprop.rig.crossbar import RigCrossbar
from eqprop.rig.layout import Layout
from eqprop.rig.parts import Parts
from eqprop.rig.planning import RigPlan
from machine import I2C, SPI, Pin

LAYERS = "2-4-2"
CONVERTER = "ads1115"  # or "mcp3208"


def outputs(*pins):
    """Return these pins as outputs, high."""
    return [Pin(pin, Pin.OUT, value=1) for pin in pins]


def find_parts():
    """Return the rig's `Parts`."""
    layout = Layout(LAYERS, converter=CONVERTER)
    spi = SPI(0, 1000000, sck=Pin(18), mosi=Pin(19), miso=Pin(16))
    bus = SelectedSPI(spi, outputs(6, 7, 8, 9), outputs(10, 11, 12, 13)[: len(layout.decoders)])
    return Parts(layout, bus, I2C(0, scl=Pin(5), sda=Pin(4), freq=400000), time.sleep_us)


def calibrate(crossbar):
    """Take the kept calibration, or measure the rig and keep it; return whether all is well."""
    if calibration.load(crossbar):
        print("calibration: kept")
        return True
    problems = calibration.Calibration(crossbar).run()
    for problem in problems:
        print(problem)
    if problems:
        return False
    calibration.save(crossbar)
    ohms = list(crossbar.pot_ohm)
    print("calibrated: {} devices of {} to {} kOhm".format(len(ohms), min(ohms) // 1000, max(ohms) // 1000))
    return True


def find():
    """Return the calibrated `RigCrossbar`, or None after printing what is wrong. Raises OSError for a silent chip."""
    crossbar = RigCrossbar(RigPlan(LAYERS), find_parts())
    return crossbar if calibrate(crossbar) else None
