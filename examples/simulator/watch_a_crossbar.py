"""On a workstation: the board's own arithmetic at the speed of NumPy, phase by phase.

The emulated crossbar gives the same bits as any board. Here one sample is nudged by hand, to see the voltages that
make its conductances change.
"""

import numpy as np

from eqprop.crossbar import FREE, MINUS, PLUS
from eqprop_sim.emulator.compiled_network import Network

network = Network("3-4-2", seed=0, model="resistive")
crossbar = network.crossbar
before = network.conductances(1).copy()

prediction = crossbar.settle(np.array([127, -64, 0], np.int8))
loss = crossbar.set_nudge(1 - prediction)
crossbar.nudge(PLUS)
crossbar.nudge(MINUS)
for name, phase in (("free", FREE), ("plus", PLUS), ("minus", MINUS)):
    print(f"{name:6}hidden {crossbar.voltages(1, phase)[:4]}  outputs {crossbar.voltages(2, phase)}")
crossbar.program()
print("change of crossbar 1, steps:")
print((network.conductances(1).astype(int) - before).reshape(network.plan.shapes[1]))
