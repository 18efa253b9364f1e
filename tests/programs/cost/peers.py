"""Count the instructions to learn a sample and to infer one: of a peer's C code, or of `Network`.

micropython peers.py LAYERS SAMPLES [CODE BASE FPU PREPARE LEARN PREDICT]: CODE is a file of machine code for address
BASE, where nothing else is; FPU is 1 if it needs the floating-point unit of a Cortex-M4, else 0. PREPARE, LEARN and
PREDICT are the addresses of its functions (peers/peer.h), LEARN 0 if it cannot learn. Without CODE, the network is
eqprop's. Features are random, half of them zero. Printed are the instructions to learn all samples, 0 if it cannot
learn, and those to infer all, both of C without MicroPython's call; how many of ten patterns are inferred right after
they were learned, one for each class; and how many different classes are inferred.
"""

import gc
import sys
import time
from array import array

import micropython
import uctypes

from eqprop.xorshift import Xorshift32

ROUNDS = 40  # of learning the patterns
_RV32IMC = 11  # in MicroPython's numbering of architectures

if sys.implementation._mpy >> 10 & 15 == _RV32IMC:
    from calling_rv32 import RETURN, call
else:
    from calling_thumb import RETURN, call


@micropython.viper
def switch_on():
    """Switch the floating-point unit of a Cortex-M4 on."""
    ptr32(0xE000ED88)[0] = 0xF << 20  # noqa: F821 (a type of viper's): CPACR, coprocessors 10 and 11


class Code:
    """A peer: machine code behind the methods of `Network`."""

    def __init__(self, learn, predict):
        self.addresses = learn, predict

    def learn(self, x, label):
        """Learn a sample that `prepare` has got."""
        call(answer, x, label, self.addresses[0])

    def infer(self, x):
        """Return the class of a sample that `prepare` has got."""
        call(answer, x, 0, self.addresses[1])
        return answer[0]


def draw(random):
    """Draw random features into `x`."""
    for i in range(len(x)):
        x[i] = random.below(128) * random.below(2)


def counted(network):
    """Let a network learn and infer all samples; return the instructions of each."""
    random = Xorshift32(7)
    learning = inferring = 0
    for n in range(samples):
        draw(random)
        label = n % layers[-1]
        prepare(x, label)
        gc.collect()
        start = time.ticks_cpu()
        network.infer(x)
        middle = time.ticks_cpu()
        network.learn(x, label)
        end = time.ticks_cpu()
        inferring += time.ticks_diff(middle, start)
        learning += time.ticks_diff(end, middle)
    return learning, inferring


def counting():
    """Return the instructions that counting itself takes."""
    total = 0
    for _ in range(samples):
        start = time.ticks_cpu()
        total += time.ticks_diff(time.ticks_cpu(), start)
    return total


layers = [int(size) for size in sys.argv[1].split("-")]
samples = int(sys.argv[2])
x = array("b", bytes(layers[0]))  # one buffer for all samples, as a program that samples has it
answer = array("i", [-1])
if len(sys.argv) > 3:
    with open(sys.argv[3], "rb") as file:
        code = file.read()
    base, fpu, preparing, learn, predict = (int(word) for word in sys.argv[4:])
    if fpu:
        switch_on()
    uctypes.bytearray_at(base, len(code))[:] = code
    returning = array("H", [RETURN])
    empty = uctypes.addressof(returning)
    network = Code(learn or empty, predict)

    def prepare(x, label):
        """Give the peer a sample in its own numbers."""
        call(answer, x, label, preparing)

    learning, inferring = counted(network)
    without = counted(Code(empty, empty))
    learning, inferring = learn and learning - without[0], inferring - without[1]
else:
    import eqprop

    network = eqprop.Network(sys.argv[1])

    def prepare(x, label):
        """Do nothing."""

    learning, inferring = (each - counting() for each in counted(network))

inferred = []
for rounds in range(ROUNDS + 1):
    random = Xorshift32(8)
    for label in range(layers[-1]):
        draw(random)
        prepare(x, label)
        if rounds < ROUNDS:
            network.learn(x, label)
        else:
            inferred.append(network.infer(x))
right = sum(found == label for label, found in enumerate(inferred))
print(learning, inferring, right, len(set(inferred)))
