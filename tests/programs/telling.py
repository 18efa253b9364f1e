"""What telemetry costs: instructions of each record, with the heap locked, where any allocation raises MemoryError.

micropython telling.py
"""

import time
from array import array

import micropython

import eqprop
from eqprop.telemetry.hearing import Hearing

RECORDS = 200
ticks = getattr(time, "ticks_cpu", time.ticks_us)


class Port:
    """A host that takes everything, or nobody."""

    listens = True

    def ready(self):
        """As `eqprop.telemetry.port.Port.ready`."""
        return 4 if self.listens else 0

    def write(self, ring, start, count):
        """As `eqprop.telemetry.port.Port.write`."""


def timed(tell, *given):
    """Return the instructions of a call of `tell` with up to two arguments, found as a function finds its own."""
    loop = loops[len(given)]
    micropython.heap_lock()
    before = ticks()
    loop(tell, given)
    middle = ticks()
    loop(None, given)
    after = ticks()
    micropython.heap_unlock()
    return (time.ticks_diff(middle, before) - time.ticks_diff(after, middle)) // RECORDS


def call(tell, _):
    """Call it RECORDS times."""
    for _ in range(RECORDS):
        if tell:
            tell()


def call_with_one(tell, given):
    """As `call`."""
    label = given[0]
    for _ in range(RECORDS):
        if tell:
            tell(label)


def call_with_two(tell, given):
    """As `call`."""
    label, x = given
    for _ in range(RECORDS):
        if tell:
            tell(label, x)


loops = (call, call_with_one, call_with_two)
network = eqprop.Network("64-32-10")
x = array("b", range(64))
for n in range(4):
    network.learn(x, n)
watch = eqprop.Telemetry(network, budget=0, port=Port())
host = watch._hearing = Hearing(watch)
host._until = 1 << 29
label = network.infer(x)
samples = array("h", range(3))
watch.reading(samples)  # loads what few programs need
print("answer", timed(watch.answer, label))
print("learnt", timed(watch.learnt, 3))
print("answer-with-features", timed(watch.answer, label, x))
print("learnt-with-features", timed(watch.learnt, 3, x))
print("reading", timed(watch.reading, samples))
print("poll-sending", timed(watch.poll))
Port.listens = False
watch._hearing = None
print("poll", timed(watch.poll))
network.calibrate()
print("calibrated", timed(eqprop.Telemetry(network, port=Port()).answer, label))
