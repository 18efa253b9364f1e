"""A board that learns gestures, and sleeps in between. See README.md for the wiring, and what its lamp says."""

from accelerometer import Accelerometer
from gestures import Gestures

from eqprop import watchdog
from eqprop.telemetry.blackbox import BlackBox
from machine import I2C, Pin, lightsleep, reset

sensor = Accelerometer(I2C(0, sda=Pin(4), scl=Pin(5), freq=400_000))
buttons = [Pin(n, Pin.IN, Pin.PULL_UP) for n in (10, 11, 12, 13, 14)]
lamp = Pin(25, Pin.OUT, value=0)

feed = watchdog.start(8000)  # a board that hangs for so many milliseconds is reset

try:
    for pause_ms in Gestures(sensor, buttons, lamp, box=BlackBox(files=8, records=50)).live():
        feed()
        if pause_ms:
            lightsleep(pause_ms)
except RuntimeError as error:  # memory changed by itself
    print("{}: the board goes back to its last checkpoint".format(error))
    reset()
