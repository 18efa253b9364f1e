"""On the board: learn exclusive-or from its four samples, with nothing but the runtime.

Copy `runtime/eqprop` to the board and run this there, or try it with any MicroPython or Python that finds `eqprop`.
"""

from array import array

import eqprop

SAMPLES = [(array("b", (a, b)), int(a != b)) for a in (-127, 127) for b in (-127, 127)]

network = eqprop.Network("2-8-2", seed=1)

epoch = wrong = 0
while epoch < 200 and (wrong or not epoch):
    epoch += 1
    for x, label in SAMPLES:
        network.learn(x, label)
    wrong = sum(network.infer(x) != label for x, label in SAMPLES)

for x, _ in SAMPLES:
    print(x[0] > 0, "xor", x[1] > 0, "=", bool(network.infer(x)))
print(wrong, "wrong after", epoch, "epochs")
