"""Learn numbers, the heap locked where the interpreter can: every interpreter and tier prints the same lines.

python regressing.py TIER MODEL...
"""

import sys
from array import array

import eqprop
from eqprop.hopfield.selection import use
from eqprop.xorshift import Xorshift32

SHAPES = ("4-8-2", "3-5-4-1", "4-3")


def report(build, layers, model, lock=lambda: None, unlock=lambda: None):
    """Learn functions of random features; return lines of what was learnt and is predicted."""
    network = build(layers, 1, 60, model)
    network.regress()
    random = Xorshift32(5)
    x = array("b", bytes(network.layers[0]))
    target = array("h", bytes(2 * network.layers[-1]))
    lines = []
    for _ in range(4):
        loss = 0
        lock()
        try:
            for _ in range(25):
                total = 0
                for i in range(len(x)):
                    x[i] = random.below(255) - 127
                    total += x[i]
                for k in range(len(target)):
                    target[k] = max(-32768, min(32767, 120 * (total - 3 * x[k])))
                network.learn(x, target)
                loss = loss + (network.loss >> 6) & 0xFFFFFF
                predicted = network.predict(x)
        finally:
            unlock()
        lines.append(
            "{} {} {} {} {} {}".format(model, layers, network.sample, network.crc(), loss, [int(v) for v in predicted])
        )
    return lines


if __name__ == "__main__":
    import micropython

    use(sys.argv[1])
    for model in sys.argv[2:]:
        for layers in SHAPES:
            print("\n".join(report(eqprop.Network, layers, model, micropython.heap_lock, micropython.heap_unlock)))
