"""Print the tier in use and how many instructions it takes to build each network.

micropython building.py TIER LAYERS...
"""

import sys
import time

import eqprop.hopfield.selection

print(eqprop.hopfield.selection.use(sys.argv[1]))
for layers in sys.argv[2:]:
    start = time.ticks_cpu()
    network = eqprop.Network(layers)
    print(layers, time.ticks_diff(time.ticks_cpu(), start), network.crc())
