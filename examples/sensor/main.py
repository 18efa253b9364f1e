"""Learns what an analogue sensor's readings mean, from a person who names them: the simplest program to start from.

Wiring in README.md. Only `sensor` and `describe` know what is measured: change them, LAYERS and the buttons.
"""

import time
from array import array

from readings import FEATURES, Readings

import eqprop
from eqprop import watchdog
from machine import ADC, Pin, reset

STATES = ("off", "idle", "busy")
LAYERS = (FEATURES, 16, len(STATES))
MEMORY = 600  # bytes: twenty named windows
REPLAY = 20  # of them are learnt again with each new one
PERIOD_MS = 20  # between two readings

sensor = ADC(26)
buttons = [Pin(n, Pin.IN, Pin.PULL_UP) for n in (10, 11, 12)]

network = eqprop.load(LAYERS)
if not network:
    network = eqprop.Network(LAYERS)
    network.remember(MEMORY)
host = eqprop.Telemetry(network, "sensor", REPLAY)  # what a computer sees, and may teach
readings = Readings()
x = array("b", bytes(FEATURES))
down = None  # the number of the button that is pressed
print("{} samples learnt".format(network.sample))
feed = watchdog.start(8000)  # ms: resets a board that hangs for that long
try:
    while True:
        feed()
        if readings.push(sensor.read_u16() >> 1):
            readings.describe(x)
            state = network.infer(x)
            host.answer(state, x)
            print("it is", STATES[state] if network.sample else "not known yet")
        before = down
        down = None
        for n in range(len(buttons)):
            if not buttons[n].value():
                down = n
        taught = host.poll()  # by a computer
        if down is not None and before is None:
            network.learn(x, down, REPLAY)
            host.learnt(down, x)
            print("learnt:", STATES[down])
            taught = down
        if taught is not None:
            host.saved(network.save())
        time.sleep_ms(PERIOD_MS)
except RuntimeError as error:  # memory changed by itself
    print("{}: the board goes back to its last checkpoint".format(error))
    reset()
