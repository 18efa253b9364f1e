# Tell a sensor's readings, at the rate that was asked for, until the board is reset or interrupted.
import time
from array import array

import eqprop
import eqprop.watchdog


def i2c():
    from machine import I2C, Pin

    return I2C(0, scl=Pin(SETTINGS["scl"]), sda=Pin(SETTINGS["sda"]), freq=400000)


def signed(value):
    return (value ^ 0x8000) - 0x8000


watch = eqprop.Telemetry(identity="recorder of " + SETTINGS["sensor"])
watchdog_ms = SETTINGS["watchdog_ms"]  # of the one that main.py started, which nothing stops
feed = eqprop.watchdog.start(watchdog_ms) if watchdog_ms else time.ticks_us
samples = array("h", bytes(2 * AXES))
period_us = 1000000 * globals().get("ROWS", 1) // SETTINGS["rate_hz"]
read = None
due = time.ticks_us()
while True:
    feed()
    try:
        if not read:
            read = sensor()
        read(samples)
        watch.reading(samples)
    except OSError:
        read = None
        watch.fault("sensor: {} does not answer: see its wiring".format(SETTINGS["sensor"]))
        due = time.ticks_add(time.ticks_us(), 500000)
    due = time.ticks_add(due, period_us)
    watch.poll()
    while time.ticks_diff(due, time.ticks_us()) > 0:
        watch.poll()
    if time.ticks_diff(time.ticks_us(), due) > 100000:  # it was late: begin again from now
        due = time.ticks_us()
