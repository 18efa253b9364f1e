"""A board that learns gestures, and sleeps in between. See README.md for the wiring, and what its lamp says."""

from accelerometer import Accelerometer
from gestures import Gestures

from machine import I2C, Pin, lightsleep

sensor = Accelerometer(I2C(0, sda=Pin(4), scl=Pin(5), freq=400_000))
buttons = [Pin(n, Pin.IN, Pin.PULL_UP) for n in (10, 11, 12, 13, 14)]
lamp = Pin(25, Pin.OUT, value=0)

for pause_ms in Gestures(sensor, buttons, lamp).live():
    if pause_ms:
        lightsleep(pause_ms)
