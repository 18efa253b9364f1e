"""Print the tier in use, then what a crossbar of each model says to arguments that it must not take.

micropython refusals.py [TIER...]: the models use the first that they have
"""

import sys
from array import array

import eqprop
from eqprop.hopfield import selection

try:
    floats = eval("1.0, 0.5")
except SyntaxError:  # the emulated Xtensa has none
    floats = ()
print(selection.use(*sys.argv[1:]))


def refused(verb, *arguments):
    """Print how a verb refuses its arguments."""
    try:
        verb(*arguments)
        print("taken", arguments)
    except (ValueError, IndexError, TypeError) as error:
        print(type(error).__name__, error)


for model in ("hopfield", "resistive"):
    network = eqprop.Network("4-3-2", model=model)
    crossbar = network.crossbar
    for x in (None, b""):  # before any other buffer
        refused(network.infer, x)
        refused(network.learn, x, 0)
    crossbar.settle(bytes(4))
    for code in "hif" if floats else "hi":
        items = array(code, [1, 2, 3, 4])
        refused(crossbar.settle, items)
        refused(crossbar.settle, memoryview(items))
        refused(crossbar.restore, 0, 0, items)
        refused(setattr, network, "user_data", items)
    for wrong in ([1, 2, 3, 4], "abcd", 4):
        refused(crossbar.restore, 0, 0, wrong)
        refused(setattr, network, "user_data", wrong)
    for x in (b"", b"\1\2\3", array("b", [1, 2, 3]), bytearray(5), [1, 2, 3, 4], (1, 2, 3, 4), "abcd", 4):
        refused(crossbar.settle, x)
    labels = (-1, 2, 2**32, 2**40, 1 - 2**32) + floats + ("1", None)
    for label in labels:
        refused(crossbar.set_nudge, label)
        refused(network.learn, bytes(4), label)
    print(network.sample)
    for known in (array("b", bytes(4)), bytearray(4)):  # from a sample before
        network.learn(known, 0)
        network.infer(known)
        for label in labels:
            refused(network.learn, known, label)
        refused(network.learn, known, 1, 2)
        known.append(1)
        refused(network.learn, known, 1)
        refused(network.infer, known)
    print(network.sample)
    wide, known = eqprop.Network("4-3-30", model=model), bytes(4)
    wide.learn(known, 0)
    for label in (None, False, "x"):  # MicroPython's objects for these are small numbers
        refused(wide.learn, known, label)
    whole, twin = bytes(range(1, 7)), eqprop.Network("4-3-2", model=model)
    network = eqprop.Network("4-3-2", model=model)
    for start in range(3):
        part = memoryview(whole)[start : start + 4]
        for label in (0, 1):
            network.learn(part, label)
            twin.learn(whole[start : start + 4], label)
    print(network.crc() == twin.crc())
    for phase in (0, 3):
        refused(crossbar.nudge, phase)
    for rate_shift in (0, 25):
        refused(crossbar.set_rate_shift, 0, rate_shift)
