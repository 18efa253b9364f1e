"""Train the same network by the assembler's tier and by C code, and print each one's instructions and conductances.

micropython compiled.py CODE OFFSET MODEL:LAYERS SAMPLES [BYTES]: CODE is a file of machine code, position-independent,
whose function learn(table, x, label) begins at byte OFFSET. The features are random, half of them at zero. Printed are,
each with the CRC of the conductances, the instructions of `Network.learn`, of its kernel called alone, and of the C
function called in the same way. With BYTES, only the last, for code whose first argument is so much memory, zeros at
first.
"""

import gc
import sys
import time
from array import array

import uctypes

import eqprop
from eqprop.xorshift import Xorshift32

LEARN = 1  # the verb
_RV32IMC = 11  # in MicroPython's numbering of architectures

if sys.implementation._mpy >> 10 & 15 == _RV32IMC:
    from calling_rv32 import call
else:
    from calling_thumb import call


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
    code = file.read()
address = uctypes.addressof(code) + int(sys.argv[2])
model, layers = sys.argv[3].split(":")
network = eqprop.Network(layers, model=model)
x = array("b", bytes(network.layers[0]))
if len(sys.argv) > 5:
    table = bytearray(int(sys.argv[5]))
    print(train(lambda x, label: call(table, x, label, address)), 0)
    sys.exit()
print(train(network.learn), network.crc())
network = eqprop.Network(layers, model=model)
table, run = network.crossbar.table, network.crossbar.run
print(train(lambda x, label: run(x, table, LEARN, label)), network.crc())
network = eqprop.Network(layers, model=model)
table = network.crossbar.table
print(train(lambda x, label: call(table, x, label, address)), network.crc())
