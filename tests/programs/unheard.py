"""Run a program's loop an hour long while nobody listens, ten times a second; print the most instructions of a round.

micropython unheard.py ROUNDS
"""

import sys
import time
from array import array

import eqprop


class Port:
    """A line with nobody at its other end, which takes nothing."""

    def ready(self):
        """As `eqprop.telemetry.port.Port.ready`."""
        return 0


network = eqprop.Network("64-32-10")
x = array("b", range(64))
label = network.infer(x)
network.learn(x, label)
watch = eqprop.Telemetry(network, port=Port())
ticks = time.ticks_cpu
most = 0
for _ in range(int(sys.argv[1])):
    before = ticks()
    watch.answer(label, x)
    watch.learnt(label, x)
    watch.poll()
    most = max(most, time.ticks_diff(ticks(), before))
print(most, watch.dropped)
