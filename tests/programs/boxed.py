"""A program that was alone for a while, and keeps a black box in a folder: boxed.py FOLDER ROUNDS [NOTES].

It goes on working meanwhile: with an answer each 40 milliseconds, and NOTES records of the box alone in each.
"""

import sys
import time
from array import array

import eqprop
from eqprop.telemetry.blackbox import BlackBox

network = eqprop.load(folder=sys.argv[1]) or eqprop.Network("4-3-2")
box = BlackBox(sys.argv[1], files=6, records=40, features=4)
watch = eqprop.Telemetry(network, box=box)
x = array("b", [1, 2, 3, 4])
for n in range(int(sys.argv[2])):
    x[0] = n % 100
    watch.answer(network.infer(x), x)
    network.learn(x, n % 2)
    watch.learnt(n % 2, x)
box.flush()
watch.saved(network.save(sys.argv[1], force=True))
notes = int(sys.argv[3]) if len(sys.argv) > 3 else 0
n = 0
while True:
    watch.poll()
    n += 1
    if n % 40 == 0:
        watch.answer(network.infer(x))
    for _ in range(notes):
        box.note(131, 255, 0, 0, 0, network.sample, n)
    time.sleep_ms(1)
