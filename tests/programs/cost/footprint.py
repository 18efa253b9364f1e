"""Print the tier, the heap bytes that importing the runtime took, and whether a network fits and learns in so many.

micropython footprint.py LAYERS BYTES
"""

import gc
import sys

gc.collect()
before = gc.mem_alloc()
import eqprop  # noqa: E402
from eqprop.crossbar.tiers import crossbar_type  # noqa: E402
from eqprop.hopfield.tiers import hopfield  # noqa: E402

tier = crossbar_type("hopfield", hopfield).tier  # loads what the first network would
gc.collect()
print(tier, gc.mem_alloc() - before)


def learns(free):
    """Return whether a network can be built, trained and asked in a heap that has at most `free` bytes left."""
    ballast = []
    while gc.mem_free() > free:
        ballast.append(bytearray(1024))
    try:
        network = eqprop.Network(sys.argv[1])
        x = bytearray(network.layers[0])
        for label in range(network.layers[-1]):
            x[label] = 100
            network.learn(x, label)
            network.infer(x)
    except MemoryError:
        return False
    return True


print(learns(int(sys.argv[2])))
