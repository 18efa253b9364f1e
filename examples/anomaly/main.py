"""Learns what normal vibration of a machine feels like, and sounds an alarm at what is not.

Wiring in README.md. Start it while the machine is well: it takes ten minutes of that, at all speeds and loads that are
to count as normal. Nobody tells it of any fault.
"""

import gc
import struct

from novelty import UNITS, Novelty
from vibration import FEATURES, Accelerometer, Vibration

import eqprop
from eqprop import watchdog
from machine import I2C, Pin, lightsleep, reset

LAYERS = (UNITS * FEATURES, 24, 2)
USER_DATA_BYTES = 8 * FEATURES + 8  # bytes: the scale, windows left to learn, the limit
LEARNT = 2500  # windows, at the beginning
MORE = 500  # windows, when the button says that they are normal, too
SET = 250  # windows that set the limit
OVER = 5  # windows in a row over the limit, until the alarm sounds
UNDER = 30  # under it, until it is quiet again: a fault need not show at every speed
NO_LIMIT = 0x7FFFFFFF
STOPPED = 20  # flashes of the LED

alarm = Pin(15, Pin.OUT, value=0)
led = Pin(25, Pin.OUT, value=0)
button = Pin(10, Pin.IN, Pin.PULL_UP)


class Guard:
    """What is done window by window."""

    def __init__(self, network):
        self.network = network or eqprop.Network(LAYERS)
        self.novelty = Novelty(self.network, FEATURES)
        self.host = eqprop.Telemetry(self.network, "anomaly", room=256)  # what a computer sees
        self.sensor = Accelerometer(I2C(0, scl=Pin(5), sda=Pin(4), freq=400000), lightsleep)
        self.vibration = Vibration(self.sensor.window)
        self.started = False
        self.trouble = None  # with the sensor
        self.left = LEARNT  # windows to learn
        self.limit = NO_LIMIT  # of the score
        self.watched = 0  # windows since the last one was learnt
        self.highest = -NO_LIMIT  # of their scores
        self.pressed = False
        self.row = 0  # windows in a row that disagree with the alarm
        self.failing = False
        self.failures = 0  # to write the flash
        if network:
            self.left, self.limit = struct.unpack("<Ii", self.novelty.unpack(network.user_data))

    def step(self):
        """Take a window: learn it, set the limit by it, or watch."""
        self.host.poll()
        well = self.healthy()
        pressed = not button.value()
        if pressed and not self.pressed:
            self.call_normal(well)
        self.pressed = pressed
        if not well:
            return
        features = self.vibration.describe()
        if self.left:
            self.learn(features)
            return
        score = self.novelty.score(features)
        if self.limit == NO_LIMIT:
            self.set(score)
        else:
            self.watch(score)

    def healthy(self):
        """Fill the sensor's window; return whether it can be believed. Says so when that changes."""
        try:
            if not self.started:
                self.sensor.start()
                self.started = True
            trouble = self.sensor.listen() or self.vibration.check()
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
            blink(2)
        return not trouble

    def learn(self, features):
        """Learn a window as normal."""
        scaled = self.novelty.scaled
        self.novelty.learn(features)
        if scaled:
            self.left -= 1
        if self.left % 500 == 0 and scaled:
            print("{} windows left to learn".format(self.left))
            self.keep()

    def set(self, score):
        """Let a window that is not learnt count for the limit: a little more than the highest score."""
        self.watched += 1
        self.highest = max(self.highest, score)
        if self.watched == SET:
            self.limit = self.highest + 1000
            print("on guard: the limit is", self.limit)
            self.keep()

    def watch(self, score):
        """Compare a score with the limit; sound the alarm, or end it, when so many in a row disagree with it."""
        sounds = alarm.value()
        self.row = self.row + 1 if (score > self.limit) != sounds else 0
        if self.row == (UNDER if sounds else OVER):
            self.row = 0
            says = "normal again" if sounds else "alarm: score {}, limit {}".format(score, self.limit)
            print(says)
            self.host.fault(says)
            sounds = not sounds
        alarm.value(sounds)

    def call_normal(self, well):
        """Learn what comes now as normal, and set the limit anew."""
        if not well:
            print("button: nothing to learn from")
            blink(3)
        elif self.left:
            print("button: learns already")
        else:
            print("button: learns that this is normal, too")
            self.left = MORE
            self.limit = NO_LIMIT
            self.watched = 0
            self.highest = -NO_LIMIT
            self.row = 0
            alarm.off()
            self.keep()

    def keep(self):
        """Keep what was learnt in the flash: seldom enough to do it at once."""
        self.network.user_data = self.novelty.pack() + struct.pack("<Ii", self.left, self.limit)
        kept = self.network.save(force=True)
        self.host.saved(kept)
        failed = self.network.save_failures > self.failures
        self.failures = self.network.save_failures
        if failed:
            blink(4)
            if not self.failing:
                print("flash: cannot be written, learning goes on")
        self.failing = failed or self.failing and not kept


def blink(flashes):
    """Flash the LED so many times."""
    for _ in range(flashes):
        led.on()
        lightsleep(50)
        led.off()
        lightsleep(100)


def start():
    """Return the network that the flash holds, None when it holds none; stop for one that is another program's."""
    try:
        network = eqprop.load(LAYERS)
        if network and len(network.user_data) != USER_DATA_BYTES:
            raise ValueError("user_data: expected {} bytes, saved {}".format(USER_DATA_BYTES, len(network.user_data)))
        return network
    except (MemoryError, OSError, ValueError) as error:
        print("flash:", error)
    while True:  # nothing is learnt, and nothing lost
        blink(STOPPED)
        lightsleep(1000)


network = start()
print("goes on after {} samples".format(network.sample) if network else "knows nothing yet")
guard = Guard(network)
feed = watchdog.start(8000)  # a board that hangs for so many milliseconds is reset
try:
    while True:
        feed()
        guard.step()
        gc.collect()  # now, when nothing waits for it
except RuntimeError as error:  # memory changed by itself
    print("{}: the board goes back to its last checkpoint".format(error))
    reset()
