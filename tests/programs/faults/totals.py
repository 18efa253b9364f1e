"""Print what an update says of a total conductance that a flipped bit has put out of range.

micropython totals.py TIER
"""

import sys

import eqprop
from eqprop.hopfield.selection import use

use(sys.argv[1])
for total in (0, -1, -(2**31), 2**30):
    network = eqprop.Network("4-3-2", model="resistive")
    network.crossbar.circuit.total[0][1] = total
    try:
        network.crossbar.program()  # changes nothing here, and divides by all totals
        print("programmed")
    except RuntimeError as error:
        print(error)
