"""A machine whose current a sensor measures: off, idle or busy; and a person who tells the board which it is.

Acts: "main": the person names each state three times, and then changes it without a word.
"""

import machine
from clock import clock
from eqprop.features.arithmetic import sine
from parts.noise import Noise

PIN = 26
BUTTONS = (10, 11, 12)
SECOND = 1000000
NAMED = 3  # times that each state is named
# Of each state: its level, how far it swings, swings a second, and noise, of 65535
STATES = ((9000, 0, 1, 300), (24000, 3000, 2, 800), (42000, 9000, 7, 2500))


class Machine:
    """What the sensor measures. state: a number of STATES."""

    def __init__(self, seed):
        self.state = 0
        self._noise = Noise(seed)

    def current(self, us):
        """Return the reading at a time, 0..65535."""
        level, swing, speed, noise = STATES[self.state]
        value = level + (swing * sine(us // 1000 * speed % 1000, 1000) >> 15) + self._noise.bell(noise)
        return max(0, min(65535, value))


def play(act, flash):
    """Set up the act. Raises ValueError for another."""
    if act != "main":
        raise ValueError("act: {} is not main".format(act))
    measured = Machine(1)
    machine.feed(PIN, lambda: measured.current(clock.now()))
    at = 0

    def change(state):
        measured.state = state
        print("    the machine is", ("off", "idle", "busy")[state])

    for n in range(3 * NAMED + 6):
        state = n % 3
        clock.at(at, lambda state=state: change(state))
        if n < 3 * NAMED:  # after a whole window of it
            pin = BUTTONS[state]
            clock.at(at + 5 * SECOND // 2, lambda pin=pin: machine.drive(pin, 0))
            clock.at(at + 11 * SECOND // 4, lambda pin=pin: machine.drive(pin, 1))
        at += 3 * SECOND

    def leave():
        raise SystemExit

    clock.at(at, leave)
