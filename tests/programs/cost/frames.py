"""Print the instructions of learn and infer for two equal networks: the second after many holes were made in the heap.

frames.py TIER LAYERS: "64-32-10", or of a model "hopfield:64-32-10"
"""

import gc
import sys
import time

import eqprop.hopfield.selection


def count(network, x):
    """Return the instructions of learning a sample and of inferring it."""
    ticks = time.ticks_cpu
    for _ in range(2):  # in the second round, `x` and all names are known
        start = ticks()
        network.learn(x, 0)
        learnt = ticks()
        network.infer(x)
        end = ticks()
    return time.ticks_diff(learnt, start), time.ticks_diff(end, learnt)


eqprop.hopfield.selection.use(sys.argv[1])
model, _, layers = sys.argv[2].rpartition(":")
first, second = [eqprop.Network(layers, model=model or "resistive") for _ in range(2)]
x = bytearray(first.layers[0])
gc.collect()
print(*count(first, x))
holes = [bytearray(8) for _ in range(1000)]
for i in range(0, len(holes), 2):
    holes[i] = None
gc.collect()
print(*count(second, x))
