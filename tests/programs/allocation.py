"""Learn and infer with the heap locked, where any allocation raises MemoryError.

micropython allocation.py TIER LAYERS...
"""

import sys
from array import array

import micropython

import eqprop
from eqprop.tiers import use


def locked(network, x, out):
    """Learn and infer once for each label; the heap is locked meanwhile."""
    micropython.heap_lock()
    try:
        for label in range(len(out)):
            network.learn(x, label)
            network.infer(x, out)
    finally:
        micropython.heap_unlock()


use(sys.argv[1])
for text in sys.argv[2:]:
    network = eqprop.Network(text, 1, 2)
    x = array("b", [100 - i for i in range(network.layers[0])])
    locked(network, x, array("h", [0] * network.layers[-1]))
    print(text, network.sample)
