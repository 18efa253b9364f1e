"""A board that somebody holds: the simulated field's `machine`, with an accelerometer and a hand.

The bytes 0xE0 to 0xE4 on the board's line are not a host's: they have the hand make that gesture. The board's program
may miss it, as one that begins before the board was at rest: the hand says when that would have been told.
"""

import simulated_machine
from hand import Hand
from simulated_machine import I2C, WDT, Pin, lightsleep, reset  # noqa: F401

from clock import clock
from eqprop.telemetry.port import Port
from parts.lis3dh import LIS3DH

_FIRST, _LAST = 0xE0, 0xE4
_TOLD_US = 1500000
_hand = Hand(seed=1)
_made = bytearray()
_read = Port.read


def _listen(port):
    byte = _read(port)
    if _FIRST <= byte <= _LAST:
        _made.append(byte)
        count = len(_made)
        end = _hand.make(byte - _FIRST, clock.now())
        clock.at(end + _TOLD_US, lambda: print("the hand rests after", count, "gestures"))
        return -1
    return byte


Port.read = _listen
simulated_machine.attach(0x18, LIS3DH(_hand.acceleration, seed=1, noise_mg=2))
