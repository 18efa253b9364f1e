"""Learn in slices; print the CRCs of what was learnt so and at once, the longest slice, and a margin.

micropython learn_steps.py LAYERS

On an emulated board, which counts instructions.
"""

import gc
import sys
import time

import eqprop

ticks = time.ticks_cpu  # of an emulated board: instructions
network, twin = eqprop.Network(sys.argv[1]), eqprop.Network(sys.argv[1])
inputs, outputs = network.layers[0], network.layers[-1]
x = bytearray(inputs)
longest = 0
for n in range(20):
    for i in range(inputs):
        x[i] = (i * (n % outputs + 3) + n) % 128
    twin.learn(x, n % outputs)
    gc.collect()
    steps = network.learn_steps(x, n % outputs)
    going = True
    while going:
        began = ticks()
        going = next(steps, steps) is not steps
        longest = max(longest, time.ticks_diff(ticks(), began))
network.infer(x)
print("{},{} {} {}".format(network.crc(), twin.crc(), longest, network.margin_percent))
