"""What happens around the board: somebody teaches it five gestures, and makes them; or something is wrong. See ACTS."""

from hand import GESTURES, Hand

import eqprop
import machine
from clock import clock
from parts.lis3dh import LIS3DH
from parts.noise import Noise

ADDRESS = 0x18
BUTTONS = (10, 11, 12, 13, 14)
LAMP = 25
PAUSE_US = 2600000  # from a gesture's beginning to its button
PRESS_US = 150000


class Person:
    """Makes gestures and presses buttons, one thing after another."""

    def __init__(self, hand):
        self.hand = hand
        self.free = 1500000

    def make(self, kind):
        """Make a gesture."""
        self.then(lambda: self.hand.make(kind, clock.now()), PAUSE_US)

    def press(self, kind):
        """Press its button."""
        pin = BUTTONS[kind]
        self.then(lambda: machine.drive(pin, 0), PRESS_US)
        self.then(lambda: machine.drive(pin, 1), PAUSE_US // 2)

    def teach(self, times, kinds=(0, 1, 2, 3, 4)):
        """Make each gesture so often, and name it."""
        for kind in kinds:
            for _ in range(times):
                self.make(kind)
                self.press(kind)

    def show(self):
        """Make all gestures once."""
        for kind in range(len(GESTURES)):
            self.make(kind)

    def then(self, action, lasts_us):
        """Have something happen next."""
        clock.at(self.free, action)
        self.free += lasts_us


class Arm:
    """A joint with a motor and a potentiometer, 0..65535: it turns at a constant speed, per millisecond.

    worst_us: the longest time between two readings, after which the arm moved, or stood.
    """

    def __init__(self, forward, backward, speed=1):
        self.worst_us = [0, 0]
        self._speed = speed
        self._at = 20000
        self._direction = 0
        self._turned = clock.now()
        self._read = None
        machine.watch(forward, lambda level: self._turn(level))
        machine.watch(backward, lambda level: self._turn(-level))

    def _turn(self, direction):
        self._at = self._position()
        self._turned = clock.now()
        self._direction = direction

    def _position(self):
        moved = (clock.now() - self._turned) * self._speed // 1000 * self._direction
        return max(0, min(65535, self._at + moved))

    def read(self):
        """Return where it is."""
        now = clock.now()
        if self._read is not None:
            stands = not self._direction
            self.worst_us[stands] = max(self.worst_us[stands], now - self._read)
        self._read = now
        return self._position()


def leave():
    """Cut the power."""
    raise SystemExit


# ---- what happens


def learn(person, sensor, flash):
    """Teach five gestures, twice each, and make them again."""
    person.teach(2)
    person.show()


def timed(person, sensor, flash):
    """Teach five gestures and make them again; in the end, tell how long things took (`report`)."""
    machine.measure(LAMP)
    person.teach(1)
    person.show()


def cut(person, sensor, flash):
    """Cut the power in the middle of a checkpoint."""
    person.teach(2)

    def soon():
        flash.left = 5000  # bytes

    person.then(soon, 0)
    person.teach(1)


def four(person, sensor, flash):
    """Teach four gestures."""
    person.teach(3, (0, 1, 2, 3))


def fifth(person, sensor, flash):
    """Teach the fifth gesture, and make all of them: after `four`, on the same flash."""
    person.teach(3, (4,))
    person.show()


def show(person, sensor, flash):
    """Teach nothing."""
    person.show()


def absent(person, sensor, flash):
    """Pull the sensor off, and plug it in again."""
    person.teach(1, (0, 1))
    person.then(lambda: machine.attach(ADDRESS, None), 4000000)
    person.press(0)
    person.then(lambda: machine.attach(ADDRESS, sensor), 3500000)
    person.teach(1, (0,))


def unnamed(person, sensor, flash):
    """Pull the sensor off while a gesture waits for its name, and plug it in again; press the button then."""
    person.make(0)
    person.then(lambda: machine.attach(ADDRESS, None), 3500000)
    person.then(lambda: machine.attach(ADDRESS, sensor), 3500000)
    person.press(0)


def failing(fault):
    """Return an act in which the sensor fails so, and comes to itself again."""

    def act(person, sensor, flash):
        def set_to(value):
            sensor.fault = value

        person.teach(1, (0, 1))
        person.then(lambda: set_to(fault), 4000000)
        person.press(0)
        person.then(lambda: set_to(None), 3500000)
        person.teach(1, (0,))

    return act


def wild(person, sensor, flash):
    """Have the sensor answer as it should, and say what is wild."""
    feels = sensor.acceleration
    noise = Noise(3)

    def start():
        sensor.acceleration = lambda us: (noise.between(-4000, 4000), noise.between(-4000, 4000), 0)

    def stop():
        sensor.acceleration = feels

    person.teach(1, (0,))
    person.then(start, 4000000)
    person.then(stop, 3500000)
    person.teach(1, (0,))


def nothing(person, sensor, flash):
    """Press a button though there was no gesture, and twice for one."""
    person.press(2)
    person.teach(1, (0,))
    person.press(1)


def full(person, sensor, flash):
    """Fill the flash after the first checkpoints, and make room again after two minutes."""
    person.teach(1, (0, 1))

    def limit(size):
        flash.full = size

    person.then(lambda: limit(3000), 0)
    person.teach(1, (2,))
    person.then(lambda: limit(0), 120000000)


def read_only(person, sensor, flash):
    """Let nothing be written; wait ten minutes."""
    flash.read_only = True
    person.teach(1, (0, 1))
    person.then(lambda: None, 600000000)


def other(person, sensor, flash):
    """Keep in the flash what another program has learnt."""
    eqprop.Network("4-3-2").save()


def alike(person, sensor, flash):
    """Keep in the flash what another program has learnt with the same layers."""
    eqprop.Network("64-32-10").save()


ACTS = {
    "main": learn,
    "timed": timed,
    "show": show,
    "four": four,
    "fifth": fifth,
    "cut": cut,
    "absent": absent,
    "unnamed": unnamed,
    "stuck": failing("stuck"),
    "saturated": failing("saturated"),
    "garbage": failing("garbage"),
    "wild": wild,
    "nothing": nothing,
    "full": full,
    "read-only": read_only,
    "other": other,
    "alike": alike,
}


def play(act, flash):
    """Set up one of ACTS. Raises ValueError for another."""
    if act not in ACTS:
        raise ValueError("act: {} is not one of {}".format(act, ", ".join(ACTS)))
    hand = Hand(seed=1)
    sensor = LIS3DH(hand.acceleration, seed=1, noise_mg=2)
    person = Person(hand)
    arm = Arm(16, 17)
    machine.attach(ADDRESS, sensor)
    machine.watch(LAMP, lambda level: print("    lamp", "on" if level else "off"))
    machine.feed(26, arm.read)
    ACTS[act](person, sensor, flash)
    if act == "timed":
        person.then(lambda: report(arm), 0)
    person.then(leave, PAUSE_US)


def report(arm):
    """Print what was counted."""
    print("instructions from a reading to the lamp:", machine.latency())
    moving, standing = arm.worst_us
    print("us between two readings of the arm, while it moves and while it stands:", moving, standing)
