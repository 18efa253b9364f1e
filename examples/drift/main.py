"""Sorts tomatoes by their colour, and goes on learning from an operator's buttons while its sensor ages.

Wiring in README.md. Starts knowing nothing: call a hundred tomatoes by their names, then one now and then.
"""

import gc

from colour import Colour, ColourSensor

import eqprop
from eqprop import watchdog
from machine import I2C, Pin, lightsleep, reset

LAYERS = "24-16-5"
STAGES = ("green", "breaker", "turning", "pink", "red")
RIPE = 3  # the gate opens for this stage and those behind it
BELT = 600  # clear light, in counts: less is no tomato
UNSURE = 30  # percent
MEMORY = 2300  # bytes: 48 labelled tomatoes
REPLAY = 4  # of them are learnt again with each label

# Patterns of the LED: a bit for each tenth of a second, the lowest first
UNSURE_PATTERN = 0b1
NO_TOMATO_PATTERN = 0b101
SENSOR_PATTERN = 0b10101
FLASH_PATTERN = 0b1010101
STOPPED_PATTERN = 0b11111111

gate = Pin(15, Pin.OUT, value=0)
led = Pin(25, Pin.OUT, value=0)
buttons = [Pin(n, Pin.IN, Pin.PULL_UP) for n in (10, 11, 12, 13, 14)]


class Sorter:
    """What is done ten times a second."""

    def __init__(self, network):
        self.network = network
        self.host = eqprop.Telemetry(network, "drift", REPLAY)  # what a computer sees, and may teach
        self.colour = Colour()
        self.features = None  # of the last tomato
        self.sensor = ColourSensor(I2C(0, scl=Pin(5), sda=Pin(4)))
        self.started = False
        self.trouble = None  # with the sensor
        self.covered = 0  # readings for which something has been under the sensor
        self.stage = None  # of the last tomato, until it is called by its name
        self.down = None  # the button that is
        self.checked = self.right = 0
        self.failures = 0  # to write the flash
        self.failing = False
        self.pattern = 0

    def step(self):
        """Look at the sensor, at the buttons, and show the next bit of the LED's pattern."""
        if self.healthy():
            self.covered = self.covered + 1 if self.sensor.counts[0] > BELT else 0
            if self.covered == 2:  # the first reading may have seen an edge
                self.sort()
        down = None
        for n in range(len(buttons)):
            if not buttons[n].value():
                down = n
        if down is not None and self.down is None:
            self.learn(down)
        self.down = down
        if self.host.poll() is not None:  # a computer named the stage
            self.stage = None
            self.keep()
        led.value(self.pattern & 1)
        self.pattern >>= 1

    def healthy(self):
        """Read the sensor; return whether it can be believed. Says so when that changes."""
        try:
            if not self.started:
                self.sensor.start()
                self.started = True
            trouble = self.sensor.read()
        except OSError:
            trouble = "no answer"
        except ValueError as error:
            trouble = str(error)
        if bool(trouble) != bool(self.trouble):
            print("sensor:", trouble or "well again")
            self.host.fault("sensor: " + (trouble or "well again"))
        self.trouble = trouble
        if trouble:
            self.started = False  # it may have lost its settings
            self.covered = 0
            self.pattern = self.pattern or SENSOR_PATTERN
        return not trouble

    def sort(self):
        """Decide about the tomato under the sensor."""
        self.features = self.colour.see(self.sensor.counts)
        self.stage = self.network.infer(self.features)
        gate.value(self.stage >= RIPE)
        self.host.answer(self.stage, self.features)
        if self.network.margin_percent < UNSURE:
            self.pattern = UNSURE_PATTERN

    def learn(self, stage):
        """Learn that the last tomato was of this stage; keep what was learnt."""
        if self.stage is None:
            print("button {}: no tomato to learn from".format(STAGES[stage]))
            self.pattern = NO_TOMATO_PATTERN
            return
        self.checked += 1
        self.right += stage == self.stage
        self.stage = None
        self.network.learn(self.features, stage, REPLAY)
        self.host.learnt(stage, self.features)
        if self.checked % 100 == 0:
            print("{} checked, of the last 100 {} were right".format(self.checked, self.right))
            self.right = 0
        self.keep()

    def keep(self):
        """Keep what was learnt in the flash, unless that was done too lately: flash wears out."""
        kept = self.network.save()
        self.host.saved(kept)
        failed = self.network.save_failures > self.failures
        self.failures = self.network.save_failures
        if failed:
            self.pattern = FLASH_PATTERN
            if not self.failing:
                print("flash: cannot be written, learning goes on")
        self.failing = failed or self.failing and not kept


def stopped():
    """Show that this is no program for what the flash holds, for ever: nothing is learnt, and nothing lost."""
    pattern = STOPPED_PATTERN
    while True:
        led.value(pattern & 1)
        pattern = pattern >> 1 | (pattern & 1) << 15
        lightsleep(100)


try:
    network = eqprop.load(LAYERS)
except (MemoryError, OSError, ValueError) as error:
    print("flash:", error)
    stopped()
print("goes on after {} samples".format(network.sample) if network else "knows nothing yet")
if not network:
    network = eqprop.Network(LAYERS)
    network.remember(MEMORY)
sorter = Sorter(network)
feed = watchdog.start(8000)  # a board that hangs for so many milliseconds is reset
try:
    while True:
        feed()
        sorter.step()
        gc.collect()  # now, when nothing waits for it
        lightsleep(100)
except RuntimeError as error:  # memory changed by itself
    print("{}: the board goes back to its last checkpoint".format(error))
    reset()
