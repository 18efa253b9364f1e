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
    for label in (-1, 2, 2**32, 2**40, 1 - 2**32) + floats + ("1", None):
        refused(crossbar.set_nudge, label)
        refused(network.learn, bytes(4), label)
    print(network.sample)
    for phase in (0, 3):
        refused(crossbar.nudge, phase)
    for rate_shift in (0, 25):
        refused(crossbar.set_rate_shift, 0, rate_shift)
