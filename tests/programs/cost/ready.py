"""Print four numbers: instructions from `import` until the service can take its first byte, and heap bytes.

First those of the runtime and its service, then with the default model's code, then with the service's buffers.

emulated.py BOARD ready.py
"""

import gc
import time

gc.threshold(4096)  # as whatever starts the service does: what compiling and loading leave is collected early
gc.collect()
# Fill the holes that compiling this program left: stale pointers in the interpreter's frames would keep garbage there
plugs = None
for _ in range(300):
    plugs = [plugs]
gc.collect()
before = gc.mem_alloc()
start = time.ticks_cpu()
import eqprop.service  # noqa: E402

passed = time.ticks_diff(time.ticks_cpu(), start)
gc.collect()
loaded = gc.mem_alloc() - before
start = time.ticks_cpu()
from eqprop.hopfield.tiers import hopfield  # noqa: E402

eqprop.crossbar.tiers.crossbar_type("hopfield", hopfield)  # loads what the first network would

passed += time.ticks_diff(time.ticks_cpu(), start)
gc.collect()
with_model = gc.mem_alloc() - before
start = time.ticks_cpu()
service = eqprop.service.Service(checkpoints=eqprop.service.Checkpoints())
passed += time.ticks_diff(time.ticks_cpu(), start)
gc.collect()
print(passed, loaded, with_model, gc.mem_alloc() - before)
