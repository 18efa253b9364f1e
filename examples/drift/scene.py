"""A belt of tomatoes under a colour sensor whose LED ages, whose window yellows and gathers dust, and an operator.

A tomato passes each second: 0.4 s of it under the sensor, then bare belt. The operator calls the first `TAUGHT` all by
their names; of those that follow one in `CHECKED`, taken at random, is looked at. Colours, how they scatter and what
age does to the sensor are invented, in the range of what one sees; `study.py` says what becomes of a network by that.

Acts: "main", the sensor's whole life; "short", of few tomatoes; "measured", of fewer, and then how many instructions
it took from reading a colour to setting the gate, at most; "faults", all that may go wrong, one after another.
"""

import machine
from clock import clock
from parts.noise import Noise
from parts.tcs3472 import TCS3472

ACTS = ("main", "short", "measured", "faults")
GATE = 15
LED = 25
BUTTONS = (10, 11, 12, 13, 14)
TAUGHT = 100
CHECKED = 10
YOUNG = 2000  # tomatoes before the sensor begins to age
AGEING = 10000  # tomatoes in which it does
OLD = 1000  # tomatoes thereafter

ADDRESS = 0x29
SECOND = 1000000
COVERED = 400000  # of each second a tomato is under the sensor
PRESSED_AT = 500000
PRESSED_FOR = 200000

# What a tomato of each stage reflects of red, green and blue, in thousandths; counts of each that a white sheet gives
STAGES = ((300, 520, 200), (420, 500, 200), (560, 420, 180), (660, 300, 150), (680, 170, 120))
WHITE = (3000, 2850, 2250)
BELT = (40, 40, 40)
# What is left at the end of red, green and blue, and what dust sends straight back, in thousandths
LEFT = (800, 700, 500)
DUST = 30


class Sensor:
    """What ageing leaves of light. age: 0..1000."""

    def __init__(self):
        self.age = 0

    def counts(self, reflected):
        """Return counts of clear, red, green and blue for what is reflected, in thousandths."""
        age = self.age
        seen = [0, 0, 0, 0]
        for i in range(3):
            white = WHITE[i] * (1000 - (1000 - LEFT[i]) * age // 1000) // 1000
            seen[i + 1] = white * (reflected[i] + 10 + DUST * age // 1000) // 1000
        seen[0] = sum(seen) * 105 // 100
        return seen


class Tomatoes:
    """Any number of tomatoes, one after another, all from a seed."""

    def __init__(self, seed):
        self.noise = Noise(seed)
        self.stage = 0
        self.reflected = [0, 0, 0]

    def next(self):
        """Take the next one: its `stage`, and what it has `reflected`, of red, green and blue, in thousandths.

        It is larger or smaller, nearer or farther, by a fifth, and of each colour more or less by a fifteenth.
        """
        noise = self.noise
        self.stage = noise.below(len(STAGES))
        near = 900 + noise.bell(180)
        for i in range(3):
            mean = STAGES[self.stage][i]
            self.reflected[i] = max(0, (mean + mean * noise.bell(65) // 1000) * near // 1000)


def age(number):
    """Return the sensor's age when this tomato comes, 0..1000."""
    return max(0, min(1000, (number - TAUGHT - YOUNG) * 1000 // AGEING))


def called(noise, number):
    """Return whether the operator calls this tomato by its name."""
    return number < TAUGHT or not noise.below(CHECKED)


class Belt:
    """Moves tomatoes past the sensor, and has the operator press a button for some of them."""

    def __init__(self, tomatoes, seed=0):
        self.tomatoes = Tomatoes(seed)
        self.operator = Noise(seed + 1)
        self.sensor = Sensor()
        self.number = -1
        self.end = tomatoes
        self.left = 0
        self.failing = None
        self.moved = self.flashed = 0
        self.part = TCS3472(self.light, seed)
        for pin in BUTTONS:
            machine.drive(pin, 1)
        machine.attach(ADDRESS, self.part)

    def start(self):
        """Let the first tomato come."""
        clock.at(clock.now(), self.come)

    def come(self):
        """Let the next tomato come; after the last one the board is left."""
        self.number += 1
        if self.number == self.end:
            self.leave()
        now = clock.now()
        self.left = now + COVERED
        self.sensor.age = age(self.number)
        self.tomatoes.next()
        if called(self.operator, self.number):
            self.press(self.tomatoes.stage, now + PRESSED_AT)
        clock.at(now + SECOND, self.come)

    def leave(self):
        """Leave the board."""
        raise SystemExit

    def press(self, stage, at):
        """Press a button at this time, and release it."""
        clock.at(at, lambda: machine.drive(BUTTONS[stage], 0))
        clock.at(at + PRESSED_FOR, lambda: machine.drive(BUTTONS[stage], 1))

    def light(self):
        """Return what comes to the sensor now."""
        return self.sensor.counts(self.tomatoes.reflected if clock.now() < self.left else BELT)

    def fail(self, how):
        """Let the sensor fail: "absent", or as the part has it; None for no longer."""
        if self.failing:
            print("    {}: the gate moved {} times, the LED flashed {}".format(self.failing, self.moved, self.flashed))
        self.failing = how
        self.moved = self.flashed = 0
        self.part.fault = how
        machine.attach(ADDRESS, None if how == "absent" else self.part)

    def watch(self):
        """Count what the gate and the LED do while the sensor fails."""
        machine.watch(GATE, self.move)
        machine.watch(LED, self.flash)

    def move(self, level):
        """See the gate move."""
        self.moved += 1

    def flash(self, level):
        """See the LED change."""
        self.flashed += level


class Measured(Belt):
    """Says at the end how long a decision took."""

    def leave(self):
        """Leave the board."""
        print("from sample to decision: {} instructions".format(machine.latency()))
        super().leave()


def play(act, flash):
    """Set up what is around the board."""
    if act not in ACTS:
        raise ValueError("act: {} is not one of {}".format(act, ", ".join(ACTS)))
    if act == "faults":
        fail(flash)
    elif act == "measured":
        machine.measure(GATE)
        Measured(12).start()
    else:
        Belt(TAUGHT + YOUNG + AGEING + OLD if act == "main" else TAUGHT + 20).start()


def fail(flash):
    """Let all go wrong: no sensor, a button and no tomato, a flash that cannot be written, a sensor that fails."""
    flash.read_only = True
    belt = Belt(130)
    belt.watch()
    belt.fail("absent")
    clock.at(3 * SECOND, lambda: belt.fail(None))
    belt.press(2, 3500000)
    clock.at(5 * SECOND, belt.come)
    for n, how in enumerate(("absent", "stuck", "saturated", "garbage")):
        at = (110 + 4 * n) * SECOND
        clock.at(at, lambda how=how: belt.fail(how))
        clock.at(at + 3 * SECOND, lambda: belt.fail(None))
