"""Print the tier in use, then what a crossbar says to features that it must not read.

micropython refusals.py [TIER]
"""

import sys
from array import array

import eqprop
from eqprop import tiers

print(tiers.use(*sys.argv[1:2]))
network = eqprop.Network("4-3-2")
for x in (b"", b"\1\2\3", array("b", [1, 2, 3]), bytearray(5), [1, 2, 3, 4], (1, 2, 3, 4), "abcd", 4):
    try:
        network.crossbar.settle(x)
        print("read", x)
    except (ValueError, IndexError, TypeError) as error:
        print(type(error).__name__, error)
