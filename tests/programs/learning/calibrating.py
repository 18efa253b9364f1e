"""Learn classes and how likely answers are right, the heap locked: every interpreter and tier prints the same lines.

python calibrating.py TIER
"""

import sys
from array import array

import eqprop
from eqprop.hopfield.selection import use
from eqprop.xorshift import Xorshift32


def report(network, lock=lambda: None, unlock=lambda: None):
    """Learn noisy classes, rehearsing some; return lines of the table."""
    random = Xorshift32(11)
    x = array("b", bytes(6))
    lines = []
    network.remember(400)
    network.calibrate()
    for _ in range(4):
        told = 0
        lock()
        try:
            for _ in range(50):
                label = random.below(3)
                for i in range(6):
                    x[i] = random.below(120) - 60 + (50 if i % 3 == label else -20)
                network.learn(x, label, 1)
                network.infer(x)
                told += network.confidence.percent()
        finally:
            unlock()
        shares, counts = network.confidence.buffers()
        lines.append("{} {} {} {}".format(network.crc(), told, list(shares), list(counts)))
    return lines


if __name__ == "__main__":
    import micropython

    use(sys.argv[1])
    print("\n".join(report(eqprop.Network("6-5-3", 1), micropython.heap_lock, micropython.heap_unlock)))
