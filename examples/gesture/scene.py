"""What happens around the board: somebody teaches it five gestures, and then makes them; or something is wrong."""

import machine
from clock import clock
from hand import GESTURES, Hand
from parts.lis3dh import LIS3DH

BUTTONS = (10, 11, 12, 13, 14)
LAMP = 25
PAUSE_US = 2600000  # from a gesture's beginning to its button, and to the next one's beginning
PRESS_US = 150000


class Person:
    """Makes gestures and presses buttons, one thing after the other."""

    def __init__(self, hand):
        self.hand = hand
        self.free = 1500000

    def make(self, kind):
        """Make a gesture."""
        clock.at(self.free, lambda: self.hand.make(kind, clock.now()))
        self.free += PAUSE_US

    def press(self, kind):
        """Press its button."""
        pin = BUTTONS[kind]
        clock.at(self.free, lambda: machine.drive(pin, 0))
        clock.at(self.free + PRESS_US, lambda: machine.drive(pin, 1))
        self.free += PAUSE_US // 2

    def teach(self, times):
        """Make each gesture so often, and name it."""
        for _ in range(times):
            for kind in range(len(GESTURES)):
                self.make(kind)
                self.press(kind)

    def leave(self):
        """End the program when all is done."""
        clock.at(self.free, leave)


def leave():
    """Cut the power."""
    raise SystemExit


def play(act, flash):
    """Set up one of ACTS."""
    hand = Hand(seed=1)
    sensor = LIS3DH(hand.acceleration, seed=1, noise_mg=2)
    person = Person(hand)
    machine.attach(0x18, sensor)
    machine.watch(LAMP, lambda level: print("    lamp", "on" if level else "off"))
    ACTS[act](person, sensor, flash)
    person.leave()


def learn(person, sensor, flash):
    """Teach each gesture three times, then make all of them."""
    person.teach(3)
    for kind in range(len(GESTURES)):
        person.make(kind)


ACTS = {"main": learn}
