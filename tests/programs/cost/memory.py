"""Print the bytes of a heap's block; then for each network the bytes planned, and those taken, or why it is refused.

micropython memory.py LAYERS...: as for training.py
"""

import gc
import sys

import eqprop


def measure(text, seed):
    """Return the bytes that one network takes, and the line about it; seed: of its weights, and of its place."""
    ballast = [bytearray(1000 * seed + 16)]
    model, _, layers = text.rpartition(":")
    model = model or None
    planned = eqprop.plan(layers, model).bytes
    gc.collect()
    before = gc.mem_alloc()
    try:
        network = eqprop.Network(layers, seed=seed, model=model)
    except MemoryError as error:
        return 0, "{} {} refused: {}".format(text, planned, error)
    gc.collect()
    taken = gc.mem_alloc() - before
    ballast.clear()
    return taken, "{} {} {}".format(network.plan, planned, taken)


print(eqprop.layers.BLOCK_BYTES)
for model in {text.rpartition(":")[0] or None for text in sys.argv[1:]}:
    eqprop.Network("1-1", model=model)  # loads its code
for text in sys.argv[1:]:
    # The collector keeps what a number on the stack or among the weights seems to point to, so a network may seem to
    # take more, never less; other weights at another place on the heap would not keep the same
    print(min(measure(text, seed) for seed in range(3))[1])
