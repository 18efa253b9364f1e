"""A program that asks its network again and again, for a host to teach: asking.py."""

import time
from array import array

import eqprop

network = eqprop.Network("4-3-2")
watch = eqprop.Telemetry(network, "pupil")
x = array("b", [100, 2, 3, 4])
n = 0
while True:
    if n % 50 == 0:
        x[0] = 100 - n // 50 % 2 * 90
        watch.answer(network.infer(x), x)
    n += 1
    watch.poll()
    time.sleep_ms(5)
