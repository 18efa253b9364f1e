"""Train with guards around every array, and print what was written there.

micropython guards.py TIER LAYERS...: as for training.py
"""

import sys
from array import array

import eqprop
from eqprop.hopfield.selection import use

GUARD = 16  # items, so that an array stays at a multiple of 16 bytes
allocated = []


def allocate(code, items):
    """Return `items` zeros between guards of 85."""
    whole = array(code, [85] * GUARD + [0] * items + [85] * GUARD)
    allocated.append((code, items, whole))
    return memoryview(whole)[GUARD : GUARD + items]


class Guarded(eqprop.Network):
    """A network whose arrays have guards."""

    allocate = staticmethod(allocate)


use(sys.argv[1])
for text in sys.argv[2:]:
    del allocated[:]
    model, _, layers = text.rpartition(":")
    network = Guarded(layers, 1, 2, model or None)
    x = array("b", [100 - 30 * (i % 7) for i in range(network.layers[0])])
    for label in range(network.layers[-1]):
        network.learn(x, label)
    for code, items, whole in allocated:
        guards = list(whole[:GUARD]) + list(whole[GUARD + items :])
        if guards != [85] * (2 * GUARD):
            print(text, code, items, guards)
    print(text, network.crc())
