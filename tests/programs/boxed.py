"""A program that was alone for a while, and keeps a black box in a folder: boxed.py FOLDER ROUNDS."""

import sys
import time
from array import array

import eqprop
from eqprop.telemetry.blackbox import BlackBox

network = eqprop.Network("4-3-2")
box = BlackBox(sys.argv[1], files=6, records=40)
watch = eqprop.Telemetry(network, box=box)
x = array("b", [1, 2, 3, 4])
for n in range(int(sys.argv[2])):
    x[0] = n % 100
    watch.answer(network.infer(x), x)
    network.learn(x, n % 2)
    watch.learnt(n % 2)
n = 0
while True:
    watch.poll()
    n += 1
    if n % 40 == 0:  # it goes on working
        watch.answer(network.infer(x))
    time.sleep_ms(1)
