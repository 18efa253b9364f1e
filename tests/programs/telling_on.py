"""A program that learns by itself, prints, and tells: telling_on.py ROUNDS [heard]. It learns every fifth.

A round takes 10 ms; with `heard`, as long as a host needs to take all that it tells.
"""

import sys
import time
from array import array

import eqprop

network = eqprop.Network("4-3-2")
watch = eqprop.Telemetry(network, "mine")
x = array("b", [1, 2, 3, 4])
for n in range(int(sys.argv[1])):
    x[0] = n % 100
    watch.answer(network.infer(x), x)
    print("round", n, "of a program that prints beside what it tells")
    if n % 5 == 0:
        network.learn(x, n // 5 % 2)
        watch.learnt(n // 5 % 2, x)
    if n % 50 == 49:
        watch.fault("sensor: absent")
    taught = watch.poll()
    if taught is not None:
        print("taught", taught)
    if sys.argv[2:] == ["heard"]:
        while watch._state[3]:
            watch.poll()
    else:
        time.sleep_ms(10)
