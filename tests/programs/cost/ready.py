"""Print the instructions from `import` until the service can take its first byte, and the heap bytes taken.

Those that its code takes, then with its buffers; the code of an energy model comes with its first network.

emulated.py BOARD ready.py
"""

import gc
import time

gc.threshold(4096)  # as whatever starts the service does: what compiling and loading leave is collected early
gc.collect()
before = gc.mem_alloc()
start = time.ticks_cpu()
import eqprop.service  # noqa: E402
from eqprop.hopfield.tiers import hopfield  # noqa: E402

eqprop.crossbar.tiers.crossbar_type("hopfield", hopfield)  # loads what the first network would

passed = time.ticks_diff(time.ticks_cpu(), start)
gc.collect()
loaded = gc.mem_alloc() - before
start = time.ticks_cpu()
service = eqprop.service.Service(checkpoints=eqprop.service.Checkpoints())
passed += time.ticks_diff(time.ticks_cpu(), start)
gc.collect()
print(passed, loaded, gc.mem_alloc() - before)
