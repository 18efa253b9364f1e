"""Train the same network by the assembler's tier and by C code, and print each one's instructions and conductances.

micropython compiled.py CODE OFFSET MODEL:LAYERS SAMPLES [BYTES]: CODE is a file of machine code, position-independent,
whose function learn(table, x, label) begins at byte OFFSET. The features are random, half of them at zero. Printed are,
each with the CRC of the conductances, the instructions of `Network.learn`, of its kernel alone, and of the C function
alone; then those of as many calls of a function that does nothing but get the address of `x` and the value of `label`,
as a C module's would: what calls C at least costs. It needs no address of a network, and checks no length and no range.
With BYTES, only the last two, for code whose first argument is so much memory, zeros at first.
"""

import gc
import sys
import time
from array import array

import micropython
import uctypes

import eqprop
from eqprop.xorshift import Xorshift32

LEARN = 1  # the verb
_RV32IMC = 11  # in MicroPython's numbering of architectures

if sys.implementation._mpy >> 10 & 15 == _RV32IMC:
    from calling_rv32 import RETURN, call, nothing
else:
    from calling_thumb import RETURN, call, nothing


@micropython.viper
def called(x: ptr8, label: int):  # noqa: F821 (a type of viper's)
    """Do nothing with features and label."""


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


def count():
    """Return the instructions that counting itself takes in `train`."""
    total = 0
    for _ in range(int(sys.argv[4])):
        start = time.ticks_cpu()
        total += time.ticks_diff(time.ticks_cpu(), start)
    return total


def by_kernel(run):
    """Return a function that learns by `run`."""
    table = network.crossbar.table
    return lambda x, label: run(x, table, LEARN, label)


def by_code(table, address):
    """Return a function that learns by the code at `address`."""
    return lambda x, label: call(table, x, label, address)


def made():
    """Return another network of the kind."""
    return eqprop.Network(layers, model=model)


with open(sys.argv[1], "rb") as file:
    code = file.read()
address = uctypes.addressof(code) + int(sys.argv[2])
returning = array("H", [RETURN])
model, layers = sys.argv[3].split(":")
network = made()
x = array("b", bytes(network.layers[0]))
if len(sys.argv) > 5:
    table = bytearray(int(sys.argv[5]))
    by_code(table, address)(x, 0)  # draws the weights
else:
    print(train(network.learn) - count(), network.crc())
    network = made()
    instructions = train(by_kernel(network.crossbar.run))
    print(instructions - train(by_kernel(nothing)), network.crc())
    network = made()
    table = network.crossbar.table
instructions = train(by_code(table, address))
print(instructions - train(by_code(table, uctypes.addressof(returning))), network.crc())
print(train(called) - count(), 0)
