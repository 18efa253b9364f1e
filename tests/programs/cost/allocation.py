"""Learn and infer with the heap locked, where any allocation raises MemoryError.

micropython allocation.py TIER LAYERS...: as for training.py
"""

import sys
from array import array

import micropython

import eqprop
from eqprop.hopfield.selection import use


def locked(network, x):
    """Learn and infer once for each label; the heap is locked meanwhile."""
    micropython.heap_lock()
    try:
        for label in range(network.layers[-1]):
            network.learn(x, label)
            network.infer(x)
    finally:
        micropython.heap_unlock()


use(sys.argv[1])
for text in sys.argv[2:]:
    model, _, layers = text.rpartition(":")
    network = eqprop.Network(layers, 1, 2, model or None)
    x = array("b", [100 - i for i in range(network.layers[0])])
    locked(network, x)
    print(text, network.sample)
