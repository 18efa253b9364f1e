"""What stands around the program beside this: an accelerometer that is turned over, a button, a lamp, a voltage."""

import machine
from clock import clock
from parts.lis3dh import LIS3DH


def play(act, flash):
    """Set it up. Acts: "" for what works, "absent" for a sensor that is not there, "full" for a flash without room."""
    if act != "absent":
        machine.attach(0x18, LIS3DH(lambda us: (0, 0, 1000 if us < 1000000 else -1000), seed=3))
    if act == "full":
        flash.full = 100
    machine.watch(25, lambda level: print("lamp", level))
    machine.feed(26, lambda: 65535)
    clock.at(1200000, lambda: machine.drive(14, 0))
    clock.at(2100000, leave)


def leave():
    """End the program."""
    raise SystemExit
