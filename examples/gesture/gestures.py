"""Learning gestures from whoever holds the board: they make one, and press its button.

`live` does everything, a little at a time: it yields how many milliseconds it has nothing to do, 0 for none, so that a
program may sleep meanwhile (main.py) or see to something else (robot.py).
"""

from accelerometer import MOST
from recorder import Recorder

import eqprop

LAYERS = "64-32-10"  # the recorder's features; room for ten gestures
NAME = b"gesture 1"  # user data of this program: another one's network is left alone
MEMORY = 4450  # bytes: ten of each of five gestures
LESSON = 40  # gestures that are learnt again with each new one
SURE = 40  # percent of margin
PASS_MS = 100
CALM = 20  # passes after a computer's last lesson until it is saved
RETRY_SENSOR = 10  # passes until it is started again
RETRY_FLASH = 600  # then twice as many, and so on: each try may wear it
RETRY_FLASH_MOST = 36000

# How often the lamp blinks; lit, it asks which gesture that was
KNOWN, NO_GESTURE, SENSOR, FLASH, STOPPED = 1, 2, 3, 4, 5


class Gestures:
    """label: of the last gesture that was known, None before the first."""

    def __init__(self, sensor, buttons, lamp, calm=lambda: True, box=None):
        """Learn from a sensor (`accelerometer.Accelerometer`) and Pins: a button for each label, low when pressed.

        calm: whether flash may be written now, which on many boards halts everything. box: a black box, which keeps
        what the board answered and learnt.
        """
        self.label = None
        self.net = None
        self._sensor = sensor
        self._buttons = buttons
        self._lamp = lamp
        self._calm = calm
        self._box = box
        self._recorder = Recorder()
        self._rest = 0  # passes that the sensor is left alone; None while it works
        self._waiting = False  # a gesture, for its name
        self._held = None  # the button that is down
        self._save_at = None  # the pass in which to save what was learnt; None when it is kept
        self._retry = RETRY_FLASH
        self._failed = False

    def live(self):
        """Yield the milliseconds to wait, for ever. The network is there from the first time on."""
        try:
            net = eqprop.load(LAYERS)
            if net:
                self._check(net)
        except (MemoryError, OSError, ValueError) as error:
            print("stopped, flash untouched:", error)
            while True:
                yield from self._blink(STOPPED)
                yield 1000
        if not net:
            net = eqprop.Network(LAYERS)
            net.remember(MEMORY)
            net.user_data = NAME
        self.net = net
        self._host = eqprop.Telemetry(net, "gesture", LESSON, box=self._box)  # what a computer sees, and may teach
        print("network {}: {} samples learnt".format(LAYERS, self.net.sample))
        passes = 0
        while True:
            yield PASS_MS
            yield from self._watch()
            yield 0
            if self._host.poll() is not None:  # a computer named the gesture
                self._waiting = False
                self._lamp.off()
                self._save_at = passes + CALM  # it may teach more
                self._retry = RETRY_FLASH
            label = self._pressed()
            if label is not None and not self._waiting:
                print("button {} without a gesture".format(label))
                yield from self._blink(NO_GESTURE)
            elif label is not None:
                yield from self._learn(label)
                self._save_at = passes
                self._retry = RETRY_FLASH
            if self._save_at is not None and passes >= self._save_at and self._calm():
                yield from self._save(passes)
            passes += 1

    def _check(self, net):
        """Raise ValueError for another program's network, or one of more gestures than there are buttons."""
        if bytes(net.user_data) != NAME:
            raise ValueError("user_data: expected {}, saved {}".format(NAME, bytes(net.user_data)))
        for label in range(len(self._buttons), net.memory.classes):
            if net.memory.seen(label):
                raise ValueError("gesture {}: there are {} buttons".format(label, len(self._buttons)))

    def _watch(self):
        """Take what the sensor has, and say which gesture it was when one is complete."""
        if self._rest:
            self._rest -= 1
            return
        try:
            if self._rest == 0:
                self._sensor.start()
                self._recorder.clear()
                self._rest = None
            count = MOST
            while count == MOST:
                count = self._sensor.read()
                for at in range(0, 3 * count, 3):
                    yield 0
                    if self._recorder.push(self._sensor.samples, at):
                        yield from self._answer()
        except (OSError, ValueError) as error:
            trouble = "does not answer" if isinstance(error, OSError) else str(error)
            print("sensor:", trouble)
            self._host.fault("sensor: " + trouble)
            self._rest = RETRY_SENSOR
            self._waiting = False
            self._lamp.off()
            yield from self._blink(SENSOR)

    def _answer(self):
        """Show which gesture it was, or ask."""
        self._recorder.measure()
        yield 0
        label = self.net.infer(self._recorder.features)
        margin = self.net.margin_percent if self.net.sample else 0
        self._host.answer(label, self._recorder.features)
        self._waiting = True
        self._lamp.value(margin < SURE)
        if margin < SURE:
            print("perhaps gesture {}, {} %: which is it?".format(label, margin))
        else:
            self.label = label
            print("gesture {}, {} %".format(label, margin))
            yield from self._blink(KNOWN)

    def _pressed(self):
        """Return the label of a button that was not down before, or None."""
        before, self._held = self._held, None
        for label, button in enumerate(self._buttons):
            if not button.value():
                self._held = label
                return None if label == before else label
        return None

    def _learn(self, label):
        """Learn the gesture that waits, and rehearse the others."""
        self._waiting = False
        self._lamp.off()
        yield 0
        for _ in self.net.learn_steps(self._recorder.features, label, LESSON):
            yield 0
        self._host.learnt(label, self._recorder.features)
        print("learnt as gesture", label)

    def _save(self, passes):
        """Keep all that was learnt, and the examples, in the flash; when that fails, say so and try again later."""
        kept = self.net.save(force=True)
        self._host.saved(kept)
        if kept:
            if self._failed:
                print("flash: kept again")
            self._save_at = None
            self._failed = False
        else:
            print("flash: full, read-only or broken: learnt, but not kept")
            self._save_at = passes + self._retry
            self._retry = min(2 * self._retry, RETRY_FLASH_MOST)
            self._failed = True
            yield from self._blink(FLASH)

    def _blink(self, times):
        for _ in range(times):
            self._lamp.on()
            yield 120
            self._lamp.off()
            yield 180
