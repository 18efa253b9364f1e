"""Print the bytes of a heap's block; then for each network the bytes planned, and those taken, or why it is refused.

micropython memory.py LAYERS...: as for training.py
"""

import gc
import sys

import eqprop


def measure(text, shift):
    """Return the bytes that one network takes, and the line about it; shift: bytes taken beforehand."""
    ballast = [bytearray(shift)]
    model, _, layers = text.rpartition(":")
    model = model or None
    planned = eqprop.plan(layers, model).bytes
    gc.collect()
    before = gc.mem_alloc()
    try:
        network = eqprop.Network(layers, model=model)
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
    # The collector keeps what a number on the stack seems to point to, so a network may seem to take more, never less;
    # at another place on the heap, another number would
    print(min(measure(text, 1000 * n + 16) for n in range(3))[1])
