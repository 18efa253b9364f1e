"""A program without a network that reads a sensor and tells its readings: measuring.py; two waves by what is typed."""

import time
from array import array

import eqprop

watch = eqprop.Telemetry(identity="recorder")
samples = array("h", [0] * 3)
n = 0
while True:
    for axis in range(3):
        samples[axis] = (n * (axis + 1) * 300) % 4000 - 2000
    n += 1
    watch.reading(samples)
    watch.poll()
    time.sleep_ms(5)
