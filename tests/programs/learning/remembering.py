"""Learn samples with a memory, its heap locked where the interpreter can: every interpreter prints the same lines.

python remembering.py TIER
"""

import sys
from array import array

import eqprop
from eqprop.hopfield.selection import use
from eqprop.xorshift import Xorshift32

LAYERS = "8-6-5"


def sample(random, x, classes):
    """Fill `x` with a noisy pattern of a class; return the class."""
    label = random.below(classes)
    for i in range(len(x)):
        x[i] = random.below(90) - 45 + (60 if (i + label) % 3 else -60)
    return label


def report(network, lock=lambda: None, unlock=lambda: None):
    """Learn classes that come one after another; return lines of what is learnt, kept and answered."""
    random = Xorshift32(3)
    x = array("b", bytes(8))
    lines = []
    network.remember(500)
    network.learn(x, sample(random, x, 1), 3)
    network.infer(x)
    for classes in (1, 2, 5, 3):
        answers = 0
        lock()
        try:
            for _ in range(40):
                label = sample(random, x, classes)
                network.learn(x, label, 3)
                answers += network.prediction == label
                sample(random, x, classes)
                answers += 1000 * network.infer(x)
        finally:
            unlock()
        memory = network.memory
        memory.inspect()
        seen = [memory.seen(c) for c in range(memory.classes)]
        kept = [sum((n + 1) * x[i] for i in range(8)) + label for n, (x, label) in enumerate(memory.samples())]
        lines.append(" ".join(str(each) for each in (classes, network.sample, network.crc(), answers, seen, kept)))
    return lines


if __name__ == "__main__":
    import micropython

    use(sys.argv[1])
    print("\n".join(report(eqprop.Network(LAYERS, 1), micropython.heap_lock, micropython.heap_unlock)))
