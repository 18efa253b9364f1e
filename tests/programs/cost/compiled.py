"""Train the same network by the assembler's tier and by C code, and print each one's instructions and conductances.

micropython compiled.py CODE OFFSET LAYERS SAMPLES: CODE is a file of machine code, position-independent, whose
function learn(table, x, label) begins at byte OFFSET. The features are random, half of them at zero.
"""

import gc
import sys
import time
from array import array

import micropython
import uctypes

import eqprop
from eqprop.xorshift import Xorshift32


@micropython.asm_thumb
def call(r0, r1, r2, r3):
    """Call the function at address r3, with r0 to r2."""
    push({r4, r5})
    data(2, 0x4798)  # blx r3
    pop({r4, r5})
    mov(r0, 0)


def train(learn):
    """Let `learn(x, label)` learn; return the instructions that it took, collections not counted."""
    random = Xorshift32(7)
    total = 0
    for n in range(int(sys.argv[4])):
        for i in range(len(x)):
            x[i] = random.below(128) * random.below(2)
        label = n % network.layers[-1]
        gc.collect()
        start = time.ticks_cpu()
        learn(x, label)
        total += time.ticks_diff(time.ticks_cpu(), start)
    return total


with open(sys.argv[1], "rb") as file:
    code = array("I", file.read())
address = uctypes.addressof(code) + int(sys.argv[2]) | 1
network = eqprop.Network(sys.argv[3], model="resistive")
x = array("b", bytes(network.layers[0]))
print(train(network.learn), network.crc())
network = eqprop.Network(sys.argv[3], model="resistive")
table = network.crossbar.table
print(train(lambda x, label: call(table, x, label, address)), network.crc())
